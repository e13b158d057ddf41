/** Detectors or segmenters compared on the images of the splits: what the job measured, and what only all of them together say. */
import { setImmediate as rest } from 'node:timers/promises'
import { cancelled } from '#shared/errors.ts'
import { rleBox } from '#shared/geometry/rle.ts'
import type { FoundRegion, Item, Measured } from '#shared/model/job.ts'
import type { RegionComparison, RegionTaskId } from '#shared/model/region-comparison.ts'
import { type DetectionImage, holm, jointBootstrap, type MaskImage, metricsOf } from '../../engine/metrics/index.ts'
import { measures } from '../../engine/jobs/index.ts'
import { getMedia, type Project } from '../projects/index.ts'

/** By which a single image is judged: whether things were found rather than how exactly. */
const OF_IMAGES = { detect: 'ap50', segment: 'miou' } as const
/** Two models are apart on an image whose score differs by as much. */
const APART = 0.1
/** Time after which the program answers others. */
const BUSY_MS = 30

export interface ComparedRegions {
  readonly classes: readonly string[]
  readonly splits: Readonly<Record<string, readonly Item[]>>
  readonly mediaIds: Readonly<Record<string, readonly number[]>>
  /** With what was found in each image. */
  readonly results: readonly { readonly checkpoint: string; readonly name: string; readonly measured: Measured }[]
  /** Differing images listed per split, at most. */
  readonly listed: number
  readonly signal?: AbortSignal
}

/** What a task's metrics are computed from: of each image, what is there and what a model found. */
type Seen = { readonly images: readonly (DetectionImage & MaskImage)[]; readonly classes: number }

const seenIn = (items: readonly Item[], found: readonly (readonly FoundRegion[])[], classes: number): Seen => ({
  classes,
  images: items.map(({ boxes = [], masks = [] }, i) => ({
    detections: found[i]! as DetectionImage['detections'] & MaskImage['detections'],
    truth: [...boxes, ...masks].map(({ class: label, ...shape }) => ({ label, ...shape })) as DetectionImage['truth'] & MaskImage['truth'],
  })),
})

export async function comparedRegions(project: Project, task: RegionTaskId, of: ComparedRegions): Promise<RegionComparison> {
  const out: RegionComparison = {
    task,
    main: measures.find((m) => m.id === task)!.main,
    ofImages: OF_IMAGES[task],
    classes: [...of.classes],
    splits: Object.keys(of.splits),
    rows: of.results.map(({ checkpoint, name }) => ({ checkpoint, name, splits: {} })),
    pairs: [],
    differing: {},
    differences: [],
  }
  for (const [split, items] of Object.entries(of.splits)) {
    const scores = of.results.map(({ measured }) => {
      const one = measured.splits[split]
      if (!one || !('found' in one) || !one.found) throw new Error(`what was found was expected, got the task ${measured.task}`)
      return { ...one, found: one.found }
    })
    const seen = scores.map(({ found }) => seenIn(items, found, of.classes.length))
    const { intervals, pairs } = await resamples(task, out.main, seen, of.signal)
    scores.forEach(({ n, regions, metrics, labels }, row) => {
      out.rows[row]!.splits[split] = { n, regions, metrics, labels, intervals: intervals[row]! }
    })
    out.pairs.push(...pairs.map((pair) => ({ split, ...pair })))

    const { compute } = metricsOf(task).find(({ id }) => id === out.ofImages)!
    const each = seen.map(({ images, classes }) => images.map((image) => compute({ images: [image], classes }) || 0))
    const apart = farthest(each)
    out.differing[split] = apart.length
    for (const i of apart.slice(0, of.listed)) {
      const shown = shownImage(project, of.mediaIds[split]![i]!, items[i]!, (n) =>
        scores.map(({ found }, row) => ({ score: each[row]![i]!, found: found[i]!.slice(0, n).map(placed) })),
      )
      if (shown) out.differences.push({ split, ...shown })
    }
  }
  return out
}

/** The intervals of each model's metrics, and each pair of models, all on the same resamples of the images. */
async function resamples(task: RegionTaskId, main: string, seen: readonly Seen[], signal?: AbortSignal) {
  const metrics = metricsOf(task).filter(({ resampled }) => resampled)
  const of = seen.map((images) => metrics.map((m) => m.resampled!(images)))
  const values = seen.map((images) => metrics.map((m) => m.compute(images)))
  let began = performance.now()
  const drawn = await jointBootstrap(seen[0]!.images.length, of.flat(), {
    rest: async () => {
      if (performance.now() - began < BUSY_MS) return
      await rest()
      if (signal?.aborted) throw cancelled()
      began = performance.now()
    },
  })
  const mainAt = metrics.findIndex(({ id }) => id === main)
  const pairs = seen.flatMap((_, a) =>
    seen.slice(a + 1).map((_other, k) => {
      const b = a + 1 + k
      const at = (row: number) => row * metrics.length + mainAt
      return { a, b, difference: values[a]![mainAt]! - values[b]![mainAt]!, ...drawn.difference(at(a), at(b)) }
    }),
  )
  const corrected = holm(pairs.map(({ p }) => p))
  return {
    intervals: seen.map((_, row) => Object.fromEntries(metrics.map(({ id }, m) => [id, drawn.interval(row * metrics.length + m)]))),
    pairs: pairs.map((pair, i) => ({ ...pair, p: corrected[i]! })),
  }
}

/** The images on which two rows are apart, the farthest first. */
const farthest = (scores: readonly (readonly number[])[]): number[] =>
  scores[0]!
    .map((_, i) => ({ i, by: Math.max(...scores.map((of) => of[i]!)) - Math.min(...scores.map((of) => of[i]!)) }))
    .filter(({ by }) => by >= APART)
    .sort((a, b) => b.by - a.by || a.i - b.i)
    .map(({ i }) => i)

const placed = ({ label, score, box, mask }: FoundRegion) => ({ class: label, score, box: box ?? rleBox(mask!) })

/** @param rows what is shown of each row, if the image has `n` regions */
function shownImage<R>(project: Project, mediaId: number, { file, boxes = [], masks = [] }: Item, rows: (n: number) => R) {
  const { width, height } = getMedia(project, mediaId)
  if (!width || !height) return undefined
  const truth = [...boxes, ...masks.map(({ class: label, mask }) => ({ class: label, box: rleBox(mask) }))]
  return { mediaId, file, width, height, truth, rows: rows(truth.length) }
}
