import { dataError } from '#shared/errors.ts'
import type { ClassSpec } from '#shared/model/job.ts'
import type { BoxTuple } from '#shared/model/preview.ts'
import { sentence } from '#shared/sentences/table.ts'
import { decodeImage } from '../data/decode.ts'
import { outputSize, preprocess } from '../data/preprocess.ts'
import { Recent, RecentImages } from '../data/recent.ts'
import { checkLengths, regionIn } from '../detection/prompt.ts'
import { need, textTower } from '../models/families.ts'
import { imageFeature, type Model, paramsFor } from '../models/model.ts'
import { l2Normalize } from '../ops/index.ts'
import { BatchSession } from '../runtime/infer.ts'
import { croppedTo } from '../segmentation/segmenting.ts'
import { textsOf, tokensOf, unitRows } from '../tasks/embed.ts'
import { allFinite } from '../weights/dtype.ts'

/** 16,000 texts of 512 numbers. */
const TEXT_BYTES = 32 * 2 ** 20
const IMAGE_BYTES = 8 * 2 ** 20
/** Texts that are encoded together. */
const TEXTS = 32

/** A model of images and texts at work. Images, regions and texts that it has seen are not encoded again. */
export class Comparing {
  private readonly read = new Recent<Float32Array>(TEXT_BYTES)
  /** Of an image file: the embeddings of its regions, and of the whole. */
  private readonly seen = new RecentImages<Map<string, Float32Array>>(IMAGE_BYTES, () => 64 * this.model.dim)
  private readonly sessions: { texts?: BatchSession; image?: BatchSession } = {}

  private constructor(private readonly model: Model) {}

  /** @throws a user error, starting with `wanted`, if the model does not embed both images and texts */
  static with(model: Model, wanted: string): Comparing {
    need(model, ['embedImage', 'embedText'], wanted)
    return new Comparing(model)
  }

  /** A unit vector for each class [n, dim]: the mean over its texts. @throws a user error if a text is too long */
  async classes(classes: readonly ClassSpec[]): Promise<Float32Array> {
    const d = this.model.dim
    const texts = classes.map((c) => textsOf(c, this.model.templates))
    const known = await this.texts([...new Set(texts.flat())])
    const out = new Float32Array(classes.length * d)
    texts.forEach((own, c) => {
      for (const text of own) known.get(text)!.forEach((x, i) => (out[c * d + i]! += x))
    })
    return unitRows(out, d)
  }

  /**
   * The cosine of an image, or a region of it, with each text. Of a text that is longer than the context, the beginning
   * counts: what is compared are captions, which people write at any length.
   * @throws a user error if the region is outside the image, a data error if the image cannot be read
   */
  async similarity(file: string, region: BoxTuple | undefined, texts: readonly string[]): Promise<Float32Array> {
    const image = await this.image(file, region)
    const known = await this.texts([...new Set(texts)], 'cut')
    return Float32Array.from(texts, (text) => known.get(text)!.reduce((sum, x, i) => sum + x * image[i]!, 0))
  }

  /** The unit vector of an image, or of a region of it. @throws as {@link similarity} */
  async image(file: string, region?: BoxTuple): Promise<Float32Array> {
    const known = await this.seen.of(file, () => Promise.resolve(new Map<string, Float32Array>()))
    const key = JSON.stringify(region ?? null)
    const row = known.get(key) ?? (await this.look(file, region))
    known.set(key, row)
    return row
  }

  private async look(file: string, region: BoxTuple | undefined): Promise<Float32Array> {
    const { model } = this
    const whole = await decodeImage(file, file, { alpha: 'keep', deep: model.preprocess.deep })
    const pixels = region ? croppedTo(whole, regionIn(whole, region)) : whole
    const { height, width } = outputSize(model.preprocess)
    const session = (this.sessions.image ??= await BatchSession.create(1, ['pixels'], (g, b) => ({
      y: imageFeature(model, paramsFor(model, g, model.weights), g.input('pixels', 'float32', [b, 3, height, width])),
    })))
    const { y } = await session.run(1, (_, into) => preprocess(pixels, model.preprocess, into['pixels'] as Float32Array))
    return this.checked(unitRows(y!.slice(), model.dim))
  }

  /** The unit vector of each text. */
  private async texts(texts: readonly string[], long: 'refuse' | 'cut' = 'refuse'): Promise<Map<string, Float32Array>> {
    const { model } = this
    const tower = textTower(model, 'text embeddings')
    if (long === 'refuse') checkLengths(model.tokenizer, texts, tower.context)
    const found = new Map(texts.map((text) => [text, this.read.get(text)]))
    const missing = texts.filter((text) => !found.get(text))
    if (missing.length) {
      const session = (this.sessions.texts ??= await BatchSession.create(TEXTS, ['ids', 'at'], (g, b) => {
        const p = paramsFor(model, g, model.weights)
        const tokens = tower.tokens(p, g.input('ids', 'int32', [b, tower.context]))
        return { y: l2Normalize(tower.embed(p, tokens, g.input('at', 'int32', [b]))) }
      }))
      const { y } = await session.run(missing.length, tokensOf(model, tower, missing))
      const d = model.dim
      this.checked(y!)
      missing.forEach((own, i) => found.set(own, this.read.set(own, y!.slice(i * d, (i + 1) * d), 4 * d)))
    }
    return found as Map<string, Float32Array>
  }

  private checked(rows: Float32Array): Float32Array {
    if (!allFinite(rows)) throw dataError(this.model.dir, sentence('preview.not-finite'))
    return rows
  }

  async release(): Promise<void> {
    await this.sessions.texts?.release()
    await this.sessions.image?.release()
  }
}
