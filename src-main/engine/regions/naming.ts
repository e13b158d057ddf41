/**
 * What a region is, by a model that was only trained to compare images with texts: its crops are compared with words, as in
 * ViLD (Gu et al. 2022, "Open-vocabulary object detection via vision and language knowledge distillation", §3.2). Where it
 * is says another model.
 */
import { boxIou } from '#shared/geometry/box.ts'
import { suppress } from '#shared/geometry/nms.ts'
import { dataError } from '#shared/errors.ts'
import type { ClassSpec } from '#shared/model/job.ts'
import type { Detection, DetectionSettings, Example, Prompt, Segment } from '#shared/model/preview.ts'
import { sentence } from '#shared/sentences/table.ts'
import { decodeImage } from '../data/decode.ts'
import type { Pixels } from '../data/pixels.ts'
import { Recent, RecentImages } from '../data/recent.ts'
import { checkLengths, EXAMPLE, regionIn } from '../detection/prompt.ts'
import { softmaxRows } from '../metrics/predictions.ts'
import { need, textTower } from '../models/families.ts'
import type { Model } from '../models/model.ts'
import { fillTemplate, TextReader, unitRows, zeroShotHead } from '../tasks/embed.ts'
import { headLogits } from '../tasks/head-logits.ts'
import type { Head } from '../weights/head.ts'
import { joinViews, type CropOptions, Crops, type Views } from './crops.ts'
import type { Region, RegionSource } from './sources.ts'

/** Something that was found, with its mask where the regions have one. */
export type Found = Detection & Partial<Pick<Segment, 'mask'>>

/** What was made of an image. */
interface Seen extends Views {
  readonly regions: readonly Region[]
}

const SEEN_BYTES = 32 * 2 ** 20
const WORDS_BYTES = 8 * 2 ** 20
/** What else a region may be: those that are more like it than like any word are left out. */
const BACKGROUND = ['background']
/** Texts that are read at once. */
const TEXTS = 16
/** Regions of the example's image that overlap it by more (IoU) are not held against it. */
const SAME = 0.5

/** The classifier with what was learned of its classes; those that nothing was learned of stay as they are. */
function withLearned(head: Head, learned: Head | undefined): Head {
  if (!learned) return head
  const { dim } = head
  const rows = new Map(learned.classes.map((name, row) => [name.toLowerCase(), row]))
  head.classes.forEach((name, c) => {
    const row = rows.get(name.toLowerCase())
    if (row === undefined) return
    for (let i = 0; i < dim; i++) head.weight[c * dim + i]! += learned.weight[row * dim + i]!
    head.bias[c]! += learned.bias[row]!
  })
  return head
}

export interface NamingOptions extends CropOptions {
  /** Words that a region may be, too: they lower its score, but every region gets one of the words that are asked for. */
  readonly others?: readonly string[]
  /** What is added to the classifier of words, by their names: learned from labelled regions. */
  readonly words?: Head | undefined
}

export class Naming {
  private readonly seen = new Map<number, RecentImages<Seen>>()
  private readonly crops: Crops
  private reader?: Promise<TextReader>
  private readonly words = new Recent<Head>(WORDS_BYTES)

  /** @throws a user error, starting with `wanted`, if the model cannot compare images with texts */
  constructor(
    private readonly model: Model,
    private readonly source: RegionSource,
    wanted: string,
    private readonly options: NamingOptions = {},
  ) {
    need(model, ['embedImage', 'embedText'], wanted)
    this.crops = new Crops(model, options)
  }

  /**
   * Each region with the word that fits it best, best first. A score is the probability among all words and the background,
   * at the model's own temperature; where the source says how sure it is of the region, the geometric mean of both (ViLD, eq. 5).
   * @throws a user error if a text does not fit into the context, a data error if an image cannot be read
   */
  async find(file: string, prompt: Prompt, o: DetectionSettings = {}): Promise<Found[]> {
    const { others } = this.options
    const { threshold = 0.1, overlap = 0.5, most, grid, background = others ?? BACKGROUND } = o
    const labels = 'example' in prompt ? [EXAMPLE] : prompt.classes.map((c) => c.name)
    const head =
      'example' in prompt
        ? await this.like(prompt.example, grid)
        : await this.headOf(prompt.classes, prompt.templates ?? this.model.templates, background)
    const { regions, features, regionOf } = await this.image(file, grid)
    const n = head.classes.length
    const logits = joinViews(headLogits(features, head), regionOf, regions.length)
    if (!logits.every(Number.isFinite)) throw dataError(this.model.dir, sentence('preview.not-finite'))
    const p = softmaxRows(logits, n)
    const named = regions.flatMap((region, i) => {
      const own = p.subarray(i * n, (i + 1) * n)
      const query = own.indexOf(Math.max(...(others && !('example' in prompt) ? own.subarray(0, labels.length) : own)))
      const score = region.score === undefined ? own[query]! : Math.sqrt(region.score * own[query]!)
      return query < labels.length && score > threshold ? [{ region, query, score }] : []
    })
    return labels
      .flatMap((_, q) => {
        const own = named.filter(({ query }) => query === q)
        const kept = suppress(
          own.map(({ region }) => region.box),
          own.map(({ score }) => score),
          overlap,
        )
        return kept.map((k) => own[k]!)
      })
      .sort((a, b) => b.score - a.score)
      .slice(0, most)
      .map(({ region: { box, mask }, query, score }) => ({
        label: labels[query]!,
        score,
        box: [box.x, box.y, box.w, box.h],
        ...(mask ? { mask } : {}),
      }))
  }

