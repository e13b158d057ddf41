/**
 * Rows of Hugging Face datasets, from metadata files or parquet: image name, captions, labels and `objects`,
 * recognised by column name.
 */
import { annotationState, author as authorSchema } from '#shared/model/author.ts'
import { shape as shapeSchema } from '#shared/model/shape.ts'
import type { RecordCaption } from '#shared/model/record.ts'
import type { Findings, Where } from '../../findings.ts'
import type { Draft, DraftRegion, Size } from '../../draft.ts'
import { isObject, keyNamed, numberOf, plainName, withAttributes } from '../../fields.ts'
import type { ClassNames } from './features.ts'
import { namer } from '../../label-map.ts'
import { boxOf, polygonOf, snap } from '../../shapes.ts'
import type { Tree } from '../../tree.ts'
import { sentence } from '#shared/sentences/table.ts'
import {
  type HfRow,
  captionColumns,
  labelColumns,
  boxNames,
  classNames,
  phraseNames,
  idle,
  parsed,
  textsOf,
  objectsIn,
  isEmpty,
  ringsOf,
} from './columns.ts'

/** The box convention of a file. */
export interface Boxes {
  corners: boolean
  parts: boolean
}

/** Decided over all boxes whose image size is known: left, top, width, height as documented, unless only corners fit. */
export class BoxSurvey {
  private all = 0
  private sides = 0
  private corners = 0
  private parts = 0

  see(row: HfRow, size: Size | null): void {
    for (const o of objectsIn(row)?.list ?? []) {
      const b = o[keyNamed(Object.keys(o), boxNames) ?? '']
      if (!Array.isArray(b) || b.length !== 4) continue
      const [x = NaN, y = NaN, c = NaN, d = NaN] = b.map(numberOf)
      if (![x, y, c, d].every(Number.isFinite)) continue
      if (Math.min(x, y) >= 0 && Math.max(c, d) <= 1 && (!Number.isInteger(c) || !Number.isInteger(d))) this.parts++
      this.all++
      const { width, height } = size ?? { width: Infinity, height: Infinity }
      if (x + c <= width * 1.01 + 1 && y + d <= height * 1.01 + 1) this.sides++
      if (c > x && d > y && c <= width * 1.01 + 1 && d <= height * 1.01 + 1) this.corners++
    }
  }

  result(file: string, findings: Findings): Boxes {
    const parts = this.all > 0 && this.parts === this.all
    const corners = !parts && this.sides < this.all && this.corners === this.all
    if (parts) findings.note(sentence('note.relative', { file }))
    if (corners) findings.note(sentence('note.boxes-corners', { file }))
    return { parts, corners }
  }
}

export class HfReader {
  private readonly unread = new Map<string, number>()
  private readonly used = new Set<string>()
  private naming: ((label: string) => string) | null = null

  constructor(
    private readonly tree: Tree,
    private readonly file: string,
    private readonly names: ClassNames,
    private readonly findings: Findings,
    private readonly declare: (names: readonly string[]) => void,
  ) {
    for (const list of new Set([...names.values()])) declare(list)
  }

  /** Collects unnamed class numbers in the first pass, so that a list next to the file is looked up once. */
  survey(row: HfRow): void {
    for (const [column, value] of this.classesIn(row)) if (value != null && !this.names.has(column)) this.used.add(String(value as string))
  }

  private classesIn(row: HfRow): [string, unknown][] {
    const labels = this.labelColumns(row).flatMap((c) => [parsed(row[c])].flat().map((v): [string, unknown] => [c, v]))
    const objects = objectsIn(row)
    return [
      ...labels,
      ...(objects?.list ?? []).map((o): [string, unknown] => {
        const key = keyNamed(Object.keys(o), classNames)
        return [`${objects!.column ? `${objects!.column}.` : ''}${key ?? ''}`, key === undefined ? null : o[key]]
      }),
    ]
  }

  private labelColumns(row: HfRow): string[] {
    const keys = Object.keys(row)
    const along = objectsIn(row)
    const flat = along?.column === '' && along.list[0] ? Object.keys(along.list[0]) : []
    const known = labelColumns
      .map((n) => keyNamed(keys, [n]))
      .filter((k) => k !== undefined && k !== along?.column && !flat.includes(k)) as string[]
    return [...new Set([...known, ...keys.filter((k) => this.names.has(k) && !flat.includes(k))])]
  }

  private nameOf(column: string, value: unknown): string | null {
    if (value === null || value === undefined || value === '') return null
    if (typeof value === 'object') return textsOf((value as HfRow)['name'] ?? (value as HfRow)['label'])[0] ?? null
    const text =
      typeof value === 'number' && Number.isInteger(value)
        ? String(value)
        : typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint'
          ? String(value)
          : ''
    const names = this.names.get(column)
    if (names && /^-?\d+$/.test(text)) return text === '-1' ? null : (names[Number(text)] ?? text)
    this.naming ??= this.named()
    return this.naming(text)
  }

  private named() {
    const { name, names } = namer(this.tree, this.file, this.used, (text) => this.findings.note(text))
    this.declare(names)
    return name
  }

