/** A model that finds things without knowing what they are, at work with the others that its folder names. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { boxContains, clipBox } from '#shared/geometry/box.ts'
import { suppress } from '#shared/geometry/nms.ts'
import { rleFromBitmap, rleToBitmap } from '#shared/geometry/rle.ts'
import { dataError } from '#shared/errors.ts'
import type { CheckpointRef } from '#shared/model/checkpoint.ts'
import type { DetectionSettings, Prompt } from '#shared/model/preview.ts'
import type { Box } from '#shared/model/shape.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Encodings } from '../data/encodings.ts'
import { Detecting } from '../detection/detecting.ts'
import { openModel } from '../models/checkpoint.ts'
import type { Model } from '../models/model.ts'
import { Segmenting } from '../segmentation/segmenting.ts'
import { findRecord } from '../weights/checkpoint.ts'
import { readHead, WORDS_FILE } from '../weights/head.ts'
import type { CropOptions } from './crops.ts'
import { islandsIn } from './islands.ts'
import { type Found, Naming } from './naming.ts'
import { ANYTHING, type Region, type RegionSource } from './sources.ts'
import { voted } from './votes.ts'

/** Boxes of an image, those with a lower score left out, and the overlap (IoU) beyond which the better of two is kept. */
const [MOST, WEAK, OVERLAP] = [60, 0.05, 0.5]

/** How the model that names regions sees them. */
export const NAMED_CROPS: CropOptions = { scales: [1], square: true }

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
    const { names, boxes, foreground, others } = this.partners
    const models: Model[] = []
    const opened = async (ref: CheckpointRef): Promise<Model> => {
      const is = await openPartner(this.model.dir, ref)
      models.push(is)
      return is
    }
    const detector = boxes ? await opened(boxes) : this.model
    const segmenter = this.model.segmenter && boxes ? this.model : foreground && (await opened(foreground))
    const source = thingsOf(detector, segmenter, this.wanted)
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

/** What a detector finds when it is asked for anything; with a segmenter, parts of the foreground. */
function thingsOf(detector: Model, segmenter: Model | undefined, wanted: string): RegionSource {
  const detecting = Detecting.with(detector, wanted)
  const segmenting = segmenter && Segmenting.with(segmenter, wanted)
  const classes = ANYTHING.map((name) => ({ name }))
  return {
    async regions(file, { width, height }) {
      const found = await detecting.find(file, { classes }, { threshold: WEAK })
      const all = found.flatMap(({ box: [x, y, w, h], score }) => {
        const box = clipBox({ x, y, w, h }, width, height)
        return box ? [{ box, score }] : []
      })
      const boxes = voted(all, OVERLAP).slice(0, MOST)
      if (!segmenting) return distinct(boxes)
      const things = await segmenting.find(file, { classes: [ANY] })
      const bitmap = things.length ? rleToBitmap(things[0]!.mask) : new Uint8Array(width * height)
      const islands = islandsIn(bitmap, width, height)
      const snapped = distinct(boxes.map((b) => ({ ...b, box: islandOf(b.box, islands) ?? b.box })))
      return alone(snapped, islands).map((region) => ({ ...region, mask: rleFromBitmap(within(bitmap, region.box, width), height, width) }))
    },
    async release() {
      await detecting.release()
      await segmenting?.release()
    },
  }
}

/** One class whose prompts are all the words for anything. */
const ANY = { name: 'object' }

const middleIn = (island: Box, { x, y, w, h }: Box) => boxContains(island, x + w / 2, y + h / 2)

function distinct<R extends Region & { readonly score: number }>(regions: readonly R[]): R[] {
  const kept = suppress(
    regions.map(({ box }) => box),
    regions.map(({ score }) => score),
    OVERLAP,
  )
  return kept.slice(0, MOST).map((i) => regions[i]!)
}

/** How much an island of the foreground may be larger or smaller than the box that it replaces. */
const LIKE = 2.2

/** The island that holds the box's middle and is about as large: then it is the thing, and ends where the foreground does. */
function islandOf(box: Box, islands: readonly Box[]): Box | undefined {
  const area = box.w * box.h
  return islands.find((island) => {
    const ratio = (island.w * island.h) / area
    return middleIn(island, box) && ratio < LIKE && ratio > 1 / LIKE
  })
}

/** A region whose middle no other shares an island with is that island; of the others, those that are weak beside the best are left. */
function alone<R extends Region & { readonly score: number }>(regions: readonly R[], islands: readonly Box[]): R[] {
  return regions.map((region) => {
    const island = islands.find((i) => middleIn(i, region.box))
    const rivals = island ? regions.filter((r) => middleIn(island, r.box) && r.score > 0.4 * region.score) : []
    return island && rivals.length === 1 ? { ...region, box: island } : region
  })
}

function within(bitmap: Uint8Array, { x, y, w, h }: Box, width: number): Uint8Array {
  const out = new Uint8Array(bitmap.length)
  const [left, right] = [Math.max(0, Math.floor(x)), Math.min(width, Math.ceil(x + w))]
  for (let row = Math.max(0, Math.floor(y)); row < Math.min(bitmap.length / width, Math.ceil(y + h)); row++)
    out.set(bitmap.subarray(row * width + left, row * width + right), row * width + left)
  return out
}
