/** Turns table rows into drafts, image by image. */
import { z } from 'zod'
import { author as authorSchema, annotationState, type Author } from '#shared/model/author.ts'
import { language, recordSpan } from '#shared/model/caption.ts'
import { reviewState } from '#shared/model/media.ts'
import type { RecordCaption, RecordLabel } from '#shared/model/record.ts'
import { type Findings, reasonFor, type Where } from '../../findings.ts'
import type { Layout } from './layout.ts'
import { boxesIn, boxIn, isRuns, literal, maskIn, type Numbers, type Row, shapeIn } from './shapes.ts'
import { cellText } from '../../cells.ts'
import { listed, several } from './text.ts'
import type { Plan } from './survey.ts'
import type { Draft, DraftRegion, Size } from '../../draft.ts'
import { fieldValue, withAttributes } from '../../fields.ts'
import { splitBy } from '../../lookup.ts'
import { boxOf, snap } from '../../shapes.ts'
import type { Found } from '../../tree.ts'

export interface Stored {
  row: Row
  extra: Record<string, string>
}

/** Columns in which pandas' spellings of a missing value count as missing. */
const measures = new Set<string>([
  'xmin',
  'ymin',
  'xmax',
  'ymax',
  'x',
  'y',
  'cx',
  'cy',
  'w',
  'h',
  'width',
  'height',
  'bbox',
  'polygon',
  'rle',
])