  draft(row: HfRow, image: Pick<Draft, 'image' | 'root'>, where: Where, split: string | null, boxes: Boxes, fileColumn: string): Draft {
    const keys = Object.keys(row)
    const taken = new Set([fileColumn])
    const captionsOf = captionColumns.flatMap((n) => keyNamed(keys, [n]) ?? []).filter((c) => c !== fileColumn)
    const objects = objectsIn(row)
    if (objects) taken.add(objects.column)
    const captions: RecordCaption[] = []
    const caption = (c: RecordCaption) => captions.some((o) => o.text === c.text && o.language === c.language) || captions.push(c)
    for (const column of captionsOf) {
      const texts = textsOf(parsed(row[column]))
      if (texts.length || row[column] == null || row[column] === '') taken.add(column)
      for (const text of texts) caption({ text })
    }
    for (const column of keys) {
      const tongue = /^(?:captions?|text)_([a-z]{2})$/.exec(column)?.[1]
      if (!tongue) continue
      taken.add(column)
      for (const text of textsOf(row[column])) caption({ text, language: tongue })
    }
    const labels = this.labelColumns(row)
      .filter((c) => !taken.has(c))
      .flatMap((column) => {
        taken.add(column)
        return [parsed(row[column])].flat().flatMap((v) => this.nameOf(column, v) ?? [])
      })
    const flat = objects?.column === '' && objects.list[0] ? Object.keys(objects.list[0]) : []
    const tagColumn = keyNamed(keys, ['tags'])
    const tags =
      tagColumn === undefined || taken.has(tagColumn)
        ? []
        : [parsed(row[tagColumn])]
            .flat()
            .flatMap((t) => (typeof t === 'string' ? t.split(',') : []))
            .map((t) => t.trim().slice(0, 200))
            .filter(Boolean)
    if (tags.length) taken.add(tagColumn!)
    for (const column of keys)
      if (!taken.has(column) && !flat.includes(column) && !idle.has(plainName(column)) && !isEmpty(row[column]))
        this.unread.set(column, (this.unread.get(column) ?? 0) + 1)
    const [width, height] = [numberOf(row['width'] ?? row['image_width']), numberOf(row['height'] ?? row['image_height'])]
    const regions = (size: Size): DraftRegion[] => {
      const kept: DraftRegion[] = []
      for (const [i, o] of (objects?.list ?? []).entries()) {
        const region = this.region(o, objects!.column, boxes, size, where, i)
        if (!region) continue
        for (const text of textsOf(parsed(o[keyNamed(Object.keys(o), phraseNames) ?? '']))) captions.push({ text, region: kept.length })
        kept.push(region)
      }
      return kept
    }
    const told = typeof row['split'] === 'string' && row['split'] !== '' ? row['split'] : null
    return {
      ...image,
      where,
      captions,
      labels: [...new Set(labels)].filter((l) => l.trim()).map((label) => ({ label })),
      split: split ?? told,
      tags,
      regions: boxes.parts ? regions : regions({ width: NaN, height: NaN }),
      ...(width > 0 && height > 0 ? { size: { width, height } } : {}),
    }
  }

  private region(o: HfRow, column: string, boxes: Boxes, size: Size, where: Where, i: number): DraftRegion | null {
    const keys = Object.keys(o)
    const [boxKey, classKey, segmentation] = [
      keyNamed(keys, boxNames),
      keyNamed(keys, classNames),
      keyNamed(keys, ['segmentation', 'polygon', 'polygons', 'segmentations']),
    ]
    const label = classKey === undefined ? null : this.nameOf(`${column ? `${column}.` : ''}${classKey}`, o[classKey])
    const own = ['shape', 'attributes', 'author', 'state'].map((k) => (typeof o[k] === 'string' && o[k] !== '' ? parsed(o[k]) : undefined))
    const shape = shapeSchema.safeParse(own[0])
    const rest = Object.fromEntries(
      Object.entries(o).filter(
        ([k]) =>
          ![boxKey, classKey, segmentation, 'id', 'area', 'bbox_id', 'image_id', 'shape', 'attributes'].includes(k) &&
          keyNamed([k], phraseNames) === undefined &&
          !(['author', 'state'].includes(k) && own[2] !== undefined),
      ),
    )
    const made = authorSchema.safeParse(own[2])
    const state = annotationState.safeParse(own[3])
    const more = {
      ...withAttributes(rest, isObject(own[1]) ? own[1] : undefined),
      ...(made.success ? { author: made.data } : {}),
      ...(made.success && state.success ? { state: state.data } : {}),
      line: where.line,
    }
    if (shape.success) return { label, shape: shape.data, ...more }
    const rings = segmentation === undefined ? [] : ringsOf(parsed(o[segmentation]))
    if (rings.length) return { label, shape: polygonOf(...rings), ...more }
    const b = boxKey === undefined ? null : parsed(o[boxKey])
    const four = Array.isArray(b) ? b.map(numberOf) : isObject(b) ? ['x', 'y', 'width', 'height'].map((k) => numberOf(b[k])) : null
    if (four?.length !== 4) {
      const at = { column: `${column || 'objects'}.${boxKey ?? 'bbox'}`, i }
      this.findings.leave(where, four ? sentence('finding.box-numbers', { ...at, n: four.length }) : sentence('finding.box-none', at))
      return null
    }
    const [x = NaN, y = NaN, c = NaN, d = NaN] = four
    const [w, h] = boxes.corners ? [c - x, d - y] : [c, d]
    return {
      label,
      shape: boxes.parts
        ? boxOf(snap(x * size.width), snap(y * size.height), snap(w * size.width), snap(h * size.height))
        : boxOf(x, y, w, h),
      ...more,
    }
  }

  /** Reports the unused columns in one finding. */
  finish(): void {
    if (this.unread.size)
      this.findings.leave({ file: this.file }, sentence('finding.columns-left-out', { columns: [...this.unread.keys()].join(', ') }))
  }
}
