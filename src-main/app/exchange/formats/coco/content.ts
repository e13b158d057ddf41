/** Builds one image's content from its COCO annotations. */
import type { Attributes } from '#shared/model/region.ts'
import { sentence } from '#shared/sentences/table.ts'
import { reasonFor, type Where } from '../../findings.ts'
import type { Draft, DraftRegion, Source } from '../../draft.ts'
import { readProvenance } from '../../provenance.ts'
import { groupAttribute } from '../../shapes.ts'
import { type CocoAnnotation, type CocoCategory, saidBy } from './json.ts'
import { rotationAttribute, shapesOf } from './shapes.ts'

/** What one file states for all its images. */
export interface Document {
  file: string
  split: string | null
  categories: Map<string, CocoCategory>
  /** Categories referenced by annotations but not defined. */
  unknown: Map<string, string>
}

export type Content = Required<Pick<Draft, 'labels' | 'captions'>> & { regions: DraftRegion[] }

export function take(
  draft: Content,
  a: CocoAnnotation,
  { file, categories, unknown }: Document,
  size: { width?: number | null | undefined; height?: number | null | undefined },
  line: number,
  findings: Source['findings'],
): void {
  const at: Where = { file, line }
  const by = readProvenance(a.dashi)
  const category = a.category_id == null ? null : (categories.get(a.category_id) ?? null)
  const named = category?.name ?? a.category_name ?? null
  if (a.category_id != null && named === null && !unknown.has(a.category_id)) {
    unknown.set(a.category_id, `category ${a.category_id}`)
    findings.change(at, sentence('finding.category-undefined', { id: a.category_id, name: a.category_id }))
  }
  const label = named ?? (a.category_id == null ? null : unknown.get(a.category_id)!)
  const said = saidBy(a)
  try {
    const shapes = shapesOf(a, { category, size, repaired: (reason) => findings.change(at, reason) })
    const extra = attributesOf(a, category)
    // A caption or label on a region without geometry applies to the image.
    draft.captions.push(...said.map((c) => (shapes.length ? { ...c, region: draft.regions.length } : c)))
    if (shapes.length === 0 && label !== null && said.length === 0) draft.labels.push({ label, ...by })
    // An outline and its keypoints become two regions of one group.
    const group: Attributes = shapes.length > 1 ? { [groupAttribute]: extra[groupAttribute] ?? (Number(a.id) || line) } : {}
    for (const shape of shapes) {
      const { [rotationAttribute]: angle, ...rest } = extra
      const points = shapes.length > 1 && shape.kind === 'keypoints' ? a.dashi?.points : undefined
      const kept = { ...(points?.attributes ?? (shape.kind === 'rotated-box' || angle === 0 ? rest : extra)), ...group }
      draft.regions.push({
        label,
        shape,
        line,
        ...(points ? readProvenance(points) : by),
        ...(Object.keys(kept).length ? { attributes: kept } : {}),
      })
    }
  } catch (e) {
    findings.leave(at, sentence('finding.of-annotation', { id: a.id ?? '', problem: reasonFor(e) }))
  }
}

function attributesOf(a: CocoAnnotation, category: CocoCategory | null): Attributes {
  const { name, dashi } = category ?? {}
  // In our own files it is the parent label.
  const supercategory = dashi?.parent ? null : category?.supercategory
  const above: Attributes = supercategory && supercategory !== name && supercategory !== 'none' ? { supercategory } : {}
  return { ...above, ...a.attributes, ...(a.iscrowd ? { iscrowd: true } : {}) }
}
