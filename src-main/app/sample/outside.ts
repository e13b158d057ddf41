/** Pictographs of things that nothing in a project need show: what a model knew before a training may be measured on them. */
import { z } from 'zod'
import { type Concept, conceptSchema, pretrainStyles, styleSchema } from '#shared/model/sample.ts'
import { type Drawn, type DrawnSet, openDrawn } from './cache.ts'
import { concepts } from './concepts.ts'
import { levelsOf } from './levels.ts'
import { mapLimit } from './pool.ts'
import { hash32, randomOf } from './random.ts'
import { renderPictograph } from './render.ts'
import type { SampleProgress } from './sample.ts'
import { suitsScene } from './scenes.ts'
import { composed, side } from './study/compose.ts'
import { Written } from './written.ts'

/** Increase this, and update `outsideHash`, with any change to a pixel or the index. */
const version = 1
/** SHA-256 over the decoded pixels and the index. */
export const outsideHash = '3315b91c399ababc26b6871ed045983138efa6db8dab0b4c96ef0bca3fd5d808'
/** Things; each in the four styles of pre-training. Somewhat more than are used, since a project may train on some of them. */
const count = 72
/** Side in px at which pictographs are rendered, to be drawn smaller. */
const renderSize = 128

const indexSchema = z.object({
  version: z.int(),
  things: z.array(z.object({ id: conceptSchema.shape.id, name: conceptSchema.shape.name })),
  /** `thing`: an index into `things`; `file`: relative to the folder. */
  pictures: z.array(z.object({ file: z.string().min(1), thing: z.int().nonnegative(), style: styleSchema })),
})
type OutsideIndex = z.infer<typeof indexSchema>

/** The same on every machine: countable things in the order of a hash, no two of which share a longer word: 'cow' and 'cow face'. */
function chosen(): Concept[] {
  const drawn = concepts()
    .filter((c) => suitsScene(c) && pretrainStyles.every((style) => c.styles[style]))
    .sort((a, b) => hash32(`outside ${a.id}`) - hash32(`outside ${b.id}`))
  const said = new Set<string>()
  const own: Concept[] = []
  for (const concept of drawn) {
    const words = concept.name.toLowerCase().match(/[a-z]{3,}/g) ?? []
    if (own.length === count || words.some((word) => said.has(word))) continue
    own.push(concept)
    for (const word of words) said.add(word)
  }
  return own
}

/** Draws the set into an existing, empty folder. */
export async function makeOutside(dir: string, onProgress: SampleProgress = () => {}): Promise<{ index: OutsideIndex; hash: string }> {
  const things = chosen()
  const pictures = things.flatMap(({ id }, thing) => pretrainStyles.map((style) => ({ file: `${id}-${style}.png`, thing, style })))
  const written = new Written(dir)
  let done = 0
  await mapLimit(pictures, async ({ file, thing, style }) => {
    const { data } = await renderPictograph(things[thing]!, style, renderSize)
    await written.picture(file, composed(randomOf(`outside ${file}`), levelsOf(renderSize, data)), side, side)
    onProgress(++done, pictures.length)
  })
  const index: OutsideIndex = { version, things: things.map(({ id, name }) => ({ id, name })), pictures }
  await written.json('index.json', index)
  return { index, hash: written.hash() }
}

const outsideSet: DrawnSet<OutsideIndex> = { name: 'outside', version, hash: outsideHash, schema: indexSchema, make: makeOutside }

/** From the cache; drawn first where it is missing, which takes seconds. */
export const openOutside = (onProgress?: SampleProgress): Promise<Drawn<OutsideIndex>> => openDrawn(outsideSet, onProgress)
