/** Gradient-descent training of a model's patches on captions: each word of a caption is to be found in some region of its image. */
import type { z } from 'zod'
import { userError } from '#shared/errors.ts'
import type { Item } from '#shared/model/job.ts'
import { sentence } from '#shared/sentences/table.ts'
import { contentWords, labelsIn } from '../data/caption-words.ts'
import type { Images } from '../data/images.ts'
import { outputSize } from '../data/preprocess.ts'
import { Recent } from '../data/recent.ts'
import { Rng } from '../data/rng.ts'
import type { Graph, Value } from '../graph/graph.ts'
import type { Model } from '../models/model.ts'
import type { TensorSpec } from '../models/tensors.ts'
import type { Params } from '../nn/params.ts'
import { reshape } from '../ops/index.ts'
import { adamW } from '../optim/optimizer.ts'
import { outlining } from '../runtime/outline.ts'
import { type Tensor, tensor } from '../runtime/session.ts'
import { Trainer } from '../runtime/train.ts'
import { patchesOf, regionShares } from '../segmentation/region-shares.ts'
import { viewsOf, windowsIn } from '../segmentation/views.ts'
import { WordSegmenter } from '../segmentation/words.ts'
import { textsOf } from '../tasks/embed.ts'
import { shuffled } from '../tasks/examples.ts'
import { groundingLogits } from '../tasks/ground.ts'
import { contrastive } from '../tasks/losses.ts'
import { parametersIn, trainedPart } from './beside.ts'
import { fit } from './fit.ts'
import type { groundTuning } from './ground-settings.ts'
import { byLoss } from './judges.ts'
import type { Run, Trained } from './run.ts'

type Tuning = { [K in keyof ReturnType<typeof groundTuning>]: z.output<ReturnType<typeof groundTuning>[K]> }

/** Regions of an image, at most: the largest of more. */
const MOST = 24
/** Bytes of the images' regions that are kept. */
const KEPT = 256 * 2 ** 20
/** Words whose embeddings are computed at once. */
const WORDS = 256
/** Stands for the epoch in the random numbers that choose the captions of images of `val`, which are always the same. */
const JUDGED = 0x7a1

interface GroundShape {
  readonly images: number
  /** Windows of an image. */
  readonly windows: number
  readonly regions: number
  /** Words of a caption. */
  readonly words: number
}

/**
 * The loss of one batch: image–caption contrast in both directions (Ghiasi et al. 2022, §3.2). Inputs: `pixels` [B·windows, 3, h, w],
 * one image's windows after the other's, and those of `Grounded` by name; `same` [B, B] (bool) marks captions that are true of
 * another image too.
 */
export function groundStep(graph: Graph, model: Model, shape: GroundShape, params: (graph: Graph) => Params) {
  const p = params(graph)
  const { images: b, windows, regions: r, words: k } = shape
  const { height, width } = outputSize(model.preprocess)
  const dense = model.segmenter!.dense!.embed(p, graph.input('pixels', 'float32', [b * windows, 3, height, width]))
  const [, h, w, d] = dense.shape as [number, number, number, number]
  const input = (name: string, of: readonly number[]): Value => graph.input(name, 'float32', of)
  const patches = windows * h * w
  const logits = groundingLogits({
    patches: reshape(dense, [b, patches, d]),
    regions: input('regions', [b, r, patches]),
    absent: input('absent', [b, r, 1]),
    words: input('words', [b * k, d]),
    shares: input('shares', [b, k]),
    scale: model.similarity!.scale(p),
  })
  return { loss: contrastive(logits, graph.input('same', 'bool', [b, b])), parameters: p.trainable }
}

