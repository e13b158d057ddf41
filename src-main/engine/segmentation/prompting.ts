import { clipBox } from '#shared/geometry/box.ts'
import { userError } from '#shared/errors.ts'
import type { BoxTuple, Mask } from '#shared/model/preview.ts'
import { sentence } from '#shared/sentences/table.ts'
import { decodeImage } from '../data/decode.ts'
import type { Encodings } from '../data/encodings.ts'
import { SeenImages } from '../data/seen-images.ts'
import type { Model } from '../models/model.ts'
import { embeddedCodec } from './codecs.ts'
import { everything, type EverythingOptions, type FoundMask } from './everything.ts'
import { type Click, type EmbeddedImage, Prompter } from './prompts.ts'

/** Bytes of the embeddings that are kept: 4 MB each for SAM. */
const SEEN_BYTES = 128 * 2 ** 20

/** Boxes that are answered together. */
const TOGETHER = 16

type BoxMask = Omit<FoundMask, 'stability'>

/** A model that answers clicks. Images that it has seen are not embedded again. */
export class Prompting {
  private readonly seen: SeenImages<EmbeddedImage>

  private constructor(
    private readonly model: Model,
    private readonly prompter: Prompter,
  ) {
    this.seen = new SeenImages(SEEN_BYTES, ({ embedding }) => 4 * embedding.size, embeddedCodec(model.prompted!.embedding), model)
  }

  /** @throws a user error, starting with `wanted`, if the model takes no prompts */
  static with(model: Model, wanted: string): Prompting {
    return new Prompting(model, new Prompter(model, { wanted }))
  }

  /**
   * The masks that are not empty, best first.
   * @throws a user error if nothing is asked, a data error if the image cannot be read
   */
  async find(file: string, clicks: readonly Click[], box?: BoxTuple): Promise<Mask[]> {
    if (!clicks.length && !box) throw userError(sentence('preview.no-prompt'))
    const image = await this.image(file)
    const answers = await this.prompter.ask(image, { clicks, ...(box ? { box: { x: box[0], y: box[1], w: box[2], h: box[3] } } : {}) })
    return answers.flatMap((answer) => {
      const found = this.prompter.mask(image, answer)
      if (!found) return []
      const { x, y, w, h } = found.box
      return [{ score: answer.score, box: [x, y, w, h], mask: found.mask }]
    })
  }

  /** The mask of what is in each box, in the boxes' order; undefined if it is empty or the box is outside the image. */
  async inBoxes(file: string, boxes: readonly BoxTuple[]): Promise<(BoxMask | undefined)[]> {
    const image = await this.image(file)
    const inside = boxes.flatMap(([x, y, w, h], i) => {
      const box = clipBox({ x, y, w, h }, image.width, image.height)
      return box ? [{ box, i }] : []
    })
    const out = boxes.map((): BoxMask | undefined => undefined)
    for (let from = 0; from < inside.length; from += TOGETHER) {
      const own = inside.slice(from, from + TOGETHER)
      // A session is made for each number of boxes: those that are missing to a power of two repeat the last.
      const room = Array.from({ length: 2 ** Math.ceil(Math.log2(own.length)) }, (_, k) => own[Math.min(k, own.length - 1)]!)
      const answers = await this.prompter.askEach(image, room)
      own.forEach(({ i }, k) => {
        const answer = answers[k]![0]!
        const found = this.prompter.mask(image, answer)
        if (found) out[i] = { score: answer.score, ...found }
      })
    }
    return out
  }

  /** The masks of everything in an image, best first. */
  async everything(file: string, options?: EverythingOptions): Promise<FoundMask[]> {
    return everything(this.prompter, await this.image(file), options)
  }

  private image(file: string): Promise<EmbeddedImage> {
    return this.seen.of(file, () => this.look(file))
  }

  private async look(file: string): Promise<EmbeddedImage> {
    return this.prompter.embed(await decodeImage(file, file, { alpha: 'keep', deep: this.model.preprocess.deep }))
  }

  /** Encodes an image, unless that has been done before: `false`. */
  async prepare(file: string, disk?: Encodings): Promise<boolean> {
    const { is, made } = await this.seen.prepare(file, disk, () => this.look(file))
    await this.prompter.ready(is)
    return made
  }

  /** Resolves when every encoded image is on disk, if there is a place for it. */
  settled(): Promise<void> {
    return this.seen.settled()
  }

  release(): Promise<void> {
    return this.prompter.release()
  }
}
