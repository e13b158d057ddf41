/** YOLO detection, segmentation, rotated boxes and pose: docs.ultralytics.com/datasets; older darknet folders with obj.names as well. */
import path from 'node:path'
import { limits } from '#shared/model/limits.ts'
import type { Skeleton } from '#shared/model/skeleton.ts'
import type { Draft, Size, Source } from '../draft.ts'
import { type Format, usualLosses } from '../format.ts'
import { jointName, skeletonFrom } from '../objects.ts'
import { isImage, join, stemOf } from '../tree.ts'
import { isYoloText } from '../yolo-rows.ts'
import { labelFilesOf, layout, type Layout } from './yolo-layout.ts'
import { type Context, kindOf, rowsOf } from './yolo-rows.ts'
import { taskOf, write } from './yolo-write.ts'

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
    else findings.leave({ file: at, line: i + 1 }, `${name}: not found`)
  }
}

/** A dataset that names its points for some of its classes has none for the others. */
function skeletonOf({ count, named, of }: NonNullable<Layout['keypoints']>, id: number): Skeleton | undefined {
  const { names, edges } = of(id)
  if (names.length) return skeletonFrom(names.slice(0, count), edges)
  return named || count < 2 || count > limits.list
    ? undefined
    : { points: Array.from({ length: count }, (_, i) => jointName({}, i)), edges }
}

/** How many files of rows are looked at for what kind of rows they are. */
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
      if (labels && !usual)
        findings.change(
          { file: labels },
          `lies neither beside ${image} nor in labels; its rows were taken, for no other file has that name`,
        )
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
      findings.leave({ file }, 'rows without an image of that name')
    }
}

/** Rows that lie in an odd place: those of the one file of that name, or of the one that shares most of the image's path. */
function elsewhere(image: string, named: readonly string[] = [], free: ReadonlySet<string>): string | undefined {
  const steps = new Set(image.split('/').slice(0, -1))
  const shared = (f: string) => f.split('/').filter((s) => steps.has(s)).length
  const [best, next] = named.filter((f) => free.has(f)).sort((a, b) => shared(b) - shared(a))
  return best !== undefined && (next === undefined || shared(best) > shared(next)) ? best : undefined
}

const lost = 'are lost in the boxes'
export const yolo: Format = {
  name: 'yolo',
  title: 'YOLO',
  recognises: ({ name, head }) => /\.ya?ml$/.test(name) && /^\s*(names|nc|train)\s*:/m.test(head),
  apart: ['annotations', 'labels'],
  read,
  write,
  images: 'copy',
  losses: {
    ...usualLosses,
    polylines: 'are left out',
    attributes: 'are left out',
    'unlabelled regions': 'get the class “unlabelled”',
    'drawing order': 'is the order of the rows',
    skeletons: 'are left out, for the rows are of another kind',
  },
  tasks: {
    of: taskOf,
    losses: {
      detect: {
        'rotated boxes': 'become upright boxes',
        polygons: 'become their boxes',
        masks: 'become their boxes',
        holes: lost,
        parts: lost,
        keypoints: 'are left out; those without an outline of their group become their boxes',
      },
      segment: {
        boxes: 'become polygons of four points',
        'rotated boxes': 'become polygons of four points',
        holes: 'are filled',
        parts: 'become objects of their own',
        masks: 'become polygons along the borders of their pixels',
        keypoints: 'are left out',
      },
      obb: {
        boxes: 'become rotated boxes with an angle of 0',
        polygons: 'become the smallest rotated boxes around them',
        masks: 'become the smallest rotated boxes around them',
        holes: lost,
        parts: lost,
        keypoints: 'are left out',
      },
      pose: {
        'rotated boxes': 'become upright boxes',
        polygons: 'become their boxes',
        masks: 'become their boxes',
        holes: lost,
        parts: lost,
        skeletons: 'are kept, but for how their points lie at first',
      },
    },
  },
}
