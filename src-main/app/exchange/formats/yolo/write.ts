/** Writes one row per object, all of one kind: boxes, polygons, rotated boxes, or boxes with keypoints. */
import { stringify } from 'yaml'
import { z } from 'zod'
import { setting } from '#shared/model/words.ts'
import { rotatedBoxRing } from '#shared/geometry/box.ts'
import type { Summary } from '#shared/model/exchange.ts'
import type { RecordRegion } from '#shared/model/record.ts'
import type { Box, KeypointsShape, Shape } from '#shared/model/shape.ts'
import { sentence } from '#shared/sentences/table.ts'
import { kindWord, type Said, Unfit } from '../../findings.ts'
import type { Size } from '../../draft.ts'
import { jointName, type Joints, objectsOf } from '../../objects.ts'
import { boxOfShape, fixed, outlines, smallestBox } from '../../shapes.ts'
import { copyImage, freeName, type Item, needSize, safeName, splitOf, type Target, withoutImagesFolder, writeFile } from '../../target.ts'
import { stemOf } from '../../tree.ts'
import { unsplit, type YoloTask } from './layout.ts'

export const yoloSettings = z.object({
  task: setting(
    z.enum(['auto', 'detect', 'segment', 'obb', 'pose']).default('auto'),
    'rows of boxes, polygons, rotated boxes or keypoints; auto: what the dataset has, outlines first',
    '行の種類：矩形、多角形、回転矩形、キーポイント。auto：データにあるもの（輪郭を優先）',
  ),
})
type YoloSettings = z.output<typeof yoloSettings>

/** The requested task, or the richest that the dataset has: polygons, then rotated boxes, then keypoints. */
export function taskOf({ counts }: Summary, { task }: YoloSettings): YoloTask {
  if (task !== 'auto') return task
  if ((counts.polygons ?? 0) + (counts.masks ?? 0) > 0) return 'segment'
  return counts['rotated boxes'] ? 'obb' : counts.keypoints ? 'pose' : 'detect'
}

/** Twelve digits keep a millionth of a pixel on images of any size. */
const part = (n: number, of: number) => fixed(Math.min(1, Math.max(0, n / of)), 12)

const flat = (ring: readonly number[], { width, height }: Size) => ring.map((n, i) => part(n, i % 2 ? height : width)).join(' ')
const boxRow = ({ x, y, w, h }: Box, { width, height }: Size) =>
  `${part(x + w / 2, width)} ${part(y + h / 2, height)} ${part(w, width)} ${part(h, height)}`

/** Thrown with the reason why a region has no row. */
class Left extends Unfit {}

type Rows = (
  o: { label: string; outline?: RecordRegion; points?: RecordRegion },
  size: Size,
  target: Target,
  say: (reason: Said) => void,
) => string[]

const rowsBy: Readonly<Record<YoloTask, Rows>> = {
  detect: ({ outline, points }, size) => [boxRow(areaOf((outline ?? points!).shape), size)],
  segment: ({ outline, points }, size) => {
    const rings = outlines((outline ?? points!).shape)
    if (!rings) throw new Left(sentence('finding.no-shape-yolo'))
    return rings.map((ring) => flat(ring, size))
  },
  obb: ({ outline, points }, size, _, say) => {
    const shape = turned((outline ?? points!).shape)
    if (!shape) throw new Left(sentence('finding.no-shape-yolo'))
    const ring = rotatedBoxRing(shape)
    if (ring.some((n, i) => n < 0 || n > (i % 2 ? size.height : size.width))) say(sentence('finding.corner-moved'))
    return [flat(ring, size)]
  },
  pose: ({ label, outline, points }, size, { joints }, say) => {
    const box = outline ? areaOf(outline.shape) : around(points!.shape, say)
    return [`${boxRow(box, size)} ${keypointsRow(points?.shape, joints.of(label), joints.size, size)}`]
  },
}

function areaOf(shape: Shape): Box {
  if (shape.kind === 'polyline') throw new Left(sentence('finding.no-shape-yolo'))
  const box = boxOfShape(shape)
  if (!(box.w > 0 && box.h > 0)) throw new Left(sentence('finding.box-no-area'))
  return box
}

/** Collinear points have no area, but a row needs a box with one. */
function around(shape: Shape, say: (reason: Said) => void): Box {
  const { x, y, w, h } = boxOfShape(shape)
  if (w > 0 && h > 0) return { x, y, w, h }
  say(sentence('finding.collinear'))
  return { x: w > 0 ? x : x - 0.5, y: h > 0 ? y : y - 0.5, w: w || 1, h: h || 1 }
}

function turned(shape: Shape) {
  if (shape.kind === 'rotated-box') return shape
  if (shape.kind === 'box') return { cx: shape.x + shape.w / 2, cy: shape.y + shape.h / 2, w: shape.w, h: shape.h, angle: 0 }
  const rings = outlines(shape)
  return rings && smallestBox(rings.flat())
}

