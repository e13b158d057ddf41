/**
 * Gradient-descent training of a segmenter on masks of the user's labels. One that finds things without knowing what they are stays
 * one: it is trained to find all masks by the words for anything, and keeps the partners that name them.
 */
import type { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { decodeRle } from '#shared/geometry/rle.ts'
import type { ClassSpec, Item } from '#shared/model/job.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Images } from '../data/images.ts'
import { overWhite, type Pixels } from '../data/pixels.ts'
import { outputSize, preprocess } from '../data/preprocess.ts'
import { Rng } from '../data/rng.ts'
import type { Graph } from '../graph/graph.ts'
import type { Model } from '../models/model.ts'
import type { TensorSpec } from '../models/tensors.ts'
import type { Params } from '../nn/params.ts'
import { adamW } from '../optim/optimizer.ts'
import { SOMETHING } from '../regions/index.ts'
import { outlining } from '../runtime/outline.ts'
import { type Tensor, tensor } from '../runtime/session.ts'
import { Trainer } from '../runtime/train.ts'
import type { Size } from '../segmentation/planes.ts'
import { cut } from '../segmentation/views.ts'
import { WordSegmenter } from '../segmentation/words.ts'
import { shuffled } from '../tasks/examples.ts'
import { maskLoss } from '../tasks/segment.ts'
import { parametersIn, trainedPart } from './beside.ts'
import { DrawnTexts } from './drawn-texts.ts'
import { fit } from './fit.ts'
import { byLoss } from './judges.ts'
import type { Run, Trained } from './run.ts'
import type { segmentTuning } from './settings.ts'

type Tuning = { [K in keyof ReturnType<typeof segmentTuning>]: z.output<ReturnType<typeof segmentTuning>[K]> }

/** Stands for the epoch in the random numbers that choose the words asked of an image of `val`, which are always the same. */
const JUDGED = 0x7a1

/**
 * The loss of one batch. Inputs: `pixels` [B, 3, h, w], the embeddings of the words `asked` [B·Q, dim], one image's after the
 * other's, and their masks `wanted` [B·Q, h, w].
 */
export function segmentStep(
  graph: Graph,
  model: Model,
  { images, queries, params }: { readonly images: number; readonly queries: number; params(graph: Graph): Params },
) {
  const p = params(graph)
  const { height, width } = outputSize(model.preprocess)
  const state = model.segmenter!.encode(p, graph.input('pixels', 'float32', [images, 3, height, width]))
  const logits = model.segmenter!.masks(p, state, graph.input('asked', 'float32', [images * queries, model.dim]))
  return { ...maskLoss(logits, graph.input('wanted', 'float32', logits.shape)), parameters: p.trainable }
}

/** @throws a user error if the model has no decoder to train */
export async function tuneSegmenter(run: Run, s: Tuning): Promise<Trained> {
  const { model } = run
  const { classes, templates, seed, provider } = run.o
  if (model.segmenter!.competing) throw userError(sentence('recipe.no-decoder', { recipe: 'segment-ft', family: model.family.name }))
  const known = model.partners ? [SOMETHING] : classes
  const words = await embedded(model, known, templates)
  const images = run.split('train')
  const drawn = shuffled(images.n, { ...s, seed })
  const queries = Math.min(s.queries, known.length)
  const trains = ({ part }: TensorSpec) => part === 'masks' || (part === 'image' && s.trains === 'all')
  const part = trainedPart(model, trains, { ...(s.trains === 'lora' && { rank: s.r }), seed })
  const seen = async (from: Images, row: number, rng: Rng, crop: number): Promise<Seen> => {
    const pixels = await from.pixels(row, model.preprocess.deep, run.decode)
    const view = crop < 1 ? viewOf(pixels, crop, rng) : wholeOf(pixels)
    const item = model.partners ? nameless(from.items[row]!) : from.items[row]!
    const asked = askedOf(item, known.length, queries, rng)
    return { item, pixels, view, asked: asked.map((label) => ({ label, words: words.draw(label, rng) })) }
  }
  const { weights, other, ...rest } = await fit(run, {
    // Every word of every image counts the same in the loss.
    ...{ phase: 'training', settings: s, drawn, by: 'loss', divides: true },
    async open({ batch, accumulate, rows }) {
      const trainer = await Trainer.create(
        { build: (graph) => segmentStep(graph, model, { images: batch, queries, params: (g) => part.params(g) }) },
        (name) => part.initial(name),
        {
          ...{ optimizer: adamW({ weightDecay: s.weightDecay }), clipNorm: s.clipNorm, accumulate, ema: s.ema || undefined },
          session: { provider },
        },
      )
      const held = run.split('val')
      return {
        trainer,
        release: () => trainer.release(),
        judge: byLoss(run, trainer, batch, async (judged) =>
          feeds(model, await Promise.all(judged.map((row) => seen(held, row, Rng.of(seed, JUDGED, row), 1)))),
        ),
        batch: async (step, micro) =>
          feeds(
            model,
            await Promise.all(rows(step, micro).map((row) => seen(images, row, Rng.of(seed, drawn.epochOf(step), row), s.crop))),
          ),
      }
    },
  })
  // From now on its masks are what it learned, not what an outliner says.
  const partners = model.partners && { partners: { ...model.partners, outline: undefined } }
  return {
    ...{ ...rest, ...partners, weights: part.finished(weights) },
    ...(other && { other: { ...other, ...partners, weights: part.finished(other.weights) } }),
    notes: { ...rest.notes, parameters: parametersIn(weights) },
  }
}

/** The embedding of each text of the labels, as previews ask for it. */
async function embedded(model: Model, classes: readonly ClassSpec[], templates: readonly string[]): Promise<DrawnTexts> {
  if (outlining()) return DrawnTexts.read(classes, templates, async (texts) => new Float32Array(texts.length * model.dim))
  const segmenter = new WordSegmenter(model)
  try {
    return await DrawnTexts.read(classes, templates, async (texts) => (await segmenter.words(texts.map((text) => [text]))).rows)
  } finally {
    await segmenter.release()
  }
}

/** The same masks, of things. */
const nameless = (item: Item): Item => ({ ...item, masks: item.masks?.map((m) => ({ ...m, class: 0 })) })

/** Labels to ask of an image: first some of its own, at least one of which is asked, then others. */
function askedOf({ masks = [] }: Item, classes: number, queries: number, rng: Rng): number[] {
  const own = rng.shuffle([...new Set(masks.map((m) => m.class))])
  const others = rng.shuffle(Array.from({ length: classes }, (_, i) => i).filter((i) => !own.includes(i)))
  const wanted = Math.max(1, Math.ceil(queries / 2), queries - others.length)
  const asked = own.slice(0, wanted)
  return [...asked, ...others, ...own.slice(wanted)].slice(0, queries)
}

/** A part of an image, in its pixels; perhaps mirrored. */
interface View extends Size {
  readonly x: number
  readonly y: number
  readonly mirrored: boolean
}

const wholeOf = ({ width, height }: Size): View => ({ x: 0, y: 0, width, height, mirrored: false })

function viewOf(image: Size, least: number, rng: Rng): View {
  const side = Math.sqrt(rng.uniform(least, 1))
  const [width, height] = [image.width, image.height].map((n) => Math.max(1, Math.round(n * side))) as [number, number]
  return { x: rng.int(image.width - width + 1), y: rng.int(image.height - height + 1), width, height, mirrored: rng.chance(0.5) }
}

interface Seen {
  readonly item: Item
  readonly pixels: Pixels
  readonly view: View
  /** Labels, each with the embedding of one of its texts. */
  readonly asked: readonly { readonly label: number; readonly words: Float32Array }[]
}

function feeds(model: Model, seen: readonly Seen[]): Record<string, Tensor> {
  const size = outputSize(model.preprocess)
  const area = size.width * size.height
  const queries = seen[0]!.asked.length
  const x = new Float32Array(seen.length * 3 * area)
  const asked = new Float32Array(seen.length * queries * model.dim)
  const wanted = new Float32Array(seen.length * queries * area)
  seen.forEach(({ item, pixels, view, asked: labels }, i) => {
    const whole = view.width === pixels.width && view.height === pixels.height
    preprocess(whole ? pixels : cut(overWhite(pixels), view.x, view.y, view), model.preprocess, x, i * 3 * area)
    if (view.mirrored) mirror(x.subarray(i * 3 * area, (i + 1) * 3 * area), size.width)
    labels.forEach(({ label, words }, k) => {
      const at = i * queries + k
      asked.set(words, at * model.dim)
      for (const { class: c, mask } of item.masks ?? [])
        if (c === label) addMask(mask, view, size, wanted.subarray(at * area, (at + 1) * area))
    })
  })
  return {
    pixels: tensor(x, 'float32', [seen.length, 3, size.height, size.width]),
    asked: tensor(asked, 'float32', [seen.length * queries, model.dim]),
    wanted: tensor(wanted, 'float32', [seen.length * queries, size.height, size.width]),
  }
}

/** Reverses each row. */
function mirror(planes: Float32Array, width: number): void {
  for (let at = 0; at < planes.length; at += width) planes.subarray(at, at + width).reverse()
}

/** Sets the pixels of the model's input whose centres are in the mask. */
function addMask(mask: NonNullable<Item['masks']>[number]['mask'], view: View, size: Size, out: Float32Array): void {
  const { height, counts } = decodeRle(mask)
  const rows = Array.from({ length: size.height }, (_, y) => view.y + Math.floor(((y + 0.5) * view.height) / size.height))
  let sum = 0
  const ends = counts.map((n) => (sum += n))
  let first = 0 // the run in which the column begins
  for (let i = 0; i < size.width; i++) {
    const column = view.x + Math.floor(((i + 0.5) * view.width) / size.width)
    const x = view.mirrored ? size.width - 1 - i : i
    while (ends[first]! <= column * height) first++
    let run = first
    for (let y = 0; y < size.height; y++) {
      const at = column * height + rows[y]!
      while (ends[run]! <= at) run++
      if (run % 2 === 1) out[y * size.width + x] = 1
    }
  }
}
