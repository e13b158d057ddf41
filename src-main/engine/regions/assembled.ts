/** A model that finds things without knowing what they are, at work with the others that its folder names. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { clipBox } from '#shared/geometry/box.ts'
import { suppress } from '#shared/geometry/nms.ts'
import { dataError } from '#shared/errors.ts'
import type { CheckpointRef } from '#shared/model/checkpoint.ts'
import type { DetectionSettings, Prompt } from '#shared/model/preview.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Encodings } from '../data/encodings.ts'
import type { Pixels } from '../data/pixels.ts'
import { Detecting } from '../detection/detecting.ts'
import { openModel } from '../models/checkpoint.ts'
import type { Model } from '../models/model.ts'
import { findRecord } from '../weights/checkpoint.ts'
import { readHead, WORDS_FILE } from '../weights/head.ts'
import type { CropOptions } from './crops.ts'
import { Foreground, maskIn } from './foreground.ts'
import { type Found, Naming } from './naming.ts'
import { ANYTHING, type RegionSource } from './sources.ts'
import { Outlining } from './outlining.ts'
import { Refining } from './refining.ts'
import { type Scored, voted } from './votes.ts'

/** Boxes of an image, those with a lower score left out, and the overlap (IoU) beyond which the better of two is kept. */
const [MOST, WEAK, OVERLAP] = [60, 0.05, 0.5]
/** Boxes are looked at again so often: at most so many each time, of those that overlap by less. */
const LOOKS = [
  { most: 32, overlap: 0.7 },
  { most: 24, overlap: 0.7 },
] as const

/** How the model that names regions sees them. */
export const NAMED_CROPS: CropOptions = { scales: [1], square: true, turns: [0, -20, 20, 90, 180, 270] }

interface Open {
  readonly naming: Naming
  readonly models: readonly Model[]
}

export class Assembled {
  private open?: Promise<Open>

  private constructor(
    private readonly model: Model,
    private readonly partners: NonNullable<Model['partners']>,
    private readonly wanted: string,
  ) {}

  /** Undefined of a model that works alone. @param wanted what it is for, with which errors begin */
  static of(model: Model, wanted: string): Assembled | undefined {
    return model.partners && new Assembled(model, model.partners, wanted)
  }

  /**
   * The things in an image file with the words that fit them best, best first; with masks, if it knows the foreground.
   * @throws a data fault if a partner is missing or is another model by now
   */
  async find(file: string, prompt: Prompt, settings?: DetectionSettings): Promise<Found[]> {
    this.open ??= this.start()
    return (await this.open).naming.find(file, prompt, settings)
  }

  /** Images are looked at by several models, so nothing is encoded beforehand. */
  async prepare(_file: string, _disk?: Encodings): Promise<boolean> {
    return false
  }

  private async start(): Promise<Open> {
    const { names, boxes, foreground, refine, outline, others } = this.partners
    const models: Model[] = []
    const opened = async (ref: CheckpointRef): Promise<Model> => {
      const is = await openPartner(this.model.dir, ref)
      models.push(is)
      return is
    }
    const detector = boxes ? await opened(boxes) : this.model
    const refiner = refine && (await opened(refine))
    const outliner = outline && (await opened(outline))
    const own = this.model.segmenter && boxes ? this.model : undefined
    // Where things are outlined, the foreground says nothing more.
    const segmenter = outliner ? undefined : (own ?? (foreground && (await opened(foreground))))
    const source = thingsOf({ detector, segmenter, refiner, outliner }, this.wanted)
    const words = existsSync(path.join(this.model.dir, WORDS_FILE)) ? readHead(this.model.dir, WORDS_FILE) : undefined
    return { models, naming: new Naming(await opened(names), source, this.wanted, { ...NAMED_CROPS, others, words }) }
  }

  async release(): Promise<void> {
    const open = await this.open?.catch(() => undefined)
    this.open = undefined
    await open?.naming.release()
    for (const model of open?.models ?? []) model.close()
  }
}

/** @throws a data fault if it is missing or is another model by now */
export async function openPartner(dir: string, { path: relative, fingerprint }: CheckpointRef): Promise<Model> {
  const folder = path.resolve(dir, relative)
  if (fingerprint && findRecord(folder)?.fingerprint !== fingerprint) throw dataError(folder, sentence('preview.partner', { model: dir }))
  return openModel(folder)
}

interface Finders {
  readonly detector: Model
  readonly segmenter: Model | undefined
  readonly refiner: Model | undefined
  readonly outliner: Model | undefined
}

/**
 * What a detector finds when it is asked for anything, looked at again and outlined if there are models for that; with a segmenter,
 * what of the foreground is in each box.
 */
function thingsOf({ detector, segmenter, refiner, outliner }: Finders, wanted: string): RegionSource {
  const detecting = Detecting.with(detector, wanted)
  const refining = refiner && Refining.with(refiner, wanted)
  const outlining = outliner && Outlining.with(outliner, wanted)
  const foreground = segmenter && Foreground.with(segmenter, wanted)
  const classes = ANYTHING.map((name) => ({ name }))
  return {
    async regions(file, image) {
      const { width, height } = image
      const found = await detecting.find(file, { classes }, { threshold: WEAK })
      const first = found.flatMap(({ box: [x, y, w, h], score }) => {
        const box = clipBox({ x, y, w, h }, width, height)
        return box ? [{ box, score }] : []
      })
      const all = refining && first.length ? await lookedAtAgain(refining, image, first) : first
      const boxes = voted(all, OVERLAP).slice(0, MOST)
      // Votes move boxes, so that some may be alike by now.
      const apart = kept(boxes, OVERLAP)
      if (outlining) {
        const masks = await outlining.outline(
          image,
          apart.map(({ box }) => box),
        )
        return apart.map((region, i) => ({ ...region, ...(masks[i] ? { mask: masks[i] } : {}) }))
      }
      if (!foreground) return apart
      const things = await foreground.of(file, image)
      return apart.map((region) => ({ ...region, mask: maskIn(things, region.box, image) }))
    },
    async release() {
      await detecting.release()
      await refining?.release()
      await outlining?.release()
      await foreground?.release()
    },
  }
}

/** Boxes where the thing in the middle of each ends. A score is the geometric mean of those of all looks. */
async function lookedAtAgain(refining: Refining, pixels: Pixels, first: readonly Scored[]): Promise<readonly Scored[]> {
  let all = first
  for (const [i, { most, overlap }] of LOOKS.entries()) {
    const worth = kept(all, overlap).slice(0, most)
    const refined = await refining.refine(
      pixels,
      worth.map(({ box }) => box),
    )
    all = refined.flatMap(({ box: whole, score }, k) => {
      const box = clipBox(whole, pixels.width, pixels.height)
      return box ? [{ box, score: (worth[k]!.score ** (i + 1) * score) ** (1 / (i + 2)) }] : []
    })
  }
  return all
}

/** The better of boxes that overlap by more. */
function kept(regions: readonly Scored[], overlap: number): Scored[] {
  const left = suppress(
    regions.map(({ box }) => box),
    regions.map(({ score }) => score),
    overlap,
  )
  return left.map((i) => regions[i]!)
}
