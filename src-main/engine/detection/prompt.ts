/** What detectors and segmenters check of what they are asked. */
import { clipBox } from '#shared/geometry/box.ts'
import { userError } from '#shared/errors.ts'
import type { BoxTuple } from '#shared/model/preview.ts'
import type { Box } from '#shared/model/shape.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Tokenizer } from '../data/tokenizer.ts'

/** The label of what is like an example. */
export const EXAMPLE = 'example'

/** The part of a region that is in the image. @throws a user error if there is none */
export function regionIn({ width, height }: { readonly width: number; readonly height: number }, region: BoxTuple): Box {
  const [x, y, w, h] = region
  const inside = clipBox({ x, y, w, h }, width, height)
  if (!inside) throw userError(sentence('preview.outside', { width, height, found: region.join() }))
  return inside
}

/** @throws a user error naming the first text of more tokens than the model reads */
export function checkLengths(tokenizer: Tokenizer, texts: readonly string[], context: number): void {
  for (const text of texts) {
    const tokens = tokenizer.count(text)
    if (tokens > context) throw userError(sentence('preview.too-long', { text: JSON.stringify(text), tokens, context }))
  }
}
