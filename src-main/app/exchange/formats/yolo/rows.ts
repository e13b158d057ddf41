/**
 * Turns rows of relative coordinates (0 to 1) into regions. The kind of a row follows from its length and from the
 * other rows.
 */
import type { RotatedBoxShape } from '#shared/model/shape.ts'
import { type Sentence, sentence } from '#shared/sentences/table.ts'
import type { Said } from '../../findings.ts'
import type { DraftRegion, Size, Source } from '../../draft.ts'
import { boxBetween, boxOf, groupAttribute, rotatedFromCorners, snap, toRing } from '../../shapes.ts'
import type { Layout } from './layout.ts'

/** How to read rows of eight and of five numbers, which are ambiguous on their own. */
export interface Kind {
  /** Four corners: a rotated box, rather than a polygon that happens to have four vertices. */
  corners: boolean
  /** The fifth number: a score, or an angle in radians or degrees. */
  fifth: 'score' | 'radians' | 'degrees'
}

export interface Context extends Pick<Layout, 'names' | 'keypoints'> {
  kind: Kind
  /** Reports something once per dataset. */
  once: (about: string, where: { file: string; line: number }, reason: Said) => void
}

const fieldsOf = (text: string) =>
  text
    .replace(/#.*$/, '')
    .trim()
    .split(/[\s,;]+/)

/** Surveys the dataset's first rows: polygons vary in length, rotated boxes do not; a score is always within 0 to 1. */
export function kindOf(texts: Iterable<string>, { keypoints, task }: Pick<Layout, 'keypoints' | 'task'>): Kind {
  let [quads, polygons, furthest, negative] = [0, 0, 0, false]
  for (const text of texts)
    for (const line of text.split(/\r?\n/)) {
      const v = fieldsOf(line).slice(1).map(Number)
      if (v.length === 5) {
        furthest = Math.max(furthest, Math.abs(v[4]!))
        negative ||= v[4]! < 0
      } else if (v.length === 8 || (v.length === 9 && v[8]! <= 1)) quads++
      else if (v.length >= 6) polygons++
    }
  const angles = negative || furthest > 1
  return {
    corners: task === 'obb' || (task === null && !keypoints && quads > 0 && polygons === 0),
    fifth: !angles ? 'score' : furthest > 2 * Math.PI ? 'degrees' : 'radians',
  }
}

/** Coordinates that rounding pushed slightly past the border are put on it. */
const slack = 1e-4
const within = (n: number) => (n < 0 && n >= -slack ? 0 : n > 1 && n <= 1 + slack ? 1 : n)

/**
 * Parses `class cx cy w h`, `class x1 y1 x2 y2 …` or, with `kpt_shape`, a box and its keypoints, optionally followed
 * by a score.
 */
export function rowsOf({ tree, findings }: Source, file: string, size: Size, context: Context): DraftRegion[] {
  const out: DraftRegion[] = []
  const ids = new Map([...context.names].map(([id, name]) => [name, id]))
  for (const [i, text] of tree
    .text(file, 1 << 26)
    .split(/\r?\n/)
    .entries()) {
    const [first = '', ...rest] = fieldsOf(text)
    if (first === '' && rest.length === 0) continue
    const at = { file, line: i + 1 }
    const id = Number.isFinite(Number(first)) ? Number(first) : (ids.get(first) ?? NaN)
    const v = rest.filter((f) => f !== '').map(Number)
    const problem =
      !Number.isInteger(id) || id < 0
        ? sentence('finding.class-number', { class: first })
        : !v.every(Number.isFinite)
          ? sentence('finding.not-finite')
          : null
    const regions = problem ?? regionsOf(v, id, size, context, at)
    if (!Array.isArray(regions)) {
      findings.leave(at, regions)
      continue
    }
    const known = context.names.get(id)
    if (known === undefined && context.names.size > 0)
      context.once(`class ${id}`, at, sentence('finding.class-unnamed', { class: id, n: context.names.size, name: id }))
    out.push(...regions.map((r) => ({ ...r, label: known ?? `class ${id}`, line: at.line })))
  }
  return out
}

type Row = Omit<DraftRegion, 'label' | 'line'>

/** Returns a reason if there is no region. */
function regionsOf(
  v: number[],
  id: number,
  { width: W, height: H }: Size,
  { keypoints, kind, once }: Context,
  at: { file: string; line: number },
): Row[] | Sentence {
  const posed = keypoints ? 4 + keypoints.count * keypoints.dimensions : 0
  // Extra values after the coordinates: a score, and a track id.
  const isBox = v.length < 6 || (v.length === 6 && Number.isInteger(v[5]) && v[5]! > 1)
  const extra = v.length === posed ? 0 : v.length === posed + 1 ? 1 : isBox ? v.length - 4 : v.length % 2
  const coordinates = v.slice(0, v.length - extra)
  if (coordinates.some((n) => Math.abs(n) > 4)) return sentence('finding.far-outside')
  const [score, track] = v.slice(coordinates.length)
  const attributes = { ...(score === undefined ? {} : { score }), ...(track === undefined ? {} : { track_id: track }) }
  const told = Object.keys(attributes).length ? { attributes } : {}
  if (v.length < 4) return sentence('finding.yolo-fields', { n: v.length + 1 })

  const [cx, cy, w, h] = coordinates as [number, number, number, number]
  const [x0, y0, x1, y1] = [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2]
  const reaches = [x0, y0, x1, y1].some((n) => n !== within(n)) && w > 0 && h > 0
  const box = () =>
    reaches
      ? boxBetween(snap(within(x0) * W), snap(within(y0) * H), snap(within(x1) * W), snap(within(y1) * H))
      : boxOf(snap(x0 * W), snap(y0 * H), snap(w * W), snap(h * H))
  if (keypoints && coordinates.length === posed) {
    const { count, dimensions: d } = keypoints
    const joints = keypoints.of(id)
    const points = Array.from({ length: Math.min(count, joints.names.length || count) }, (_, k) => {
      const [x, y] = [v[4 + k * d]!, v[5 + k * d]!]
      const seen = d === 3 ? v[6 + k * d]! : x || y ? 2 : 0
      // In predictions, visibility is a score.
      const visible = seen === 1 ? (1 as const) : seen > 0 ? (2 as const) : (0 as const)
      const name = joints.names[k]
      return { ...(name ? { name } : {}), x: visible ? snap(x * W) : 0, y: visible ? snap(y * H) : 0, v: visible }
    })
    if (!points.some((p) => p.v > 0)) return [{ shape: box(), ...told }]
    const edges = joints.edges.filter((e) => e.every((i) => i < points.length))
    const tied = { attributes: { ...attributes, [groupAttribute]: at.line } }
    return [
      { shape: box(), ...tied },
      { shape: { kind: 'keypoints', points, ...(edges.length ? { edges } : {}) }, ...tied },
    ]
  }
  if (coordinates.length === 4) {
    if (v.length !== 5 || kind.fifth === 'score') return [{ shape: box(), ...told }]
    const angle = kind.fifth === 'radians' ? (v[4]! * 180) / Math.PI : v[4]!
    once('angles', at, sentence('finding.yolo-angles', { unit: kind.fifth }))
    return [{ shape: { kind: 'rotated-box', cx: snap(cx * W), cy: snap(cy * H), w: snap(w * W), h: snap(h * H), angle } }]
  }
  const flat = coordinates.map((n, k) => snap(within(n) * (k % 2 ? H : W)))
  if (kind.corners && flat.length === 8) {
    const turned = cornersOf(flat)
    if (turned) return [{ shape: turned, ...told }]
    once('corners', at, sentence('finding.not-rectangle'))
  }
  const ring = toRing(flat)
  return ring ? [{ shape: { kind: 'polygon', parts: [[ring]] }, ...told }] : sentence('finding.polygon-too-short')
}

/**
 * Corners are often whole pixels, so a quadrilateral within one pixel, or a hundredth of its size, of a rectangle
 * counts as one.
 */
export function cornersOf(flat: readonly number[]): RotatedBoxShape | null {
  const [x0, x1] = [Math.min(...flat.filter((_, i) => i % 2 === 0)), Math.max(...flat.filter((_, i) => i % 2 === 0))]
  const [y0, y1] = [Math.min(...flat.filter((_, i) => i % 2)), Math.max(...flat.filter((_, i) => i % 2))]
  return rotatedFromCorners(flat, Math.max(1, 0.01 * Math.hypot(x1 - x0, y1 - y0)))
}