/** @throws a user error if the model's patches are not compared with texts, or fewer than two images have captions with words */
export async function tuneGrounding(run: Run, s: Tuning): Promise<Trained> {
  const { model } = run
  const { seed, provider } = run.o
  const dense = model.segmenter!.dense
  if (!dense) throw userError(sentence('recipe.no-patches', { recipe: 'openseg', family: model.family.name }))
  const captions = new Captions(run, s.words)
  const [learned, judged] = [captions.of('train'), captions.of('val')]
  if (learned.length < 2) throw userError(sentence('training.no-caption-words'))
  const queries = await captions.embedded()
  const window = outputSize(model.preprocess)
  const square = { width: window.width, height: window.height }
  const views = viewsOf(square, window, s.detail)
  const rects = patchesOf(views, window, model.image.patch)
  const regionsOf = ({ masks = [] }: Item) => (s.regions === 'own' && masks.length ? Math.min(MOST, masks.length + 1) : s.grid ** 2)
  const regions = Math.max(...[...learned, ...judged].map(({ item }) => regionsOf(item)))
  const kept = new Recent<Float32Array[]>(KEPT)

  const seen = async (of: Captioned, images: Images, rng: Rng): Promise<Seen> => {
    const pixels = await images.pixels(of.row, model.preprocess.deep)
    const shares =
      kept.get(of.item.file) ??
      kept.set(
        of.item.file,
        regionShares(s.regions === 'own' ? (of.item.masks ?? []) : [], rects, { grid: s.grid, most: MOST }),
        4 * regions * rects.length,
      )
    const words = rng.shuffle([...of.captions[rng.int(of.captions.length)]!]).slice(0, s.wordsPerCaption)
    return { windows: [...windowsIn(pixels, model.preprocess, window, views)], shares, words, all: of.all }
  }
  const shapeOf = (images: number): GroundShape => ({ images, windows: views.windows.length, regions, words: s.wordsPerCaption })
  const feeds = (batch: readonly Seen[]) =>
    feedsOf(batch, shapeOf(batch.length), { ...window, patches: rects.length, dim: model.dim, queries })

  const drawn = shuffled(learned.length, { batchSize: s.batchSize, seed })
  const trains = ({ part }: TensorSpec, name: string) => {
    if (s.trains === 'all') return part === 'image'
    return s.trains !== 'lora' && dense[s.trains].some((start) => name.startsWith(start))
  }
  const part = trainedPart(model, trains, { ...(s.trains === 'lora' && { rank: s.r }), seed })
  const { weights, other, ...rest } = await fit(run, {
    // Each image is compared with all captions of its batch.
    ...{ phase: 'training', settings: s, drawn, by: 'loss', divides: false },
    async open({ batch, rows }) {
      const trainer = await Trainer.create(
        { build: (graph) => groundStep(graph, model, shapeOf(batch), (g) => part.params(g)) },
        (name) => part.initial(name),
        { optimizer: adamW({ weightDecay: s.weightDecay }), clipNorm: s.clipNorm, session: { provider } },
      )
      const [images, held] = [run.split('train'), run.split('val')]
      return {
        trainer,
        release: () => trainer.release(),
        judge: judged.length
          ? byLoss(run, trainer, batch, async (asked) =>
              feeds(await Promise.all(asked.map((i) => seen(judged[i % judged.length]!, held, Rng.of(seed, JUDGED, i))))),
            )
          : undefined,
        batch: async (step, micro) =>
          feeds(
            await Promise.all(rows(step, micro).map((i) => seen(learned[i]!, images, Rng.of(seed, drawn.epochOf(step), learned[i]!.row)))),
          ),
      }
    },
  })
  return {
    ...rest,
    weights: part.finished(weights),
    ...(other && { other: { ...other, weights: part.finished(other.weights) } }),
    notes: { ...rest.notes, parameters: parametersIn(weights), words: captions.vocabulary },
  }
}

/** An image with captions that have words. */
interface Captioned {
  readonly item: Item
  /** Its number in its split. */
  readonly row: number
  /** The numbers of each caption's words. */
  readonly captions: readonly (readonly number[])[]
  /** Those of all its captions. */
  readonly all: ReadonlySet<number>
}

