/** Geometry in table cells: boxes in columns, lists of boxes, outlines, run lengths. */
import { checkRuns, encodeRle, runsFromIntervals } from '#shared/geometry/rle.ts'
import { shape as shapeSchema, type PolygonPart, type Ring, type Shape } from '#shared/model/shape.ts'
import { sentence } from '#shared/sentences/table.ts'
import { problemOf, Unfit } from '../../findings.ts'
import type { Column } from './layout.ts'
import type { Size } from '../../draft.ts'
import { isObject, keyNamed, numberOf } from '../../fields.ts'
import { parsePythonJson } from '../../json.ts'
import { boxOf, polygonOf, toRing } from '../../shapes.ts'

export type Row = Partial<Record<Column, string>>
export type Numbers = (text: string | undefined) => number

/** Outside comma-separated files, numbers may have a decimal comma. */
export const numbersBetween =
  (delimiter: string): Numbers =>
  (t) =>
    t ? Number(delimiter === ',' ? t : t.replace(/^(-?\d+),(\d+)$/, '$1.$2')) : NaN

/** Left, top, width and height. */
export function boxIn(r: Row, number: Numbers): number[] | null {
  if (r.xmin || r.xmax) {
    const [x, y] = [number(r.xmin), number(r.ymin)]
    return [x, y, number(r.xmax) - x, number(r.ymax) - y]
  }
  if (r.bbox?.trim()) return numbersIn(r.bbox)
  const [w, h] = [number(r.w), number(r.h)]
  if (r.cx) return [number(r.cx) - w / 2, number(r.cy) - h / 2, w, h]
  return r.x && r.w ? [number(r.x), number(r.y), w, h] : null
}

const numbersIn = (text: string) =>
  text
    .replace(/[[\](){}]/g, ' ')
    .trim()
    .split(/[\s,;]+/)
    .map(Number)

/** The shape of one row, if it does not need the image's size. */
export function shapeIn(r: Row, number: Numbers): Shape | null {
  if (r.shape?.startsWith('{')) {
    const parsed = shapeSchema.safeParse(JSON.parse(r.shape))
    if (!parsed.success) throw new Unfit(sentence('in-field', { field: 'shape', problem: problemOf(parsed.error) }))
    return parsed.data
  }
  const outline = r.polygon?.trim() ? outlineIn(r.polygon) : null
  if (outline) return outline
  const box = boxIn(r, number)
  if (box && box.length !== 4) throw new Unfit(sentence('finding.bbox-count', { n: box.length }))
  if (box) return boxOf(...(box as [number, number, number, number]))
  // makesense points have a position but no size.
  return r.x && r.y && r.w === undefined && r.xmin === undefined
    ? { kind: 'keypoints', points: [{ x: number(r.x), y: number(r.y), v: 2 }] }
    : null
}

/** Parses JSON, or Python's notation for lists, tuples and dictionaries. */
export function literal(text: string): unknown {
  try {
    return parsePythonJson(text)
  } catch {
    const python = text
      .replace(/'((?:[^'\\]|\\.)*)'/g, (_, s: string) => JSON.stringify(s))
      .replaceAll('(', '[')
      .replaceAll(')', ']')
      .replace(/,\s*([\]}])/g, '$1')
      .replace(/\bTrue\b/g, 'true')
      .replace(/\bFalse\b/g, 'false')
      .replace(/\bNone\b/g, 'null')
    return JSON.parse(python)
  }
}

export interface Listed {
  label: string | null
  box: [number, number, number, number]
  rest: Record<string, unknown>
}

const quadruple = (n: readonly number[], corners: boolean): Listed['box'] => {
  const [a = NaN, b = NaN, c = NaN, d = NaN] = n
  return corners ? [a, b, c - a, d - b] : [a, b, c, d]
}

/**
 * Parses several boxes in one cell: a list of dictionaries or of (left, top, width, height); `x1 y1 x2 y2;…`; or a
 * prediction string, i.e. groups of `class score x1 y1 x2 y2`, of `class x1 y1 x2 y2`, or of `score x y w h` if all
 * five are numbers.
 */
