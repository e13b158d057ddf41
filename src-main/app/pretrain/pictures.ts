import { type Concept, pretrainStyles, type Style } from '#shared/model/sample.ts'
import { renderPictograph } from '../sample/render.ts'
import { mapLimit } from '../sample/pool.ts'

/** A rendered pictograph: RGBA bytes of a square, and which concept of the table it shows. */
export interface Picture {
  readonly concept: number
  readonly style: Style
  readonly rgba: Uint8Array
}

/** Every picture that pre-training sees. */
export const pretrainPictures = (concepts: readonly Concept[], size: number, onProgress?: (done: number, of: number) => void) =>
  renderAll(concepts, pretrainStyles, size, onProgress)

export async function renderAll(concepts: readonly Concept[], styles: readonly Style[], size: number, onProgress?: (done: number, of: number) => void): Promise<Picture[]> {
  const wanted = concepts.flatMap((c, concept) => styles.filter((s) => c.styles[s]).map((style) => ({ c, concept, style })))
  let done = 0
  return mapLimit(wanted, async ({ c, concept, style }) => {
    const { data } = await renderPictograph(c, style, size)
    onProgress?.(++done, wanted.length)
    return { concept, style, rgba: data }
  })
}
