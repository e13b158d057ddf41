import { type Concept, oodStyle, pretrainStyles, type Style } from '#shared/model/sample.ts'
import { hammingDistance } from '#shared/phash.ts'
import type { Picture } from '../../engine/pretrain/index.ts'
import { flatten, renderPictograph } from '../sample/render.ts'
import { mapLimit } from '../sample/pool.ts'
import { hardlyRedrawn } from '../sample/sample.ts'
import { hashOfPicture } from '../sample/split.ts'

/** A rendered pictograph: its concept and its icon set (style). */
export interface StyledPicture extends Picture {
  readonly style: Style
}

/** Every picture used in pre-training. */
export const pretrainPictures = (concepts: readonly Concept[], size: number, onProgress?: (done: number, of: number) => void) =>
  renderAll(concepts, pretrainStyles, size, onProgress)

export async function renderAll(
  concepts: readonly Concept[],
  styles: readonly Style[],
  size: number,
  onProgress?: (done: number, of: number) => void,
): Promise<StyledPicture[]> {
  const wanted = concepts.flatMap((c, concept) => styles.filter((s) => c.styles[s]).map((style) => ({ c, concept, style })))
  let done = 0
  return mapLimit(wanted, async ({ c, concept, style }) => {
    const { data } = await renderPictograph(c, style, size)
    onProgress?.(++done, wanted.length)
    return { concept, style, rgba: data }
  })
}

/** The perceptual hash of drawings of that side. */
export const hasher = (size: number) => (picture: Picture) =>
  hashOfPicture(flatten({ width: size, height: size, data: picture.rgba }), size, size)

/**
 * The out-of-distribution style's pictures, without those that barely differ from `noto`'s; the sample excludes the
 * same ones.
 */
export async function redrawnPictures(
  concepts: readonly Concept[],
  seen: readonly StyledPicture[],
  size: number,
): Promise<StyledPicture[]> {
  const hash = hasher(size)
  const noto = new Map(seen.filter((p) => p.style === 'noto').map((p) => [p.concept, p]))
  const kept = await mapLimit(await renderAll(concepts, [oodStyle], size), async (picture) => {
    const before = noto.get(picture.concept)
    return before && hammingDistance(await hash(before), await hash(picture)) <= hardlyRedrawn ? [] : [picture]
  })
  return kept.flat()
}