export function boxesIn(text: string): Listed[] {
  const bare = text.trim()
  if (/^(?:no_?box|none|nan|\[\s*\]|)$/i.test(bare)) return []
  if (/^[[(]/.test(bare)) {
    const list = literal(bare)
    const all = Array.isArray(list) && list.length === 4 && list.every((n) => typeof n === 'number') ? [list as unknown] : list
    if (!Array.isArray(all)) throw new Unfit(sentence('finding.boxes-list'))
    return all.map((o) => {
      if (Array.isArray(o) && o.length === 4) return { label: null, box: quadruple(o.map(numberOf), false), rest: {} }
      if (isObject(o)) return ofObject(o)
      throw new Unfit(sentence('finding.boxes-entry'))
    })
  }
  const tokens = bare
    .replace(/[{}]/g, ' ')
    .trim()
    .split(/[\s,]+/)
  if (bare.includes(';'))
    return bare
      .split(';')
      .filter((s) => s.trim())
      .map((s) => ({ label: null, box: quadruple(numbersIn(s), true), rest: {} }))
  const groups = (n: number) => Array.from({ length: tokens.length / n }, (_, i) => tokens.slice(i * n, i * n + n))
  const numeric = (s: string) => Number.isFinite(Number(s))
  if (tokens.length % 6 === 0 && groups(6).every((g) => g.slice(1).every(numeric) && Number(g[1]) >= 0 && Number(g[1]) <= 1))
    return groups(6).map((g) => ({ label: g[0]!, box: quadruple(g.slice(2).map(Number), true), rest: { score: Number(g[1]) } }))
  if (tokens.length % 5 === 0 && groups(5).every((g) => g.slice(1).every(numeric)))
    return groups(5).map((g) =>
      numeric(g[0]!)
        ? { label: null, box: quadruple(g.slice(1).map(Number), false), rest: { score: Number(g[0]) } }
        : { label: g[0]!, box: quadruple(g.slice(1).map(Number), true), rest: {} },
    )
  if (tokens.length % 4 === 0 && tokens.every(numeric))
    return groups(4).map((g) => ({ label: null, box: quadruple(g.map(Number), true), rest: {} }))
  throw new Unfit(sentence('finding.words', { n: tokens.length }))
}

function ofObject(o: Record<string, unknown>): Listed {
  const keys = Object.keys(o)
  const used = new Set<string>()
  const take = (...names: string[]) => {
    const key = keyNamed(keys, names)
    if (key !== undefined) used.add(key)
    return key === undefined ? undefined : o[key]
  }
  const label = take('label', 'class', 'category', 'class_name', 'name', 'class_id', 'category_id')
  const list = take('bbox', 'box')
  const box = Array.isArray(list) ? quadruple(list.map(numberOf), false) : null
  const xmin = take('xmin', 'x1', 'left')
  const corners =
    box === null && xmin !== undefined
      ? quadruple([xmin, take('ymin', 'y1', 'top'), take('xmax', 'x2', 'right'), take('ymax', 'y2', 'bottom')].map(numberOf), true)
      : null
  const sides = box ?? corners ?? quadruple([take('x'), take('y'), take('width', 'w'), take('height', 'h')].map(numberOf), false)
  return {
    label: label == null ? null : typeof label === 'object' ? JSON.stringify(label) : String(label as string),
    box: sides,
    rest: Object.fromEntries(Object.entries(o).filter(([k]) => !used.has(k))),
  }
}

const ringOf = (flat: readonly number[]): Ring => {
  const ring = toRing(flat)
  if (!ring) throw new Unfit(sentence('finding.outline', { n: Math.floor(flat.length / 2) }))
  return ring
}

const flatOf = (v: unknown): number[] | null => {
  if (!Array.isArray(v)) return null
  if (v.every((n) => typeof n === 'number' || (typeof n === 'string' && n.trim() !== '' && Number.isFinite(Number(n)))))
    return v.map(numberOf)
  if (v.every((p) => Array.isArray(p) && p.length === 2 && p.every((n) => typeof n === 'number'))) return v.flat() as number[]
  if (v.every((p) => isObject(p) && 'x' in p && 'y' in p))
    return v.flatMap((p) => [numberOf((p as Record<string, unknown>)['x']), numberOf((p as Record<string, unknown>)['y'])])
  return null
}

/** A list of points or of outlines (one part each), or well-known text. Null if the cell holds no outline. */
function outlineIn(text: string): Shape | null {
  const wkt = /^\s*(?:SRID=\d+;)?\s*(MULTIPOLYGON|POLYGON|LINESTRING|POINT)\s*Z?\s*(\(.*\))\s*$/is.exec(text)
  if (wkt) return ofWkt(wkt[1]!.toUpperCase(), wkt[2]!)
  if (!/^[[({]/.test(text.trim())) {
    const flat = numbersIn(text)
    return flat.length >= 6 && flat.every(Number.isFinite) ? polygonOf(ringOf(flat)) : null
  }
  const list = literal(text)
  if (isObject(list)) return null
  const flat = flatOf(list)
  if (flat) return flat.length === 0 ? null : polygonOf(ringOf(flat))
  if (!Array.isArray(list)) return null
  return polygonOf(...list.map((part) => ringOf(flatOf(part) ?? [])))
}

function ofWkt(kind: string, body: string): Shape {
  const parts = ringsOfWkt(body, kind === 'MULTIPOLYGON' ? 1 : 0)
  const points = parts[0]?.[0] ?? []
  if (kind === 'POINT') return { kind: 'keypoints', points: [{ x: points[0] ?? NaN, y: points[1] ?? NaN, v: 2 }] }
  if (kind === 'LINESTRING') return { kind: 'polyline', points }
  return { kind: 'polygon', parts: parts.map((p): PolygonPart => p.map(ringOf)) }
}

/** The innermost brackets are rings; a part ends where its bracket closes. */
function ringsOfWkt(body: string, depthOfParts: number): number[][][] {
  const parts: number[][][] = [[]]
  let [depth, start] = [0, -1]
  for (let i = 0; i < body.length; i++)
    if (body[i] === '(') {
      depth++
      start = i + 1
    } else if (body[i] === ')') {
      if (start >= 0)
        parts.at(-1)!.push(
          body
            .slice(start, i)
            .split(',')
            .flatMap((p) => p.trim().split(/\s+/).slice(0, 2).map(Number)),
        )
      start = -1
      if (--depth === depthOfParts) parts.push([])
    }
  return parts.filter((p) => p.length > 0)
}

/** COCO RLE as JSON, or start/length pairs (from 1, column-major). Null if the image is marked as having no mask. */
export function maskIn(text: string, { width, height }: Size): Shape | null {
  const bare = text.trim()
  if (!bare || bare === '-1' || /^(?:nan|none)$/i.test(bare)) return null
  if (bare.startsWith('{')) {
    const rle = literal(bare)
    const counts = isObject(rle) ? rle['counts'] : null
    if (typeof counts === 'string') return { kind: 'mask', rle: { size: [height, width], counts } }
    if (!Array.isArray(counts)) throw new Unfit(sentence('finding.rle-counts'))
    return { kind: 'mask', rle: encodeRle(checkRuns({ height, width, counts: counts.map(numberOf) })) }
  }
  const numbers = bare.split(/[\s,]+/).map(Number)
  if (!numbers.every((n) => Number.isInteger(n) && n >= 0)) throw new Unfit(sentence('finding.runs-pairs'))
  if (numbers.length % 2) throw new Unfit(sentence('finding.runs-odd', { n: numbers.length }))
  const runs = Array.from({ length: numbers.length / 2 }, (_, i): [number, number] => [
    numbers[2 * i]! - 1,
    numbers[2 * i]! - 1 + numbers[2 * i + 1]!,
  ]).sort((a, b) => a[0] - b[0])
  if (runs.some(([start, end]) => start < 0 || end > width * height)) throw new Unfit(sentence('finding.runs-beyond', { width, height }))
  return { kind: 'mask', rle: encodeRle(runsFromIntervals(height, width, runs)) }
}

/** Whether the text can be run lengths, as opposed to the path of a mask image. */
export const isRuns = (text: string) => /^\s*(?:[\d\s,]+|-1|\{.*\})\s*$/s.test(text)
