import { dataError, userError } from '#shared/errors.ts'
import type { ClassSpec } from '#shared/model/job.ts'
import type { DetectionSettings, Example, Prompt, Segment } from '#shared/model/preview.ts'
import type { Box } from '#shared/model/shape.ts'
import { sentence } from '#shared/sentences/table.ts'
import { decodeImage } from '../data/decode.ts'
import { overWhite, type Pixels } from '../data/pixels.ts'
import type { Encodings } from '../data/encodings.ts'
import { SeenImages } from '../data/seen-images.ts'
import { Recent } from '../data/recent.ts'
import { EXAMPLE, regionIn } from '../detection/prompt.ts'
import type { Model } from '../models/model.ts'
import { textsOf } from '../tasks/embed.ts'
import { decide } from './decide.ts'
import { cut } from './views.ts'
import { encodedCodec } from './codecs.ts'
import { type EncodedImage, joinQueries, type Queries, WordSegmenter } from './words.ts'

/** Bytes of the images that are kept: 0.4 MB each for CLIPSeg. */
const SEEN_BYTES = 64 * 2 ** 20
/** Bytes of the words' queries that are kept. */
const QUERY_BYTES = 8 * 2 ** 20
/**
 * What competes with the words that are looked for. Large CLIPs gain from a list of what surrounds objects, such as
 * SCLIP's (Wang et al. 2024: sky, wall, tree, grass, road …); nano, which knows pictographs, loses by it.
 */
const BACKGROUND = ['background']

/** A segmenter at work. Images that it has seen, and words that it has read, are not encoded again. */
export class Segmenting {
  private readonly seen: SeenImages<EncodedImage>

  private readonly asked = new Recent<Queries>(QUERY_BYTES)

  private constructor(
    private readonly model: Model,
    private readonly words: WordSegmenter,
  ) {
    const bytesOf = ({ states }: EncodedImage) => states.flatMap((state) => Object.values(state)).reduce((n, t) => n + 4 * t.size, 0)
    this.seen = new SeenImages(SEEN_BYTES, bytesOf, encodedCodec, model)
  }

  /** @throws a user error, starting with `wanted`, if the model cannot segment */
  static with(model: Model, wanted: string): Segmenting {
    return new Segmenting(model, new WordSegmenter(model, { wanted }))
  }

  /**
   * One mask for each label that is found in an image file, the surest first.
   * @throws a user error if a text does not fit into the context or a region is outside its image, a data error if an
   *   image cannot be read
   */
  async find(file: string, prompt: Prompt, { threshold, most, background = BACKGROUND }: DetectionSettings = {}): Promise<Segment[]> {
    const labels = 'example' in prompt ? [EXAMPLE] : prompt.classes.map((c) => c.name)
    const queries =
      'example' in prompt
        ? await this.example(prompt.example)
        : await this.queries(prompt.classes, prompt.templates ?? this.model.templates, background)
    const image = await this.image(file)
    const planes = await this.words.logits(image, queries)
    if (!planes.every(({ data }) => data.every(Number.isFinite))) throw dataError(this.model.dir, sentence('preview.not-finite'))
    const { competing } = this.words
    const found = decide(planes, image, competing, { threshold: threshold ?? (competing ? 0 : 0.5), wanted: labels.length })
    return found
      .map(({ query, score, box: { x, y, w, h }, mask }): Segment => ({ label: labels[query]!, score, box: [x, y, w, h], mask }))
      .sort((a, b) => b.score - a.score)
      .slice(0, most)
  }

  private async queries(classes: readonly ClassSpec[], templates: readonly string[], background: readonly string[]): Promise<Queries> {
    const names = new Set(classes.map((c) => c.name.toLowerCase()))
    const others = this.words.competing ? background.filter((name) => !names.has(name.toLowerCase())).map((name) => ({ name })) : []
    const texts = [...classes, ...others].map((c) => textsOf(c, templates))
    const key = JSON.stringify(texts)
    const known = this.asked.get(key)
    if (known) return known
    const queries = await this.words.words(texts)
    return this.asked.set(key, queries, queries.rows.byteLength)
  }

  private async example({ file, region }: Example): Promise<Queries> {
    const pixels = await this.pixels(file)
    const inside = region && regionIn(pixels, region)
    if (!this.words.comparesPatches) return this.words.examples([inside ? croppedTo(pixels, inside) : pixels])
    if (!inside) throw userError(sentence('preview.region-needed', { family: this.model.family.name }))
    const [own, others] = this.words.patches(await this.image(file), inside)
    return others ? joinQueries([own, others]) : own
  }

  private pixels(file: string): Promise<Pixels> {
    return decodeImage(file, file, { alpha: 'keep', deep: this.model.preprocess.deep })
  }

  /** The state of an image, encoded unless it is among the last ones. */
  private image(file: string): Promise<EncodedImage> {
    return this.seen.of(file, () => this.look(file))
  }

  private async look(file: string): Promise<EncodedImage> {
    return this.words.encode(await this.pixels(file))
  }

  /** Encodes an image, unless that has been done before: `false`. */
  async prepare(file: string, disk?: Encodings): Promise<boolean> {
    return (await this.seen.prepare(file, disk, () => this.look(file))).made
  }

  /** Resolves when every encoded image is on disk, if there is a place for it. */
  settled(): Promise<void> {
    return this.seen.settled()
  }

  release(): Promise<void> {
    return this.words.release()
  }
}

export function croppedTo(pixels: Pixels, { x, y, w, h }: Box): Pixels {
  const [left, top] = [Math.floor(x), Math.floor(y)]
  return cut(overWhite(pixels), left, top, { width: Math.ceil(x + w) - left, height: Math.ceil(y + h) - top })
}
