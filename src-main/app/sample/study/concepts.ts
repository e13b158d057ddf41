/** Which concepts the study tells apart, and which it watches for being forgotten. */
import { type Concept, oodStyle, pretrainStyles, type Style, taskStyle } from '#shared/model/sample.ts'
import { hammingDistance } from '#shared/phash.ts'
import { concepts } from '../concepts.ts'
import { mapLimit } from '../pool.ts'
import { hash32 } from '../random.ts'
import { flatten, renderPictograph } from '../render.ts'
import { hardlyRedrawn } from '../sample.ts'
import { suitsScene } from '../scenes.ts'
import { hashOfPicture } from '../split.ts'

export const classCount = 128
export const outsideCount = 256

/** Classes are further apart than this, in bits of 64 between their pictures in the task's style. */
const nearlyAlike = 8

/** @param size side in px at which pictures are compared */
export async function studyConcepts(size: number): Promise<{ classes: Concept[]; outside: Concept[] }> {
  const hashOf = async (concept: Concept, style: Style) => hashOfPicture(flatten(await renderPictograph(concept, style, size)), size, size)
  const drawn = concepts()
    .filter((c) => suitsScene(c) && pretrainStyles.every((style) => c.styles[style]))
    .sort((a, b) => hash32(`study ${a.id}`) - hash32(`study ${b.id}`))
  const hashed = await mapLimit(drawn, async (concept) => ({ concept, own: await hashOf(concept, taskStyle) }))
  const [classes, outside, taken]: [Concept[], Concept[], bigint[]] = [[], [], []]
  for (const { concept, own } of hashed) {
    if (taken.some((other) => hammingDistance(other, own) <= nearlyAlike)) continue
    if (classes.length < classCount && (await redrawn(concept, hashOf))) classes.push(concept)
    else if (outside.length < outsideCount) outside.push(concept)
    else continue
    taken.push(own)
  }
  if (classes.length < classCount || outside.length < outsideCount)
    throw new Error(`too few concepts for the study: ${classes.length} and ${outside.length}`)
  return { classes, outside }
}

/** Whether the studio that nothing trained on draws it otherwise than the studio of pre-training that it came before. */
async function redrawn(concept: Concept, hashOf: (concept: Concept, style: Style) => Promise<bigint>): Promise<boolean> {
  if (!concept.styles[oodStyle]) return false
  const [before, after] = [await hashOf(concept, oodStyle), await hashOf(concept, 'noto')]
  return hammingDistance(before, after) > hardlyRedrawn
}
