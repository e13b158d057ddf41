/** Agreement between two authors on the images that both annotated: regions by IoU, image labels by Cohen's kappa. */
import {
  agreementQuery,
  type AgreementQuery,
  type AgreementReport,
  type CountsMatrix,
  type Disagreement,
  type DisagreementKind,
} from '#shared/model/agreement.ts'
import { shapeArea } from '#shared/geometry/shape.ts'
import { breathe } from '../curation/control.ts'
import type { Project } from '../projects/project.ts'
import { valid } from '../annotations/validate.ts'
import { cohenKappa, yesNoKappa } from './kappa.ts'
import { matchRegions, type Matching } from './match.ts'
import { type LabelRow, type MarkedRow, saidOf, type SaidOfImage } from './said.ts'

export interface Agreement {
  report: AgreementReport
  /**
   * Most serious first: missed (largest first), different label (highest IoU first), low overlap (lowest first),
   * different class.
   */
  disagreements: Disagreement[]
}

const gravity: readonly DisagreementKind[] = ['missed', 'label', 'iou', 'class']

/** One pass over the images, yielding to other work periodically. */
export async function compareAuthors(project: Project, given: AgreementQuery): Promise<Agreement> {
  const began = performance.now()
  const query = valid(agreementQuery, 'agreement', given)
  const { images, said } = saidOf(project, query)
  const [regions, labels] = [new RegionTally(), new ImageLabelTally()]
  const found: (Disagreement & { weight: number })[] = []
  let rest = performance.now()
  for (const image of said) {
    // An author who only labelled the whole image is not considered to have missed regions.
    const drew = (s: SaidOfImage['a']) => s.regions.length + s.others > 0
    const compared = query.images === 'either' || (drew(image.a) && drew(image.b))
    const matching = compared ? matchRegions(image.a.regions, image.b.regions, image, query.threshold) : nothing
    regions.add(matching, compared ? image.a.others + image.b.others : 0)
    labels.add(image.a.labels, image.b.labels)
    found.push(...disagreementsOf(image, matching))
    if (performance.now() - rest > 30) {
      await breathe()
      rest = performance.now()
    }
  }
  found.sort((x, y) => gravity.indexOf(x.kind) - gravity.indexOf(y.kind) || y.weight - x.weight || x.mediaId - y.mediaId)
  const disagreements = found.map(({ weight: _, ...d }) => d)
  const count = (kind: DisagreementKind) => disagreements.filter((d) => d.kind === kind).length
  const used = [...new Set([...regions.labels(), ...labels.labels()])].sort((x, y) => (x ?? Infinity) - (y ?? Infinity))
  return {
    report: {
      a: query.a,
      b: query.b,
      threshold: query.threshold,
      images,
      regions: { ...regions.of(), withoutArea: regions.withoutArea },
      labels: used.map((labelId) => ({ labelId, ...regions.of(labelId), image: labelId === null ? null : labels.yesNo(labelId) })),
      matrix: regions.matrix(),
      classes: labels.classes(),
      disagreements: {
        missed: count('missed'),
        label: count('label'),
        iou: count('iou'),
        class: count('class'),
        open: disagreements.filter((d) => !d.decided).length,
      },
      seconds: (performance.now() - began) / 1000,
    },
    disagreements,
  }
}

const nothing: Matching<MarkedRow> = { matched: [], labelDiffers: [], lowIou: [], onlyA: [], onlyB: [] }

type Label = number | null
class Sums {
  a = 0
  b = 0
  matched = 0
  labelDiffers = 0
  lowIou = 0
  onlyA = 0
  onlyB = 0
  iou = 0
}

class RegionTally {
  withoutArea = 0
  private readonly all = new Sums()
  private readonly byLabel = new Map<Label, Sums>()
  /** What a said and what b said; undefined: nothing. */
  private readonly cells: [Label | undefined, Label | undefined][] = []

  private sums(label: Label): Sums {
    let sums = this.byLabel.get(label)
    if (!sums) this.byLabel.set(label, (sums = new Sums()))
    return sums
  }

  add({ matched, labelDiffers, lowIou, onlyA, onlyB }: Matching<MarkedRow>, withoutArea: number): void {
    this.withoutArea += withoutArea
    const on = (labels: Iterable<Label>, change: (sums: Sums) => void) => {
      change(this.all)
      for (const label of new Set(labels)) change(this.sums(label))
    }
    const pairs = [...matched, ...labelDiffers, ...lowIou]
    for (const region of [...pairs.map((p) => p.a), ...onlyA]) on([region.labelId], (s) => s.a++)
    for (const region of [...pairs.map((p) => p.b), ...onlyB]) on([region.labelId], (s) => s.b++)
    for (const { a, iou } of matched)
      on([a.labelId], (s) => {
        s.matched++
        s.iou += iou
      })
    for (const { a, b } of labelDiffers) on([a.labelId, b.labelId], (s) => s.labelDiffers++)
    for (const { a } of lowIou) on([a.labelId], (s) => s.lowIou++)
    for (const { labelId } of onlyA) on([labelId], (s) => s.onlyA++)
    for (const { labelId } of onlyB) on([labelId], (s) => s.onlyB++)
    for (const { a, b } of [...matched, ...labelDiffers]) this.cells.push([a.labelId, b.labelId])
    for (const { a, b } of lowIou) this.cells.push([a.labelId, undefined], [undefined, b.labelId])
    for (const { labelId } of onlyA) this.cells.push([labelId, undefined])
    for (const { labelId } of onlyB) this.cells.push([undefined, labelId])
  }