  /** A classifier of regions: the words, then what they compete with. */
  private async headOf(classes: readonly ClassSpec[], templates: readonly string[], background: readonly string[]): Promise<Head> {
    const names = new Set(classes.map((c) => c.name.toLowerCase()))
    const rest = background.filter((name) => !names.has(name.toLowerCase())).map((name) => ({ name }))
    const asked = await this.read(classes, templates)
    if (!rest.length) return asked
    const others = await this.read(rest, templates)
    const join = (key: 'weight' | 'bias') => Float32Array.from([...asked[key], ...others[key]])
    return { classes: [...asked.classes, ...others.classes], dim: asked.dim, weight: join('weight'), bias: join('bias') }
  }

  private async read(all: readonly ClassSpec[], templates: readonly string[]): Promise<Head> {
    const key = JSON.stringify([all, templates])
    const known = this.words.get(key)
    if (known) return known
    const texts = all.flatMap((c) => templates.map((t) => fillTemplate(t, c)))
    checkLengths(this.model.tokenizer, texts, textTower(this.model, 'regions').context)
    const reader = await (this.reader ??= TextReader.open(this.model, TEXTS))
    const head = withLearned(await zeroShotHead(this.model, all, templates, {}, (given) => reader.read(given)), this.options.words)
    return this.words.set(key, head, head.weight.byteLength)
  }

  /** What is like the example, rather than like the mean of the other regions of the example's image. */
  private async like({ file, region }: Example, grid: number | undefined): Promise<Head> {
    const pixels = await this.pixels(file)
    const { width, height } = pixels
    const box = region ? regionIn(pixels, region) : { x: 0, y: 0, w: width, h: height }
    const d = this.model.dim
    const { regions, features, regionOf } = await this.image(file, grid)
    const rest = new Float32Array(d)
    regionOf.forEach((other, i) => {
      if (boxIou(regions[other]!.box, box) <= SAME) for (let j = 0; j < d; j++) rest[j]! += features[i * d + j]!
    })
    const isAlone = rest.every((x) => x === 0)
    const rows = [await this.crops.features(pixels, [{ box }]), ...(isAlone ? [] : [unitRows(rest, d)])]
    const { scale } = textTower(this.model, 'regions').similarity.of(this.model.weights)
    const weight = new Float32Array(rows.length * d)
    rows.forEach((row, i) =>
      weight.set(
        row.map((x) => x * scale),
        i * d,
      ),
    )
    return { classes: rows.map(() => EXAMPLE), dim: d, weight, bias: new Float32Array(rows.length) }
  }

  /** The regions of an image with their features, unless it is among the last ones. */
  private image(file: string, grid: number | undefined): Promise<Seen> {
    let kept = this.seen.get(grid ?? 0)
    if (!kept) {
      kept = new RecentImages<Seen>(SEEN_BYTES, ({ features }) => features.byteLength)
      this.seen.set(grid ?? 0, kept)
    }
    return kept.of(file, async () => {
      const pixels = await this.pixels(file)
      const regions = await this.source.regions(file, pixels, { grid })
      const views = regions.length ? await this.crops.views(pixels, regions) : { features: new Float32Array(0), regionOf: [] }
      return { regions, ...views }
    })
  }

  private pixels(file: string): Promise<Pixels> {
    return decodeImage(file, file, { alpha: 'keep', deep: this.model.preprocess.deep })
  }

  async release(): Promise<void> {
    await this.crops.release()
    await this.source.release()
    await (await this.reader?.catch(() => undefined))?.release()
    this.reader = undefined
  }
}
