/** Masks for points and boxes, with any model that can. An image is embedded once; a click then takes the decoder only. */
import type { Box, Rle } from '#shared/model/shape.ts'
import type { Pixels } from '../data/pixels.ts'
import { preprocess } from '../data/preprocess.ts'
import { fitted } from '../data/resized-size.ts'
import { need } from '../models/families.ts'
import type { Model } from '../models/model.ts'
import { PointKind, type PromptedSegmenter } from '../models/segmenter.ts'
import { type Provider, type Tensor, tensor } from '../runtime/session.ts'
import { type Columns, columnsOf, concatenated, cropped, maskOf, type Plane, resized, type Size } from './planes.ts'
import { Sessions } from './sessions.ts'

export interface EmbeddedImage extends Size {
  readonly embedding: Tensor
  /** Size of the image within the model's input; the rest is padding. */
  readonly shown: Size
}

export interface Click {
  /** In pixels of the image. */
  readonly x: number
  readonly y: number
  /** Whether the point is part of what is wanted. */
  readonly inside: boolean
}

/** What is asked for one mask: clicks, a box, and a mask to be improved, or any of these. */
export interface MaskPrompt {
  readonly clicks?: readonly Click[]
  readonly box?: Box
  /** The logits of an earlier answer for the same image. */
  readonly previous?: Plane
}

/** A mask before it is scaled to the image. */
export interface LowMask {
  /** The model's own estimate of the mask's IoU with what was meant. */
  readonly score: number
  /** At the decoder's resolution, over the whole input with its padding. */
  readonly logits: Plane
}

/** `auto`: several, if one click alone leaves open what was meant; the model has a separate mask for clear prompts. */
export type Choice = 'auto' | 'one' | 'several'

export class Prompter {
  private readonly decoder: PromptedSegmenter
  private readonly sessions: Sessions
  private warm?: Promise<unknown>

  /** @throws a user error if the model takes no prompts */
  constructor(
    readonly model: Model,
    { provider, wanted = 'masks of points and boxes' }: { readonly provider?: Provider; readonly wanted?: string } = {},
  ) {
    need(model, ['prompt'], wanted)
    this.decoder = model.prompted!
    this.sessions = new Sessions(model, provider)
  }

  async embed(pixels: Pixels): Promise<EmbeddedImage> {
    const { size } = this.decoder
    const data = new Float32Array(3 * size * size)
    preprocess(pixels, this.model.preprocess, data)
    const feeds = { pixels: tensor(data, 'float32', [1, 3, size, size]) }
    const { y } = await this.sessions.run('embed', feeds, (p, x) => ({ y: this.decoder.embed(p, x['pixels']!) }))
    const { width, height } = pixels
    const { longest_edge } = this.model.preprocess
    const image = { width, height, embedding: y!, shown: longest_edge ? fitted(pixels, longest_edge) : { width: size, height: size } }
    await this.ready(image)
    return image
  }

  /** Builds the session of one click or one box, for which the first click would have to wait. */
  async ready(image: EmbeddedImage): Promise<void> {
    this.warm ??= this.askEach(image, [{ clicks: [{ x: image.width / 2, y: image.height / 2, inside: true }] }])
    await this.warm
  }

  /** The answers to one prompt, best first. */
  async ask(image: EmbeddedImage, prompt: MaskPrompt, choice: Choice = 'auto'): Promise<LowMask[]> {
    const [answers] = await this.askEach(image, [prompt])
    const isOpen = (prompt.clicks?.length ?? 0) === 1 && !prompt.box && !prompt.previous
    const several = choice === 'several' || (choice === 'auto' && isOpen)
    return several ? answers!.slice(1).sort((a, b) => b.score - a.score) : answers!.slice(0, 1)
  }

  /**
   * All masks for prompts of the same kind: the one for clear prompts, then the others.
   * @throws if the prompts differ in their numbers of points or in what they have
   */
  async askEach(image: EmbeddedImage, prompts: readonly MaskPrompt[]): Promise<LowMask[][]> {
    const { side } = this.decoder
    const points = prompts.map((prompt) => pointsOf(image, prompt, this.decoder.closesBoxes))
    const n = points[0]!.length
    if (points.some((own) => own.length !== n)) throw new Error('prompts of one batch have equally many points')
    const previous = prompts.flatMap((prompt) => prompt.previous ?? [])
    if (previous.length && previous.length !== prompts.length)
      throw new Error('either all prompts of one batch have an earlier mask or none')
    const feeds = {
      embedding: image.embedding,
      points: tensor(Float32Array.from(points.flat().flatMap(({ x, y }) => [x, y])), 'float32', [prompts.length, n, 2]),
      kinds: tensor(Int32Array.from(points.flat().map(({ kind }) => kind)), 'int32', [prompts.length, n]),
      ...(previous.length ? { mask: tensor(concatenated(previous.map((p) => p.data)), 'float32', [prompts.length, 1, side, side]) } : {}),
    }
    const { logits, iou } = await this.sessions.run('masks', feeds, (p, x) => {
      const y = this.decoder.masks(p, x['embedding']!, {
        points: x['points']!,
        kinds: x['kinds']!,
        ...(x['mask'] ? { mask: x['mask'] } : {}),
      })
      return { logits: y.logits, iou: y.iou }
    })
    const [scores, all, masks] = [iou!.data as Float32Array, logits!.data as Float32Array, this.decoder.choices + 1]
    return prompts.map((_, i) =>
      Array.from({ length: masks }, (_, k) => {
        const at = i * masks + k
        return { score: scores[at]!, logits: { width: side, height: side, data: all.slice(at * side * side, (at + 1) * side * side) } }
      }),
    )
  }

  /**
   * The logits over the part of the input that shows the image, at the input's resolution: all that is left is to resize
   * them to the image (SamImageProcessor.post_process_masks).
   */
  over({ shown }: EmbeddedImage, { logits }: LowMask): Columns {
    const { size } = this.decoder
    if (!this.model.preprocess.longest_edge) return columnsOf(logits) // nothing is padded, and nothing resized in between
    return cropped(resized(columnsOf(logits), { width: size, height: size }), shown)
  }

  /** The mask at the image's size; undefined if it is empty. */
  mask(image: EmbeddedImage, answer: LowMask, threshold = 0): { readonly mask: Rle; readonly box: Box } | undefined {
    return maskOf(resized(this.over(image, answer), image), threshold)
  }

  release(): Promise<void> {
    return this.sessions.release()
  }
}

/** A prompt's points in pixels of the model's input: a box is two of them, and a missing box one of another kind. */
export function pointsOf(
  { width, height, shown }: Omit<EmbeddedImage, 'embedding'>,
  { clicks = [], box }: MaskPrompt,
  closesBoxes = false,
): { readonly x: number; readonly y: number; readonly kind: number }[] {
  const place = (x: number, y: number, kind: number) => ({ x: x * (shown.width / width), y: y * (shown.height / height), kind })
  const own = clicks.map(({ x, y, inside }) => place(x, y, inside ? PointKind.inside : PointKind.outside))
  const none = { x: 0, y: 0, kind: PointKind.none }
  if (!box) return [...own, none]
  const corners = [place(box.x, box.y, PointKind.topLeft), place(box.x + box.w, box.y + box.h, PointKind.bottomRight)]
  return [...own, ...corners, ...(closesBoxes ? [none] : [])]
}
