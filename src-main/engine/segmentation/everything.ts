/** Masks of everything in an image: what a grid of clicks finds (Kirillov et al. 2023, "Segment anything", §D.1 and §B). */
import { rleBox } from '#shared/geometry/rle.ts'
import { suppress } from '#shared/geometry/nms.ts'
import type { Box, Rle } from '#shared/model/shape.ts'
import { type Columns, MaskBuilder, resized } from './planes.ts'
import type { EmbeddedImage, Prompter } from './prompts.ts'

export interface EverythingOptions {
  /** Clicks along each side of the grid. */
  readonly side?: number
  /** Predicted IoU that a mask must exceed. */
  readonly quality?: number
  /** Stability that a mask must exceed: how little it changes when its threshold does. */
  readonly stability?: number
  /** Of masks whose boxes overlap by more than this (IoU), the best is kept. */
  readonly overlap?: number
  /** Clicks that are answered together. */
  readonly together?: number
  readonly onProgress?: (done: number, of: number) => void
  readonly isCancelled?: () => void
}

export interface FoundMask {
  /** Predicted IoU. */
  readonly score: number
  readonly stability: number
  readonly box: Box
  readonly mask: Rle
}

/** The masks of an image, best first, as transformers' mask-generation pipeline has them without crops. */
export async function everything(
  prompter: Prompter,
  image: EmbeddedImage,
  { side = 32, quality = 0.88, stability = 0.95, overlap = 0.7, together = 16, onProgress, isCancelled }: EverythingOptions = {},
): Promise<FoundMask[]> {
  const found: FoundMask[] = []
  const n = side * side
  for (let from = 0; from < n; from += together) {
    isCancelled?.()
    const clicks = Array.from({ length: Math.min(together, n - from) }, (_, i) => {
      const [row, column] = [Math.floor((from + i) / side), (from + i) % side]
      return { x: ((column + 0.5) / side) * image.width, y: ((row + 0.5) / side) * image.height, inside: true }
    })
    const answers = await prompter.askEach(
      image,
      clicks.map((click) => ({ clicks: [click] })),
    )
    for (const answer of answers.flatMap((own) => own.slice(1))) {
      if (!(answer.score > quality)) continue
      const stable = stableMask(resized(prompter.over(image, answer), image))
      if (stable.stability > stability) found.push({ score: answer.score, ...stable })
    }
    onProgress?.(from + clicks.length, n)
  }
  // Boxes from the first to the last pixel, which is how they are compared there.
  const boxes = found.map(({ box }) => ({ ...box, w: Math.max(0, box.w - 1), h: Math.max(0, box.h - 1) }))
  const scores = found.map(({ score }) => score)
  return suppress(boxes, scores, overlap).map((i) => found[i]!)
}

/** How far the threshold is moved up and down to measure stability. */
const OFFSET = 1

/** The mask of what is positive, and the IoU of the masks at the two moved thresholds; NaN if the larger is empty. */
function stableMask(source: Columns): { mask: Rle; box: Box; stability: number } {
  const mask = new MaskBuilder(source)
  let [above, below] = [0, 0]
  for (let x = 0; x < source.width; x++) {
    const column = source.column(x)
    for (let y = 0; y < column.length; y++) {
      const v = column[y]!
      mask.add(v > 0)
      if (v > OFFSET) above++
      if (v > -OFFSET) below++
    }
  }
  const rle = mask.build()
  return { mask: rle, box: rleBox(rle), stability: above / below }
}
