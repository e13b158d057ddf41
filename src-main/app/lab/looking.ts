/** A row of prompts on an image: what the model finds, and how good that is. One record for each task. */
import type { ClassSpec } from '#shared/model/job.ts'
import type { LabFound, LabTask } from '#shared/model/prompt-lab.ts'
import type { BoxTuple, Detection, Segment } from '#shared/model/preview.ts'
import { classOf } from '#shared/model/prompts.ts'
import type { Box } from '#shared/model/shape.ts'
import type { AppContext } from '../context.ts'
import { indexedVector } from '../curation/index.ts'
import { listLabels, type Project } from '../projects/index.ts'
import { answerOf, modelKey } from './answers.ts'
import type { LabImage } from './images.ts'
import {
  boxScoreOn,
  boxScores,
  type BoxesOn,
  type ClassOn,
  classOn,
  classScores,
  joinedMask,
  maskScoreOn,
  maskScores,
  type MasksOn,
  type Scores,
} from './measure.ts'

export interface Asked {
  readonly app: AppContext
  readonly project: Project
  /** Folder. */
  readonly model: string
  readonly label: { readonly id: number; readonly name: string }
}

/** What is found on an image, with all that the metrics need. */
interface Looked<On> {
  readonly on: On
  readonly found: LabFound
  /** Like `found.score`, but of two images that are equally right or wrong, it tells which is more so. */
  readonly fine: number
}

interface Looking<On = unknown> {
  /** What each image is asked for. */
  begin(asked: Asked, row: readonly string[]): Promise<(image: LabImage) => Promise<Looked<On>>>
  scores(images: readonly On[], label: number): Scores
}

/** What a task's `scores` gets is what its own `begin` returned. */
const defineLooking = <On>(looking: Looking<On>) => looking as unknown as Looking

const boxOf = ([x, y, w, h]: BoxTuple): Box => ({ x, y, w, h })
/** All boxes count towards AP, whatever their score; a word's own doubles do not. */
const BOXES = { threshold: 0, overlap: 0.5, most: 100 } as const
/** On an image without the label: what a person would see of the false alarms. */
const SHOWN_WITHOUT = 1

const detect = defineLooking<BoxesOn>({
  begin({ app, model, label }, row) {
    const prompt = { classes: [classOf({ name: label.name, prompts: row })] }
    const version = modelKey(model)
    return Promise.resolve(async ({ file, boxes }) => {
      const answer = await answerOf<Detection[]>(version, file, ['detect', prompt], () =>
        app.engine.ask({ kind: 'detect', model, file, prompt, settings: BOXES }),
      )
      const on = { found: answer.map(({ box, score }) => ({ box: boxOf(box), score })), truth: boxes }
      const score = boxScoreOn(on)
      const shown = on.found.slice(0, boxes.length || SHOWN_WITHOUT).map(({ box, score: s }) => ({ ...box, score: s }))
      return { on, fine: score, found: { score, boxes: shown, said: null } }
    })
  },
  scores: boxScores,
})

const segment = defineLooking<MasksOn>({
  begin({ app, project, model, label }, row) {
    const prompt = { classes: [classOf({ name: label.name, prompts: row })] }
    // Where words compete for each pixel, the project's other labels do so too.
    const background = ['background', ...listLabels(project).flatMap((l) => (l.id === label.id ? [] : [l.name]))]
    const version = modelKey(model)
    return Promise.resolve(async ({ file, width, height, masks }) => {
      const answer = await answerOf<Segment[]>(version, file, ['segment', prompt, background], () =>
        app.engine.ask({ kind: 'segment', model, file, prompt, settings: { background } }),
      )
      const on = { found: answer[0]?.mask ?? null, truth: joinedMask(masks, height, width) }
      const score = maskScoreOn(on)
      return { on, fine: score, found: { score, boxes: answer.map((s) => ({ ...boxOf(s.box), score: s.score })), said: null } }
    })
  },
  scores: maskScores,
})

const classify = defineLooking<ClassOn>({
  async begin({ app, project, model, label }, row) {
    const labels = listLabels(project)
    const specs: ClassSpec[] = labels.map((l) => classOf(l.id === label.id ? { name: l.name, prompts: row } : l))
    const classes = await app.engine.ask({ kind: 'embed-classes', model, classes: specs })
    const version = modelKey(model)
    return async ({ file, mediaId, labelId }) => {
      const vector =
        indexedVector(app, project, model, mediaId) ??
        (await answerOf(version, file, 'embed', () => app.engine.ask({ kind: 'embed-image', model, file })))
      const at = classOn(
        vector,
        classes,
        labels.findIndex((l) => l.id === labelId),
      )
      const on = { ...at, truth: labels[at.truth]!.id, said: labels[at.said]!.id }
      const score = on.said === on.truth ? 1 : 0
      return { on, fine: score + on.margin, found: { score, boxes: [], said: on.said } }
    }
  },
  scores: classScores,
})

export const lookings: Readonly<Record<LabTask, Looking>> = { detect, segment, classify }
