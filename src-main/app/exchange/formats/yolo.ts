/**
 * YOLO detection, segmentation, rotated boxes and pose: docs.ultralytics.com/datasets; also older darknet folders with
 * obj.names.
 */
import path from 'node:path'
import { limits } from '#shared/model/limits.ts'
import type { Skeleton } from '#shared/model/skeleton.ts'
import { properName } from '#shared/model/words.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Draft, Size, Source } from '../draft.ts'
import { becomes, defineFormat, usualLosses } from '../format.ts'
import { jointName, skeletonFrom } from '../objects.ts'
import { isImage, join, stemOf } from '../tree.ts'
import { isYoloText } from './yolo/text.ts'
import { labelFilesOf, layout, type Layout } from './yolo/layout.ts'
import { type Context, kindOf, rowsOf } from './yolo/rows.ts'
import { taskOf, write, yoloSettings } from './yolo/write.ts'

function* imagesIn(source: Source, at: string): Generator<string> {
  const { images, findings } = source
  if (!at.endsWith('.txt')) {
    for (const file of images.files(at, findings)) if (isImage(file)) yield file
    return
  }
  for (const [i, line] of source.tree.text(at).split(/\r?\n/).entries()) {
    const name = line.trim().replaceAll('\\', '/').replace(/^\.\//, '')
    if (!name) continue
    const places = [join(at, '..', name), name, ...[4, 3, 2, 1].map((n) => name.split('/').slice(-n).join('/'))]
    const place = places.find((p) => !p.startsWith('..') && !p.startsWith('/') && images.isFile(p))
    if (place) yield place
    else findings.leave({ file: at, line: i + 1 }, sentence('finding.listed-missing', { name }))
  }
}

/** If only some classes have named points, the others have no skeleton. */
function skeletonOf({ count, named, of }: NonNullable<Layout['keypoints']>, id: number): Skeleton | undefined {
  const { names, edges } = of(id)
  if (names.length) return skeletonFrom(names.slice(0, count), edges)
  return named || count < 2 || count > limits.list
    ? undefined
    : { points: Array.from({ length: count }, (_, i) => jointName({}, i)), edges }
}

/** How many label files are surveyed to decide the kind of rows. */
const looked = 200

function* read(source: Source): Generator<Draft> {
  const { tree, findings } = source
  const { names, places, keypoints, task, texts } = layout(source)
  source.declareLabels(
    [...names].sort(([a], [b]) => a - b).map(([id, name]) => ({ name, skeleton: keypoints ? skeletonOf(keypoints, id) : undefined })),
  )
  const kind = kindOf(
    texts.slice(0, looked).map((f) => tree.peek(f).head),
    { keypoints, task },
  )
  const said = new Set<string>()
  const once: Context['once'] = (about, where, reason) => {
    if (!said.has(about)) findings.change(where, reason)
    said.add(about)
  }
  const free = new Set(texts)
  const byStem = new Map<string, string[]>()
  for (const f of texts) byStem.set(path.posix.basename(stemOf(f)), [...(byStem.get(path.posix.basename(stemOf(f))) ?? []), f])
  for (const { at, split } of places)
    for (const image of imagesIn(source, at)) {
      const usual = labelFilesOf(image).find((f) => tree.isFile(f))
      const labels = usual ?? elsewhere(image, byStem.get(path.posix.basename(stemOf(image))), free)
      if (labels && !usual) findings.change({ file: labels }, sentence('finding.label-elsewhere', { image }))
      if (labels) free.delete(labels)
      yield {
        image: { path: image, exists: true },
        where: { file: labels ?? image },
        split,
        ...(labels ? { regions: (size: Size) => rowsOf(source, labels, size, { names, keypoints, kind, once }) } : {}),
      }
    }
  for (const file of free)
    if (isYoloText(tree.peek(file).head)) {
      source.took(file)
      findings.leave({ file }, sentence('finding.rows-no-image'))
    }
}

/**
 * Finds label files in an unusual place: the only one of that name, or the one whose path has most in common with the
 * image's.
 */
function elsewhere(image: string, named: readonly string[] = [], free: ReadonlySet<string>): string | undefined {
  const steps = new Set(image.split('/').slice(0, -1))
  const shared = (f: string) => f.split('/').filter((s) => steps.has(s)).length
  const [best, next] = named.filter((f) => free.has(f)).sort((a, b) => shared(b) - shared(a))
  return best !== undefined && (next === undefined || shared(best) > shared(next)) ? best : undefined
}

export default defineFormat({
  id: 'yolo',
  order: 140,
  title: properName('YOLO'),
  about: {
    en: 'Boxes, outlines, rotated boxes or poses, one text file per image and a data.yaml',
    ja: '矩形・輪郭・回転矩形・姿勢。画像ごとのテキストと data.yaml',
  },
  extensions: ['.txt', '.yaml'],
  reference: 'https://docs.ultralytics.com/datasets/',
  recognises: ({ name, head }) => /\.ya?ml$/.test(name) && /^\s*(names|nc|train)\s*:/m.test(head),
  recognisesFolder: ({ tree, names, texts }) =>
    texts.some(([, text]) => isYoloText(text)) ||
    (tree.isFolder('labels') &&
      tree.isFolder('images') &&
      texts.some(([f]) => f.startsWith('labels/')) &&
      names.some((n) => /classes\.txt|\.ya?ml$/.test(n))),
  looks: (_, __, text) => (isYoloText(text) ? 'rows of a class and coordinates' : null),
  apart: ['annotations', 'labels'],
  read,
  exportSettings: yoloSettings,
  write,
  images: 'copy',
  losses: {
    ...usualLosses,
    polylines: becomes.leftOut,
    attributes: becomes.leftOut,
    'unlabelled regions': becomes.unlabelledClass,
    'drawing order': becomes.orderOfRows,
    skeletons: { en: 'are left out: rows of this kind have no keypoints', ja: 'この種類の行にはキーポイントがないため除外されます' },
  },
  kinds: {
    of: taskOf,
    losses: {
      detect: {
        'rotated boxes': { en: 'become axis-aligned boxes', ja: '水平な矩形になります' },
        polygons: becomes.boxes,
        masks: becomes.boxes,
        holes: becomes.lostInBoxes,
        parts: becomes.lostInBoxes,
        keypoints: {
          en: 'are left out, or become boxes where their group has no outline',
          ja: '含まれません。同じグループの輪郭がないものは外接矩形になります',
        },
      },
      segment: {
        boxes: { en: 'become polygons of four points', ja: '四点の多角形になります' },
        'rotated boxes': { en: 'become polygons of four points', ja: '四点の多角形になります' },
        holes: { en: 'are filled', ja: '塗りつぶされます' },
        parts: { en: 'become separate objects', ja: '別々の物体になります' },
        masks: { en: 'become polygons along the edges of their pixels', ja: 'ピクセルの縁に沿った多角形になります' },
        keypoints: becomes.leftOut,
      },
      obb: {
        boxes: becomes.unrotated,
        polygons: becomes.smallestRotated,
        masks: becomes.smallestRotated,
        holes: becomes.lostInBoxes,
        parts: becomes.lostInBoxes,
        keypoints: becomes.leftOut,
      },
      pose: {
        'rotated boxes': { en: 'become axis-aligned boxes', ja: '水平な矩形になります' },
        polygons: becomes.boxes,
        masks: becomes.boxes,
        holes: becomes.lostInBoxes,
        parts: becomes.lostInBoxes,
        skeletons: { en: 'are kept, except the initial positions of their points', ja: '保たれますが、点の初期配置は失われます' },
      },
    },
  },
})