/** The words of the images' captions: content words, or the labels that they name. */
class Captions {
  private readonly texts: (readonly string[])[] = []
  private readonly numbers = new Map<string, number>()

  constructor(
    private readonly run: Run,
    private readonly kind: Tuning['words'],
  ) {}

  get vocabulary(): number {
    return this.texts.length
  }

  of(split: string): Captioned[] {
    return this.run.split(split).items.flatMap((item, row) => {
      const captions = (item.captions ?? []).map((text) => this.wordsOf(text)).filter((words) => words.length)
      return captions.length ? [{ item, row, captions, all: new Set(captions.flat()) }] : []
    })
  }

  private wordsOf(caption: string): number[] {
    const { classes, templates } = this.run.o
    if (this.kind === 'content') return contentWords(caption).map((word) => this.number(word, textsOf({ name: word }, templates)))
    return labelsIn(caption, classes).map((c) => this.number(classes[c]!.name, textsOf(classes[c]!, templates)))
  }

  private number(word: string, texts: readonly string[]): number {
    const known = this.numbers.get(word)
    if (known !== undefined) return known
    this.numbers.set(word, this.texts.length)
    return this.texts.push(texts) - 1
  }

  /** The embedding of each word, as previews ask for it: [words, dim]. */
  async embedded(): Promise<Float32Array> {
    const { model, o } = this.run
    const rows = new Float32Array(this.texts.length * model.dim).fill(1)
    if (outlining()) return rows
    const segmenter = new WordSegmenter(model, { provider: o.provider })
    try {
      for (let from = 0; from < this.texts.length; from += WORDS) {
        this.run.check()
        rows.set((await segmenter.words(this.texts.slice(from, from + WORDS))).rows, from * model.dim)
      }
      return rows
    } finally {
      await segmenter.release()
    }
  }
}

/** An image with one of its captions. */
interface Seen {
  readonly windows: readonly Float32Array[]
  readonly shares: readonly Float32Array[]
  readonly words: readonly number[]
  /** The words of all its captions. */
  readonly all: ReadonlySet<number>
}

function feedsOf(
  batch: readonly Seen[],
  { images: b, windows, regions, words: k }: GroundShape,
  { height, width, patches, dim, queries }: { height: number; width: number; patches: number; dim: number; queries: Float32Array },
): Record<string, Tensor> {
  const pixels = new Float32Array(b * windows * 3 * height * width)
  const shares = new Float32Array(b * regions * patches)
  const absent = new Float32Array(b * regions)
  const words = new Float32Array(b * k * dim).fill(1) // a row that is no word must have a direction
  const share = new Float32Array(b * k)
  const same = new Uint8Array(b * b)
  batch.forEach((image, i) => {
    image.windows.forEach((data, v) => pixels.set(data, (i * windows + v) * data.length))
    for (let r = 0; r < regions; r++) {
      // A row that is no region repeats the first, so that it has a direction, and counts for nothing.
      shares.set(image.shares[r] ?? image.shares[0]!, (i * regions + r) * patches)
      if (r >= image.shares.length) absent[i * regions + r] = -1e9
    }
    image.words.forEach((word, n) => {
      words.set(queries.subarray(word * dim, (word + 1) * dim), (i * k + n) * dim)
      share[i * k + n] = 1 / image.words.length
    })
    batch.forEach((other, j) => (same[i * b + j] = Number(i !== j && other.words.every((word) => image.all.has(word)))))
  })
  return {
    pixels: tensor(pixels, 'float32', [b * windows, 3, height, width]),
    regions: tensor(shares, 'float32', [b, regions, patches]),
    absent: tensor(absent, 'float32', [b, regions, 1]),
    words: tensor(words, 'float32', [b * k, dim]),
    shares: tensor(share, 'float32', [b, k]),
    same: tensor(same, 'bool', [b, b]),
  }
}
