/** The geometry of a COCO annotation. */
import { checkRuns, decodeCounts, encodeRle, rleBox } from '#shared/geometry/rle.ts'
import type { Box, Keypoint, KeypointsShape, Rle, Shape } from '#shared/model/shape.ts'
import { sentence } from '#shared/sentences/table.ts'
import { reasonFor, type Said, Unfit } from '../../findings.ts'
import { jointName } from '../../objects.ts'
import { boxOf, rotatedFromCorners, toRing } from '../../shapes.ts'
import type { CocoAnnotation, CocoCategory } from './json.ts'

export interface Context {
  category: CocoCategory | null
  /** Image size as annotated; empty if it is not. */
  size: { width?: number | null | undefined; height?: number | null | undefined }
  repaired: (reason: Said) => void
}

/** CVAT's attribute for rotated boxes: degrees, clockwise. */
export const rotationAttribute = 'rotation'

/** Returns the outline, the keypoints, both or neither. */
export function shapesOf(a: CocoAnnotation, context: Context): Shape[] {
  const outline = outlineOf(a, context)
  const points = a.keypoints && keypointsOf(a.keypoints, context)
  return [...(outline ? [outline] : []), ...(points ? [points] : [])]
}

function keypointsOf(k: readonly number[], { category, repaired }: Context): KeypointsShape | null {
  const names = category?.keypoints ?? []
  if (k.length < 2) return null
  const pairs = k.length % 3 !== 0 && k.length === 2 * names.length
  if (k.length % 3 !== 0 && !pairs) {
    repaired(sentence('finding.keypoint-count', { n: k.length }))
    return null
  }
  // Model predictions have a score in place of v.
  const scored = !pairs && k.some((v, i) => i % 3 === 2 && v !== 0 && v !== 1 && v !== 2)
  if (scored) repaired(sentence('finding.keypoint-scores'))
  const points = Array.from({ length: k.length / (pairs ? 2 : 3) }, (_, i): Keypoint => {
    const [x, y, seen] = pairs ? [k[2 * i]!, k[2 * i + 1]!, k[2 * i] || k[2 * i + 1] ? 2 : 0] : [k[3 * i]!, k[3 * i + 1]!, k[3 * i + 2]!]
    const v = scored ? (seen > 0 ? 2 : 0) : (seen as 0 | 1 | 2)
    return { ...(names[i] && names[i] !== jointName({}, i) ? { name: names[i] } : {}), x: v ? x : 0, y: v ? y : 0, v: v as 0 | 1 | 2 }
  })
  if (!points.some((p) => p.v > 0)) return null
  const edges = edgesOf(category?.skeleton ?? [], points.length)
  return { kind: 'keypoints', points, ...(edges.length ? { edges } : {}) }
}

/** COCO counts joints from 1; a 0 reveals a writer that counts from 0. */
export function edgesOf(skeleton: readonly (readonly number[])[], joints: number): [number, number][] {
  const base = skeleton.some((pair) => pair.includes(0)) ? 0 : 1
  return skeleton
    .map(([p = NaN, q = NaN]): [number, number] => [p - base, q - base])
    .filter((pair) => pair.every((i) => Number.isInteger(i) && i >= 0 && i < joints))
}

function outlineOf(a: CocoAnnotation, context: Context): Shape | null {
  const named = `annotation ${a.id ?? ''}`
  const box = boxOfBbox(a)
  const fallBack = (problem: Said) => {
    if (!(box instanceof Error) && box) {
      context.repaired(sentence('finding.box-used', { what: named, problem }))
      return box
    }
    throw typeof problem === 'string' ? new Error(problem) : new Unfit(problem)
  }
  const s = a.segmentation
  if (s && !Array.isArray(s)) {
    try {
      return { kind: 'mask', rle: maskOf(s, box instanceof Error ? null : box, context, named) }
    } catch (e) {
      return fallBack(reasonFor(e))
    }
  }
  if (s && s.length > 0) {
    const lists = (typeof s[0] === 'number' ? [s] : s) as number[][]
    const rings = lists.map((points) => toRing(points))
    const good = rings.filter((r) => r !== null && r.every(Number.isFinite))
    if (good.length === 0)
      return fallBack(rings.some((r) => r !== null) ? sentence('finding.polygon-not-finite') : sentence('finding.polygon-few'))
    if (good.length < rings.length)
      context.repaired(sentence('finding.polygons-few', { what: named, n: rings.length - good.length, all: rings.length }))
    return turned(a, good as number[][]) ?? { kind: 'polygon', parts: good.map((r) => [r!]) }
  }
  if (box instanceof Error) throw box
  return box
}