  labels = (): Label[] => [...this.byLabel.keys()]

  of(label?: Label) {
    const { iou, ...counts } = label === undefined ? this.all : (this.byLabel.get(label) ?? new Sums())
    const ratio = (above: number, below: number) => (below ? above / below : null)
    return {
      ...counts,
      precision: ratio(counts.matched, counts.b),
      recall: ratio(counts.matched, counts.a),
      f1: ratio(2 * counts.matched, counts.a + counts.b),
      meanIou: ratio(iou, counts.matched),
    }
  }

  matrix(): CountsMatrix {
    const labels = this.labels().sort((x, y) => (x ?? Infinity) - (y ?? Infinity))
    const at = new Map<Label | undefined, number>([...labels.map((l, i) => [l, i] as const), [undefined, labels.length]])
    return counted(labels, labels.length + 1, (add) => this.cells.forEach(([a, b]) => add(at.get(a)!, at.get(b)!)))
  }
}

function counted(labels: Label[], size: number, fill: (add: (i: number, j: number) => void) => void): CountsMatrix {
  const counts = Array.from({ length: size }, () => new Array<number>(size).fill(0))
  fill((i, j) => counts[i]![j]!++)
  return { labels, counts }
}

class ImageLabelTally {
  private images = 0
  private readonly single: [number, number][] = []
  private readonly byLabel = new Map<number, { both: number; onlyA: number; onlyB: number }>()

  add(a: readonly LabelRow[], b: readonly LabelRow[]): void {
    if (!a.length || !b.length) return
    this.images++
    const [ofA, ofB] = [new Set(a.map((l) => l.labelId)), new Set(b.map((l) => l.labelId))]
    if (ofA.size === 1 && ofB.size === 1) this.single.push([a[0]!.labelId, b[0]!.labelId])
    for (const label of new Set([...ofA, ...ofB])) {
      let sums = this.byLabel.get(label)
      if (!sums) this.byLabel.set(label, (sums = { both: 0, onlyA: 0, onlyB: 0 }))
      sums[ofA.has(label) ? (ofB.has(label) ? 'both' : 'onlyA') : 'onlyB']++
    }
  }

  labels = (): Label[] => [...this.byLabel.keys()]

  yesNo(label: number) {
    const sums = this.byLabel.get(label)
    if (!sums) return null
    const { both, onlyA, onlyB } = sums
    const neither = this.images - both - onlyA - onlyB
    return { ...yesNoKappa(both, onlyA, onlyB, neither), both, onlyA, onlyB, neither }
  }

  classes() {
    const labels = [...new Set(this.single.flat())].sort((x, y) => x - y)
    const at = new Map(labels.map((l, i) => [l, i]))
    const matrix = counted(labels, labels.length, (add) => this.single.forEach(([a, b]) => add(at.get(a)!, at.get(b)!)))
    return { ...cohenKappa(matrix.counts), matrix }
  }
}

function* disagreementsOf(image: SaidOfImage, matching: Matching<MarkedRow>): Generator<Disagreement & { weight: number }> {
  const { mediaId, path } = image
  const one = (
    kind: DisagreementKind,
    a: readonly (MarkedRow | LabelRow)[],
    b: readonly (MarkedRow | LabelRow)[],
    iou: number | null,
    weight: number,
  ) => ({
    kind,
    mediaId,
    path,
    a: a.map((r) => r.id),
    b: b.map((r) => r.id),
    labelsA: a.map((r) => r.labelId),
    labelsB: b.map((r) => r.labelId),
    iou,
    decided: [...a, ...b].every((r) => r.decided),
    weight,
  })
  for (const r of matching.onlyA) yield one('missed', [r], [], null, shapeArea(r.shape))
  for (const r of matching.onlyB) yield one('missed', [], [r], null, shapeArea(r.shape))
  for (const { a, b, iou } of matching.labelDiffers) yield one('label', [a], [b], iou, iou)
  for (const { a, b, iou } of matching.lowIou) yield one('iou', [a], [b], iou, -iou)
  const sorted = (rows: readonly LabelRow[]) => [...new Set(rows.map((r) => r.labelId))].sort((x, y) => x - y).join()
  const { labels: a } = image.a
  const { labels: b } = image.b
  if (a.length && b.length && sorted(a) !== sorted(b)) yield one('class', a, b, null, 0)
}
