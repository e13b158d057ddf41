/** The concepts, words and pictures that the nano detector is trained and measured on. */
import { oodStyle, pretrainStyles, taskStyle, type Concept, type Style } from '#shared/model/sample.ts'
import { detectRecipe } from '../../engine/pretrain/index.ts'
import { concepts as allConcepts } from '../sample/concepts.ts'
import { hash32 } from '../sample/random.ts'
import { suitsScene, type Sprite } from '../sample/scenes.ts'
import type { DrawnSprite } from './compose.ts'
import { renderMore } from './more-styles.ts'
import { levelsOf } from '../sample/levels.ts'
import { redrawnPictures, renderAll, type StyledPicture } from './pictures.ts'

/** Things in scenes that one word names. */
export const sceneConcepts = (): Concept[] => allConcepts().filter((c) => suitsScene(c) && !c.name.includes(' '))

/** Whether a word is held out: the detector and the segmenter see no picture of it before they are measured. */
export const isUnseen = ({ id }: Concept): boolean => hash32(`detect ${id}`) % detectRecipe.heldOutOneIn === 0

type OnProgress = (done: number, of: number) => void

/** Pictures of the seen words in the styles that Nano was trained on, or in all that a training may see. */
export async function trainingSprites(
  concepts: readonly Concept[],
  onProgress?: OnProgress,
  wanted: 'nano' | 'all' = 'nano',
): Promise<(DrawnSprite & Pick<StyledPicture, 'rgba'>)[]> {
  const size = detectRecipe.renderSize
  const seen = concepts.filter((c) => !isUnseen(c))
  const all = await renderAll(seen, pretrainStyles, size, onProgress)
  const more = wanted === 'all' ? await renderMore(seen, size) : []
  return [...all, ...more].map(({ concept, rgba }) => {
    const of = seen[concept]!
    return { concept: of, index: concepts.indexOf(of), levels: levelsOf(size, rgba), rgba }
  })
}

/**
 * What test scenes show: the concepts in two styles that no training saw, without those that the one drew nearly as
 * another studio, which training saw, did before.
 */
export async function testSprites(concepts: readonly Concept[]): Promise<Sprite[]> {
  const size = detectRecipe.renderSize
  const before = await renderAll(concepts, ['noto'], size)
  const redrawn = new Set((await redrawnPictures(concepts, before, size)).map((p: StyledPicture) => p.concept))
  return concepts.flatMap((concept, i) => {
    const styles: Style[] = [taskStyle, ...(redrawn.has(i) ? [oodStyle] : [])]
    return styles.filter((style) => concept.styles[style]).map((style) => ({ concept, style }))
  })
}
