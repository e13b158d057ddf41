import { type Doubt, doubtOptions } from '#shared/model/curation.ts'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { duplicateGroups } from '../../db/curated.ts'
import { singleLabels } from '../../db/image-labels.ts'
import { imagePaths } from '../../db/images.ts'
import { labelNames } from '../../db/labels.ts'
import type { Project } from '../projects/index.ts'
import { onEmbeddings, search } from './control.ts'
import { ensureHashes } from './hashes.ts'
import { hashedImages } from './images.ts'
import { type Found, keptResult } from './store.ts'

/**
 * Finds images whose label disagrees with a linear probe fitted without them (confident learning). Only images with
 * exactly one accepted label are examined; near-duplicates share a fold, so that no image is judged by a probe that
 * saw its near-copy.
 */
export const findDoubts = search(doubtOptions, async (app, project, o, control): Promise<Found<'doubts'>> => {
  await ensureHashes(project, control)
  const labelOf = singleLabels(project.db)
  const images = hashedImages(project).filter((i) => labelOf.has(i.id))
  const sizes = new Map<number, number>()
  for (const { id } of images) sizes.set(labelOf.get(id)!, (sizes.get(labelOf.get(id)!) ?? 0) + 1)
  const classes = [...sizes]
    .filter(([, n]) => n >= o.folds)
    .map(([label]) => label)
    .sort((a, b) => a - b)
  if (classes.length < 2) throw userError(sentence('doubts.too-few', { folder: project.folder, images: o.folds }))
  const index = new Map(classes.map((label, c) => [label, c]))
  const judged = images.filter((i) => index.has(labelOf.get(i.id)!))
  const labels = Int32Array.from(judged, (i) => index.get(labelOf.get(i.id)!)!)
  const { found, readable } = await onEmbeddings(
    app,
    judged,
    { kind: 'doubts', labels, groups: groupsOf(project, judged), classes: classes.length, folds: o.folds, seed: o.seed },
    o.model,
    control,
  )
  if (found?.kind !== 'doubts') throw userError(sentence('curation.no-readable-image', { folder: project.folder }))
  const { best, selfConfidence, margin, issue, joint } = found
  const details = [...readable]
    .map((i, k) => ({
      mediaId: judged[i]!.id,
      given: classes[labels[i]!]!,
      suggested: classes[best[k]!]!,
      selfConfidence: selfConfidence[k]!,
      margin: margin[k]!,
      issue: issue[k] === 1,
    }))
    .sort((a, b) => a.margin - b.margin || a.mediaId - b.mediaId)
  const names = labelNames(project.db)
  const count = <T>(of: readonly T[], wanted: (x: T) => boolean) => of.reduce((n, x) => n + Number(wanted(x)), 0)
  const trace = classes.reduce((sum, _, c) => sum + joint[c * classes.length + c]!, 0)
  return {
    summary: {
      images: details.length,
      labels: classes.map((labelId) => {
        const own = details.filter((d) => d.given === labelId)
        return { labelId, name: names.get(labelId) ?? String(labelId), images: own.length, issues: count(own, (d) => d.issue) }
      }),
      issues: count(details, (d) => d.issue),
      accuracy: count(details, (d) => d.given === d.suggested) / details.length,
      noise: Math.min(1, Math.max(0, 1 - trace)),
      confusions: confusions(details),
      leftOut: labelOf.size - details.length,
    },
    details,
  }
})

function groupsOf({ db }: Project, images: readonly { id: number }[]): Int32Array {
  const group = new Map(duplicateGroups(db).map((r) => [r.id, r.of]))
  return Int32Array.from(images, ({ id }) => group.get(id) ?? -id)
}

function confusions(doubts: readonly Pick<Doubt, 'given' | 'suggested' | 'issue'>[]) {
  const counts = new Map<string, { given: number; suggested: number; images: number }>()
  for (const { given, suggested, issue } of doubts) {
    if (!issue) continue
    const key = `${given} ${suggested}`
    if (!counts.has(key)) counts.set(key, { given, suggested, images: 0 })
    counts.get(key)!.images++
  }
  return [...counts.values()].sort((a, b) => b.images - a.images || a.given - b.given || a.suggested - b.suggested).slice(0, 100)
}

/** A page of the latest result, most doubtful first, without images whose label has changed since. */
export function doubtful(
  project: Project,
  { labelId, issuesOnly, offset, limit }: { labelId?: number; issuesOnly: boolean; offset: number; limit: number },
): { total: number; doubts: Doubt[] } {
  const now = singleLabels(project.db)
  const wanted = (keptResult(project, 'doubts')?.details ?? []).filter(
    (d) =>
      (!issuesOnly || d.issue) &&
      (labelId === undefined || d.given === labelId || d.suggested === labelId) &&
      now.get(d.mediaId) === d.given,
  )
  const page = wanted.slice(offset, offset + limit)
  const paths = imagePaths(
    project.db,
    page.map((d) => d.mediaId),
  )
  return { total: wanted.length, doubts: page.map((d) => ({ ...d, path: paths.get(d.mediaId)! })) }
}
