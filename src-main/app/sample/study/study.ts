/** Drawing the study. */
import { type Concept, oodStyle, pretrainStyles, type Style, taskStyle } from '#shared/model/sample.ts'
import { corruptions, type StudyIndex, studyIndexSchema, type StudySplit } from '#shared/model/study.ts'
import { type Drawn, type DrawnSet, openDrawn } from '../cache.ts'
import { type Level, levelsOf } from '../levels.ts'
import { mapLimit } from '../pool.ts'
import { randomOf } from '../random.ts'
import { renderPictograph } from '../render.ts'
import type { SampleProgress } from '../sample.ts'
import { Written } from '../written.ts'
import { composed, side } from './compose.ts'
import { classCount, studyConcepts } from './concepts.ts'
import { corrupted } from './corrupt.ts'
import { outline } from './outline.ts'

/** Increase this, and update `studyHash`, with any change to a pixel or the index. */
export const studyVersion = 1
/** SHA-256 over the decoded pixels and the index of the whole study. */
export const studyHash = 'cc95b2637c58a8a2924e822e2eb40347e1d453190cd6e7465bd03c2903b54110'
/** The same of the part. */
export const studyPartHash = '2a0f99ace9dc17a76759b68594ecea4290770437b04b2a35afd7696cbe5e1842'

export type Study = Drawn<StudyIndex>

/** How much of the study is drawn. */
export interface StudySize {
  /** The first pictures of each class and split only. */
  readonly part: boolean
  /** The first so many classes only, 2 to 128, with twice as many other concepts; no figures are published on those. */
  readonly classes?: number | undefined
}

/** Side in px at which pictographs are rendered, to be drawn smaller. */
const renderSize = 128

/**
 * Pictures of each class; of each concept for `outside`. 20 of 128 classes are 2,560: a share is known within two points (95%).
 */
export const pictures: Readonly<Record<StudySplit, number>> = {
  train: 16,
  val: 4,
  heldOut: 8,
  id: 20,
  ood: 20,
  sketch: 20,
  corrupted: 20,
  outside: 10,
}

/** Those of the part for a quick look: the first ones of each. */
const partOf: Readonly<Record<StudySplit, number>> = {
  train: 8,
  val: 2,
  heldOut: 4,
  id: 5,
  ood: 5,
  sketch: 5,
  corrupted: 5,
  outside: 4,
}

type Picture = StudyIndex['pictures'][number]

/** What is drawn: the picture's place in the index, and what it shows. */
interface Job {
  readonly picture: Picture
  readonly concept: Concept
}

/** Draws the study, or as much of it, into an existing, empty folder. */
export async function makeStudy(
  dir: string,
  { part, classes: count = classCount }: StudySize,
  onProgress: SampleProgress = () => {},
): Promise<{ index: StudyIndex; hash: string }> {
  const counts = part ? partOf : pictures
  const all = await studyConcepts(renderSize)
  const [classes, outside] = [all.classes.slice(0, count), all.outside.slice(0, 2 * count)]
  const jobs = [
    ...classes.flatMap((concept, k) => ofClass(concept, k, counts)),
    ...outside.flatMap((concept, k) => ofOutside(concept, k, counts)),
  ]
  const written = new Written(dir)
  const sprites = new Map<string, Promise<readonly Level[]>>()
  const spriteOf = (concept: Concept, style: Style, sketch: boolean) => {
    const key = `${style} ${concept.id} ${sketch}`
    const known = sprites.get(key) ?? rendered(concept, style, sketch)
    sprites.set(key, known)
    return known
  }
  let done = 0
  await mapLimit(jobs, async ({ picture, concept }) => {
    const sketch = picture.split === 'sketch'
    const random = randomOf(`study ${picture.file}`)
    const plain = composed(random, await spriteOf(concept, picture.style, sketch), { paper: sketch })
    const rgb = picture.corruption ? await corrupted(plain, side, picture.corruption, random) : plain
    await written.picture(picture.file, rgb, side, side)
    onProgress(++done, jobs.length)
  })
  const named = (all: readonly Concept[]) => all.map(({ id, name }) => ({ id, name }))
  const index: StudyIndex = {
    version: studyVersion,
    size: side,
    classes: named(classes),
    outside: named(outside),
    pictures: jobs.map(({ picture }) => picture),
  }
  await written.json('index.json', index)
  return { index, hash: written.hash() }
}

const setOf = ({ part, classes }: StudySize): DrawnSet<StudyIndex> => ({
  name: ['study', ...(part ? ['part'] : []), ...(classes ? [`${classes}-classes`] : [])].join('-'),
  version: studyVersion,
  hash: classes ? undefined : part ? studyPartHash : studyHash,
  schema: studyIndexSchema,
  make: (dir, onProgress) => makeStudy(dir, { part, classes }, onProgress),
})

export const openStudy = (size: StudySize, onProgress?: SampleProgress): Promise<Study> => openDrawn(setOf(size), onProgress)

async function rendered(concept: Concept, style: Style, sketch: boolean): Promise<readonly Level[]> {
  const { data } = await renderPictograph(concept, style, renderSize)
  return levelsOf(renderSize, sketch ? outline(renderSize, data) : data)
}

const fileOf = (split: StudySplit, { id }: Concept, i: number) => `${split}/${id}-${i}.png`
type Counts = Readonly<Record<StudySplit, number>>
const times = (split: StudySplit, counts: Counts) => Array.from({ length: counts[split] }, (_, i) => i)

const ofClass = (concept: Concept, k: number, counts: Counts): Job[] =>
  (['train', 'val', 'heldOut', 'id', 'ood', 'sketch', 'corrupted'] as const).flatMap((split) =>
    times(split, counts).map((i) => ({
      concept,
      picture: {
        file: fileOf(split, concept, i),
        class: k,
        style: split === 'ood' ? oodStyle : taskStyle,
        split,
        ...(split === 'corrupted' && {
          // Four kinds and five strengths: twenty pictures have each pair once.
          corruption: { kind: corruptions[i % corruptions.length]!, strength: 1 + (i % 5) },
        }),
      },
    })),
  )

const ofOutside = (concept: Concept, k: number, counts: Counts): Job[] =>
  times('outside', counts).map((i) => ({
    concept,
    picture: {
      file: fileOf('outside', concept, i),
      class: k,
      style: pretrainStyles[i % pretrainStyles.length]!,
      split: 'outside' as const,
    },
  }))
