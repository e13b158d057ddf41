/**
 * Decides properties of a table from all its rows rather than row by row: columns of 0 and 1 are classes, boxes within
 * 0 to 1 are relative, and so on.
 */
import { sentence } from '#shared/sentences/table.ts'
import type { Findings } from '../../findings.ts'
import type { Column, Layout } from './layout.ts'
import { boxesIn, boxIn, type Numbers, type Row } from './shapes.ts'
import { several } from './text.ts'
import { plainName } from '../../fields.ts'

export interface Plan {
  /** One-hot class columns by name; `aliased` are those whose name is also that of a known column. */
  oneHot: string[]
  aliased: ReadonlyMap<string, Column>
  /** The class column, if none has a usual name. */
  label: string | null
  /** 0/1 columns of a table that also has labels: image tags. */
  flags: string[]
  /** Class columns in which -1 means "uncertain". */
  uncertain: string[]
  /** Columns stored as region attributes. */
  attributes: string[]
  /** Boxes are relative to the image; `bbox` holds two corners; makesense's rows are lines. */
  parts: boolean
  corners: boolean
  lines: boolean
  tagsAreTags: boolean
  /** Every label, as written in the file. */
  classes: Set<string>
}

/** Known columns whose names might also be class names. */
const doubtful: readonly Column[] = [
  'caption',
  'language',
  'split',
  'shape',
  'region',
  'author',
  'state',
  'review',
  'tags',
  'polygon',
  'bbox',
  'boxes',
  'rle',
  'label',
]
const maybeClass = /^(?:name|object|species|breed)$/
const geometry: readonly Column[] = ['xmin', 'x', 'cx', 'bbox', 'boxes', 'polygon', 'rle', 'shape']
/** Names of columns that only number rows or captions. */
const idle = /^(?:index|unnamed\d*|unnamed:\d+|row|rowid|no|nr|#|commentnumber|captionnumber|sentid|id)$/

interface Seen {
  bits: boolean
  ones: number
  zeros: number
  minus: number
  texts: number
  used: number
  values: Set<string>
}

const slack = 0.01 // detectors' boxes may exceed the image

export class Survey {
  private readonly seen = new Map<string, Seen>()
  private readonly classes = new Set<string>()
  private rows = 0
  private boxes = 0
  private inParts = 0
  private asSides = 0
  private asCorners = 0
  private sized = 0

  constructor(
    private readonly layout: Layout,
    private readonly number: Numbers,
  ) {}

  see(row: Row, extra: Readonly<Record<string, string>>): void {
    this.rows++
    for (const [name, cell] of Object.entries(extra)) this.cell(name, cell)
    for (const column of doubtful) if (row[column] !== undefined) this.cell(`\0${column}`, row[column])
    if (this.classes.size < 10_000)
      for (const l of [...several(row.label || row.labelId || '', false), ...several(row.labels ?? '', true)]) this.classes.add(l)
    for (const { box, label } of this.boxesOf(row)) {
      if (label) this.classes.add(label)
      if (box.length !== 4 || !box.every(Number.isFinite)) continue
      const [x, y, w, h] = box as [number, number, number, number]
      this.boxes++
      if (Math.min(x, y) >= -slack && Math.max(x + w, y + h) <= 1 + slack) this.inParts++
      const [width, height] = [this.number(row.width), this.number(row.height)]
      if (!(width > 0 && height > 0)) continue
      this.sized++
      if (x + w <= width + 1 && y + h <= height + 1) this.asSides++
      if (w >= x && h >= y && w <= width + 1 && h <= height + 1) this.asCorners++
    }
  }

  private boxesOf(row: Row): { box: number[]; label?: string | null }[] {
    try {
      const box = row.boxes ? null : boxIn(row, this.number)
      return row.boxes ? boxesIn(row.boxes) : box ? [{ box }] : []
    } catch {
      return []
    }
  }

  private cell(name: string, cell: string): void {
    const seen = this.seen.get(name) ?? { bits: true, ones: 0, zeros: 0, minus: 0, texts: 0, used: 0, values: new Set<string>() }
    this.seen.set(name, seen)
    if (cell) seen.used++
    if (seen.values.size < 2000) seen.values.add(cell)
    if (/^(?:1(?:\.0+)?|true)$/i.test(cell)) seen.ones++
    else if (/^(?:0(?:\.0+)?|false)$/i.test(cell)) seen.zeros++
    else if (/^-1(?:\.0+)?$/.test(cell)) seen.minus++
    else if (cell) seen.bits = false
    if (cell && !Number.isFinite(Number(cell))) seen.texts++
  }

  plan(file: string, findings: Findings): Plan {
    const { columns, others, ours } = this.layout
    const has = (c: Column) => columns[c] !== undefined
    const shaped = geometry.some((c) => has(c)) && this.boxes + this.seenUsed(['polygon', 'rle', 'shape']) > 0
    const isBits = (name: string) => {
      const s = this.seen.get(name)
      return s !== undefined && s.bits && s.ones + s.zeros + s.minus > 0
    }
    const names = others.map(([, name]) => name)
    const bits = names.filter(isBits)
    // A class may be called “text” or “object”.
    const isClass = (c: Column) =>
      has(c) && isBits(`\0${c}`) && (c !== 'label' || maybeClass.test(plainName(this.layout.names[columns.label!] ?? '')))
    const doubted = bits.length > 0 && !ours ? doubtful.filter(isClass) : []
    const labelled = (has('label') && !doubted.includes('label')) || has('labelId') || has('labels')
    const aliased = new Map(
      shaped || labelled || (has('caption') && !doubted.includes('caption'))
        ? []
        : doubted.map((c): [string, Column] => [this.layout.names[columns[c]!]!, c]),
    )
    // If other columns hold labels or captions, 0/1 columns are not classes.
    const worded = labelled || (has('caption') && !doubted.includes('caption'))
    const oneHot =
      shaped || worded || ours ? [] : this.layout.names.filter((n) => (bits.includes(n) && !idle.test(plainName(n))) || aliased.has(n))
    const flags = worded && !shaped && !ours ? bits.filter((n) => !idle.test(plainName(n))) : []
    // The only unknown column next to the image names, if textual, holds their classes.
    const [only, ...more] = names.filter((n) => !idle.test(plainName(n)))
    const sole =
      !shaped &&
      !labelled &&
      !ours &&
      oneHot.length === 0 &&
      !has('caption') &&
      !has('tags') &&
      only !== undefined &&
      more.length === 0 &&
      (this.seen.get(only)?.texts ?? 0) > 0
    const label = sole ? only : null
    for (const value of label === null ? [] : this.seen.get(label)!.values) for (const l of several(value, false)) this.classes.add(l)
    const uncertain = [...oneHot, ...flags].filter((n) => (this.seen.get(n)?.minus ?? 0) > 0 && (this.seen.get(n)?.zeros ?? 0) > 0)
    if (uncertain.length) findings.note(sentence('note.uncertain', { file, columns: uncertain.join(', ') }))
    const attributes = shaped ? names.filter((n) => !/^(?:index|unnamed\d*|unnamed:\d+)$/.test(plainName(n))) : []
    const unread =
      shaped || ours
        ? []
        : names.filter(
            (n) =>
              !oneHot.includes(n) && !flags.includes(n) && !idle.test(plainName(n)) && n !== label && (this.seen.get(n)?.used ?? 0) > 0,
          )
    if (unread.length) findings.leave({ file, line: 1 }, sentence('finding.unknown-columns', { columns: unread.join(', ') }))
    const parts = this.boxes > 0 && this.inParts === this.boxes && !ours
    if (parts) findings.change({ file }, sentence('finding.relative'))
    const corners = has('bbox') && this.sized > 0 && this.asSides < this.sized && this.asCorners === this.sized
    if (corners) findings.note(sentence('note.corners', { file }))
    const lines = this.layout.makesense === true && has('w') && this.asSides < this.sized
    if (lines) findings.note(sentence('note.lines', { file }))
    if (this.seenUsed(['rle']) > 0) findings.note(sentence('note.column-major', { file }))
    return {
      oneHot,
      aliased,
      label,
      flags,
      uncertain,
      attributes,
      parts,
      corners,
      lines,
      tagsAreTags: labelled || oneHot.length > 0,
      classes: this.classes,
    }
  }

  private seenUsed(columns: readonly Column[]): number {
    return columns.reduce((sum, c) => sum + (this.seen.get(`\0${c}`)?.used ?? 0), 0)
  }
}
