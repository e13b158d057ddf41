import type { BalanceReport } from '#shared/model/curation.ts'
import { labelsByImage, regionsByLabel, splitNames, splitsOfAnnotated } from '../../db/curated.ts'
import { countImages } from '../../db/images.ts'
import { labelNames } from '../../db/labels.ts'
import type { Project } from '../projects/index.ts'

/** How often each label occurs, by split; its effective number of images (Cui et al. 2019, eq. 2) and the weight that follows. */
export function classBalance(project: Project, beta: number): BalanceReport {
  const { db } = project
  const splitOf = splitsOfAnnotated(db)
  const splits = splitNames(db)
  const at = new Map(splits.map((s, i) => [s, i]))
  const byImage = labelsByImage(db)
  const counts = new Map<number, number[]>()
  for (const [image, labels] of byImage)
    for (const label of labels) {
      if (!counts.has(label))
        counts.set(
          label,
          splits.map(() => 0),
        )
      counts.get(label)![at.get(splitOf.get(image) ?? null)!]!++
    }
  const regions = regionsByLabel(db)
  const rows = [...labelNames(db)].map(([labelId, name]) => {
    const own = counts.get(labelId) ?? splits.map(() => 0)
    const images = own.reduce((a, b) => a + b, 0)
    return { labelId, name, images, regions: regions.get(labelId) ?? 0, counts: own, effective: (1 - beta ** images) / (1 - beta) }
  })
  const used = rows.filter((r) => r.images)
  const total = used.reduce((sum, r) => sum + r.images, 0)
  const inverse = used.reduce((sum, r) => sum + 1 / r.effective, 0)
  const entropy = -used.reduce((sum, r) => sum + (r.images / total) * Math.log(r.images / total), 0)
  return {
    images: countImages(db),
    labelled: byImage.size,
    splits,
    labels: rows
      .map((r) => ({ ...r, weight: r.images ? used.length / (r.effective * inverse) : 0 }))
      .sort((a, b) => b.images - a.images || a.labelId - b.labelId),
    beta,
    imbalance: used.length < 2 ? null : Math.max(...used.map((r) => r.images)) / Math.min(...used.map((r) => r.images)),
    effectiveLabels: used.length ? Math.exp(entropy) : 0,
  }
}
