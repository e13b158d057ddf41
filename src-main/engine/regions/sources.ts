/** Models that say where something is, whatever it is. */
import { suppress } from '#shared/geometry/nms.ts'
import { clipBox } from '#shared/geometry/box.ts'
import type { ClassSpec } from '#shared/model/job.ts'
import type { DetectionSettings } from '#shared/model/preview.ts'
import type { Box, Rle } from '#shared/model/shape.ts'
import { Detecting } from '../detection/detecting.ts'
import type { Pixels } from '../data/pixels.ts'
import { need } from '../models/families.ts'
import type { Model } from '../models/model.ts'
import { Prompting } from '../segmentation/prompting.ts'

export interface Region {
  /** Within the image. */
  readonly box: Box
  readonly mask?: Rle
  /** How sure it is that something is there; not every source says. */
  readonly score?: number
}

export interface RegionSource {
  /** @param image the file's, decoded. @throws a data error if it cannot be read */
  regions(file: string, image: Pixels, settings: Pick<DetectionSettings, 'grid'>): Promise<readonly Region[]>
  release(): Promise<void>
}

/**
 * Clicks along each side of the grid: half of what SAM's authors use, in a quarter of the time. Small things need more.
 */
const GRID = 16

/** The masks of everything, with their boxes. @throws a user error, starting with `wanted`, if the model takes no prompts */
export function masksOf(model: Model, wanted: string): RegionSource {
  const prompting = Prompting.with(model, wanted)
  return {
    regions: (file, _image, { grid = GRID }) => prompting.everything(file, { side: grid }),
    release: () => prompting.release(),
  }
}

/** A detector is asked for anything by these words. */
export const ANYTHING: readonly string[] = ['object', 'thing', 'animal', 'person', 'plant', 'car', 'food', 'house', 'tool']
/** What a model is trained to find that leaves names to a partner. */
export const SOMETHING: ClassSpec = { name: 'object', phrases: [...ANYTHING] }
/** Boxes of an image at most, and the overlap (IoU) beyond which the better of two is kept, whatever its word. */
const MOST = 200
const OVERLAP = 0.7

/** A detector's boxes. @throws a user error, starting with `wanted`, if the model detects nothing */
export function boxesOf(model: Model, wanted: string): RegionSource {
  need(model, ['detect'], wanted)
  const detecting = Detecting.with(model, wanted)
  return {
    async regions(file, { width, height }) {
      const found = await detecting.find(
        file,
        { classes: ANYTHING.map((name) => ({ name })) },
        { threshold: 0, overlap: OVERLAP, most: 4 * MOST },
      )
      const boxes = found.flatMap(({ box: [x, y, w, h], score }) => {
        const box = clipBox({ x, y, w, h }, width, height)
        return box ? [{ box, score }] : []
      })
      const kept = suppress(
        boxes.map(({ box }) => box),
        boxes.map(({ score }) => score),
        OVERLAP,
      )
      return kept.slice(0, MOST).map((i) => ({ box: boxes[i]!.box }))
    },
    release: () => detecting.release(),
  }
}