/** Our own export writes a rotated box as its four corners plus the angle. */
function turned(a: CocoAnnotation, rings: readonly (readonly number[])[]): Shape | null {
  const angle = a.attributes?.[rotationAttribute]
  if (typeof angle !== 'number' || rings.length !== 1) return null
  const box = rotatedFromCorners(rings[0]!)
  const apart = box ? Math.abs(((((box.angle - angle + 180) % 360) + 360) % 360) - 180) : 180
  return box && apart < 1e-3 ? { ...box, angle } : null
}

/** Returns an Error if the box is unreadable. CVAT writes a rotated box as it was before rotation about its centre. */
function boxOfBbox(a: CocoAnnotation): Extract<Shape, { kind: 'box' | 'rotated-box' }> | Error | null {
  if (!a.bbox || a.bbox.length === 0) return null
  if (a.bbox.length !== 4) return new Unfit(sentence('finding.bbox-count', { n: a.bbox.length }))
  const [x, y, w, h] = a.bbox as [number, number, number, number]
  // An empty box of a keypoints-only annotation carries no information.
  if (a.keypoints?.length && !(w > 0 && h > 0)) return null
  const angle = Number(a.attributes?.[rotationAttribute] ?? 0)
  if (angle && Number.isFinite(angle)) return { kind: 'rotated-box', cx: x + w / 2, cy: y + h / 2, w, h, angle }
  return boxOf(x, y, w, h) as Extract<Shape, { kind: 'box' }>
}

const limit = 2 ** 40

/**
 * Decodes runs; if they do not fit the image, tries the repairs that agree with the box: dropping the last run of
 * zeros, or swapping height and width. Throws if nothing fits.
 */
function maskOf(
  { size, counts }: { size?: [number, number] | undefined; counts: string | number[] },
  box: Shape | null,
  { size: image, repaired }: Context,
  named: string,
): Rle {
  const picture: [number, number] | null = image.width && image.height ? [image.height, image.width] : null
  const [height, width] = size ?? picture ?? [NaN, NaN]
  if (!(Number.isInteger(height) && Number.isInteger(width) && height > 0 && width > 0 && height * width < limit))
    throw new Unfit(sentence('finding.rle-size', { size: (size ?? []).join(' × ') }))
  let runs = typeof counts === 'string' ? decodeCounts(counts) : counts
  const total = runs.reduce((sum, n) => sum + n, 0)
  const short = total < height * width
  if (short) runs = runs.length % 2 ? [...runs.slice(0, -1), runs.at(-1)! + height * width - total] : [...runs, height * width - total]
  checkRuns({ height, width, counts: runs })
  const sizes: [number, number][] =
    !picture || (picture[0] === height && picture[1] === width)
      ? [[height, width]]
      : picture[0] === width && picture[1] === height
        ? [picture]
        : []
  for (const [height, width] of sizes) {
    const rle = encodeRle({ height, width, counts: runs })
    const exchanged = height !== size?.[0] && size !== undefined
    if (!short && !exchanged) return rle
    if (!agrees(rle, box)) continue
    if (short) repaired(sentence('finding.runs-short', { what: named, n: total, all: height * width }))
    if (exchanged) repaired(sentence('finding.runs-turned', { what: named, size: size.join(' × '), height, width }))
    return rle
  }
  throw new Unfit(
    short
      ? sentence('finding.rle-runs', { n: total, height, width })
      : sentence('finding.mask-size', { width, height, ofWidth: image.width ?? '?', ofHeight: image.height ?? '?' }),
  )
}

function agrees(rle: Rle, box: Shape | null): boolean {
  if (box?.kind !== 'box') return false
  const found: Box = rleBox(rle)
  return (['x', 'y', 'w', 'h'] as const).every((k) => Math.abs(found[k] - box[k]) <= 1)
}