/** In the order of the label's joints, padded to the label with the most joints. */
function keypointsRow(shape: Shape | undefined, joints: Joints | undefined, count: number, { width, height }: Size): string {
  const at = new Map(shape?.kind === 'keypoints' ? shape.points.map((p, i) => [jointName(p, i), p] as const) : [])
  return Array.from({ length: count }, (_, k) => {
    const p: KeypointsShape['points'][number] | undefined = at.get(joints?.names[k] ?? '')
    return p && p.v > 0 ? `${part(p.x, width)} ${part(p.y, height)} ${p.v}` : '0 0 0'
  }).join(' ')
}

export function write(items: Iterable<Item>, target: Target, settings: YoloSettings): void {
  const asked = taskOf(target.summary, settings)
  // Without any joints there is nothing for a pose task to write.
  const task = asked === 'pose' && target.joints.size === 0 ? 'detect' : asked
  const ids = new Map(target.labels.map((n, i) => [n, i]))
  const splits = new Set<string>()
  for (const item of items) {
    const size = needSize(target, item)
    if (!size) continue
    const { fileName } = item.record
    const split = safeName(splitOf(item.record) ?? unsplit)
    splits.add(split)
    // A dataset imported from YOLO already has split folders.
    const within = withoutImagesFolder(fileName)
    const name = freeName(
      target,
      within.startsWith(`${split}/`) ? within.slice(split.length + 1) : within,
      (stem) => `labels/${split}/${stem}.txt`,
    )
    const lines = [...objectsOf(item.record.regions ?? [])].flatMap((o) => {
      const { kind } = (o.outline ?? o.points).shape
      try {
        return rowsBy[task](o, size, target, (reason) =>
          target.findings.change(
            { file: fileName },
            sentence('finding.region-of', { kind: kindWord(kind), label: o.label, problem: reason }),
          ),
        ).map((row) => `${ids.get(o.label)!} ${row}\n`)
      } catch (e) {
        if (!(e instanceof Left)) throw e
        target.findings.leave(
          { file: fileName },
          sentence('finding.region-of', { kind: kindWord(kind), label: o.label, problem: e.sentence }),
        )
        return []
      }
    })
    copyImage(target, item, `images/${split}/${name}`)
    // Written even if empty: it marks the image as having no objects, and reserves the name.
    writeFile(target, `labels/${split}/${stemOf(name)}.txt`, lines.join(''))
  }
  writeFile(target, 'data.yaml', stringify({ ...placesOf(target, splits), task, ...(task === 'pose' ? poseOf(target, ids) : {}) }))
}

/** ultralytics refuses a dataset without a folder for train or for val: another one stands in. */
function placesOf(target: Target, written: ReadonlySet<string>): object {
  const first = (...splits: string[]) => `images/${splits.find((s) => written.has(s)) ?? [...written].sort()[0] ?? unsplit}`
  const others = [...written].filter((s) => !['train', 'val', unsplit].includes(s)).sort()
  return {
    path: '.',
    train: first('train', unsplit, 'val'),
    val: first('val', 'train', unsplit),
    ...Object.fromEntries(others.map((s) => [s, `images/${s}`])),
    nc: target.labels.length,
    names: Object.fromEntries(target.labels.map((n, i) => [i, n])),
  }
}

function poseOf({ joints }: Target, ids: ReadonlyMap<string, number>): object {
  const by = <T>(of: (j: Joints) => T) => Object.fromEntries([...joints].map(([label, j]) => [ids.get(label)!, of(j)]))
  const longest = [...joints].map(([, j]) => j.names).reduce((a, b) => (b.length > a.length ? b : a))
  const edges = [...joints].some(([, j]) => j.edges.length)
  return {
    kpt_shape: [joints.size, 3],
    flip_idx: flipped(longest),
    kpt_names: by((j) => j.names),
    ...(edges ? { skeleton: by((j) => j.edges) } : {}),
  }
}

/** Each joint's index in a mirrored image: left and right are swapped by name, others map to themselves. */
function flipped(names: readonly string[]): number[] {
  const mirrored = (n: string) =>
    n
      .replace(/left|right/gi, (side) => {
        const other = side.toLowerCase() === 'left' ? 'right' : 'left'
        return side === side.toUpperCase()
          ? other.toUpperCase()
          : side[0] === side[0]!.toUpperCase()
            ? other[0]!.toUpperCase() + other.slice(1)
            : other
      })
      .replace(/^([lr])(?=[_-])|(?<=[_-])([lr])$/i, (side) => ({ l: 'r', r: 'l', L: 'R', R: 'L' })[side]!)
  return names.map((n, i) => {
    const other = mirrored(n) === n ? i : names.indexOf(mirrored(n))
    return other < 0 ? i : other
  })
}