/** A table without a header may number its captions: a.jpg#0. One row of Flickr30k lacks the mark before its caption. */
export function cells(layout: Layout, fields: readonly string[]): Stored {
  const cell = (i: number) => (layout.ours ? cellText(fields[i] ?? '') : (fields[i] ?? '').trim())
  const row: Row = Object.fromEntries(
    Object.entries(layout.columns).map(([c, i]) => [c, measures.has(c) && /^(?:nan|null|none|na|n\/a)$/i.test(cell(i)) ? '' : cell(i)]),
  )
  const extra = Object.fromEntries(layout.others.map(([i, name]) => [name, cell(i)]))
  if (!layout.header && row.caption !== undefined) row.file = row.file?.replace(/#\d+$/, '') ?? ''
  const late = layout.delimiter === '|' && row.caption === '' ? /^\d+\s+(\S.*)$/.exec(fields.at(-1)?.trim() ?? '') : null
  if (late) row.caption = late[1]!
  if (row.file && /^[^\s]+\.(?:jpe?g|png|webp|bmp|tiff?)_\d+$/i.test(row.file)) {
    // Severstal's combined ImageId_ClassId.
    const at = row.file.lastIndexOf('_')
    row.label ??= row.file.slice(at + 1)
    row.file = row.file.slice(0, at)
  }
  return { row, extra }
}

/** Builds the draft of one image from its rows. */
export class Reading {
  private readonly labels: RecordLabel[] = []
  private readonly captions: RecordCaption[] = []
  private readonly tags = new Set<string>()
  /** In row order; shapes that need the image's size are built later by `of`. */
  private readonly regions: { line: number; of: (size: Size) => DraftRegion | null }[] = []
  private needsSize: boolean

  constructor(
    private readonly plan: Plan,
    private readonly layout: Layout,
    private readonly number: Numbers,
    private readonly findings: Findings,
    private readonly nameOf: (label: string) => string,
  ) {
    this.needsSize = plan.parts
  }

  draft(image: Found, where: Where, rows: readonly { value: Stored; line: number }[]): Draft {
    const texts = new Set(rows.map((r) => r.value.row.caption ?? ''))
    // The same text on every row describes the image.
    const ofImage = rows.length > 1 && texts.size === 1
    let review: Draft['review']
    for (const { value, line } of rows) {
      try {
        this.row(value, line, ofImage)
      } catch (e) {
        this.findings.leave({ file: where.file, line }, reasonFor(e))
      }
      review ??= reviewState.safeParse(value.row.review).data
    }
    const first = rows[0]!.value.row
    const told = rows.map((r) => r.value.row.split).find((s) => s && !/^unassigned$/i.test(s))
    const split = told ?? (this.layout.makesense || this.layout.ours ? splitBy(image.path, '') : splitBy(image.path, where.file))
    const size = first.width && first.height ? { size: { width: this.number(first.width), height: this.number(first.height) } } : {}
    return {
      image,
      where,
      labels: this.labels,
      captions: this.captions,
      split,
      tags: [...this.tags],
      ...size,
      ...(review ? { review } : {}),
      regions: this.needsSize ? (s) => this.settled(s, where.file) : this.settled({ width: NaN, height: NaN }, where.file),
    }
  }

  /** Captions refer to regions by index, so a failed region leaves a gap that is skipped silently. */
  private settled(size: Size, file: string): DraftRegion[] {
    const place = new Map<number, number>()
    const kept: DraftRegion[] = []
    this.regions.forEach(({ line, of }, i) => {
      try {
        const region = of(size)
        if (!region) return
        place.set(i, kept.length)
        kept.push({ ...region, line })
      } catch (e) {
        this.findings.leave({ file, line }, reasonFor(e))
      }
    })
    for (const c of this.captions) if (c.region != null) c.region = place.get(c.region) ?? null
    return kept
  }

  private row({ row, extra: given }: Stored, line: number, ofImage: boolean): void {
    const { plan, layout } = this
    const r = { ...row }
    const extra = { ...given }
    for (const [name, column] of plan.aliased) {
      extra[name] = r[column] ?? ''
      Reflect.deleteProperty(r, column)
    }
    if (plan.label !== null) r.label = extra[plan.label] ?? ''
    const made = provenance(r)
    for (const name of plan.oneHot) if (isOn(extra[name])) this.label(name, made)
    for (const name of plan.flags) if (isOn(extra[name])) this.tags.add(name)
    for (const name of plan.uncertain) if (/^-1(?:\.0)?$/.test(extra[name] ?? '')) this.tags.add(`${name}: uncertain`)
    const rest = layout.ours ? {} : Object.fromEntries(plan.attributes.map((name) => [name, fieldValue(extra[name] ?? '')]))
    const label = r.label || r.labelId || null
    const count = this.regions.length
    this.shapes(r, label, line, { ...withAttributes(layout.ours && r.attributes ? literal(r.attributes) : rest), ...made })
    const had = this.regions.length > count
    if (!had) {
      for (const l of layout.ours ? [label ?? ''] : several(label ?? '', false)) if (l) this.label(this.nameOf(l), made)
    }
    for (const l of several(r.labels ?? '', true)) this.label(this.nameOf(l), made)
    if (r.tags)
      for (const t of several(r.tags, true))
        if (layout.ours || plan.tagsAreTags) this.tags.add(t.slice(0, 200))
        else this.label(this.nameOf(t), made)
    if (r.caption) this.caption(r, had && !ofImage && !layout.ours ? count : null, made)
  }

  private shapes(r: Row, label: string | null, line: number, more: Omit<DraftRegion, 'label' | 'shape'>): void {
    const { plan, number } = this
    const name = (l: string | null) => (l ? this.nameOf(l) : null)
    const add = (of: (size: Size) => DraftRegion | null) => this.regions.push({ line, of })
    if (r.rle && isRuns(r.rle)) {
      if (/^\s*-1\s*$/.test(r.rle)) return
      this.needsSize = true
      add((size) => {
        const shape = maskIn(r.rle!, size)
        return shape && { label: name(label), shape, ...more }
      })
      return
    }
    if (r.boxes) {
      for (const { label: own, box, rest } of boxesIn(r.boxes))
        add((size) => ({ label: name(own ?? label), shape: this.scaled(box, size), ...more, ...withAttributes(more.attributes, rest) }))
      return
    }
    const box = boxIn(r, number)
    if (plan.lines && box) return void add(() => ({ label: name(label), shape: { kind: 'polyline', points: box }, ...more }))
    if (box?.length === 4 && !r.polygon && !r.shape)
      return void add((size) => ({ label: name(label), shape: this.scaled(box as [number, number, number, number], size), ...more }))
    const shape = shapeIn(r, number)
    if (shape) add(() => ({ label: name(label), shape, ...more }))
  }

  private scaled([x, y, c, d]: readonly [number, number, number, number], { width, height }: Size) {
    const [w, h] = this.plan.corners ? [c - x, d - y] : [c, d]
    return this.plan.parts ? boxOf(snap(x * width), snap(y * height), snap(w * width), snap(h * height)) : boxOf(x, y, w, h)
  }

  private label(label: string, made: object): void {
    const name = label.trim()
    if (name && !/^unlabell?ed$/i.test(name) && !this.labels.some((l) => l.label === name)) this.labels.push({ label: name, ...made })
  }

  private caption(r: Row, region: number | null, made: object): void {
    const texts = /^\[.*\]$/s.test(r.caption!) && !this.layout.ours ? listed(r.caption!) : [r.caption!]
    const at = this.layout.ours && r.region ? Number(r.region) : region
    const spans = this.layout.ours && r.spans ? z.array(recordSpan).safeParse(JSON.parse(r.spans)).data : undefined
    const tongue = language.safeParse(r.language).data
    for (const text of texts)
      if (text.trim() && !this.captions.some((c) => c.text === text && (c.region ?? null) === at && c.language === tongue))
        this.captions.push({
          text,
          ...(at === null ? {} : { region: at }),
          ...(tongue ? { language: tongue } : {}),
          ...(spans ? { spans } : {}),
          ...made,
        })
  }
}

const isOn = (cell: string | undefined) => /^(?:1(?:\.0+)?|true|yes)$/i.test(cell ?? '')
/** The row's author: a name, or our own author object as JSON. */
function provenance(r: Row): { author?: Author; state?: z.output<typeof annotationState> } {
  const own = r.author?.startsWith('{') ? authorSchema.safeParse(JSON.parse(r.author)).data : undefined
  const author = own ?? (r.author ? { kind: 'person' as const, name: r.author } : undefined)
  const state = annotationState.safeParse(r.state).data
  return { ...(author ? { author } : {}), ...(state ? { state } : {}) }
}
