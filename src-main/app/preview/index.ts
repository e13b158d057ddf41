/** Queries a model about the image on screen; the engine answers in its own threads. */
import { userError } from '#shared/errors.ts'
import type { ClassSpec } from '#shared/model/job.ts'
import { classOf } from '#shared/model/prompts.ts'
import type { Label } from '#shared/model/label.ts'
import type { BoxTuple, Detection, DetectionSettings, Mask, Prompt, Segment } from '#shared/model/preview.ts'
import type { ProposeTask, Sought } from '#shared/model/propose.ts'
import type { TokenCounts } from '#shared/model/question.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { AppContext } from '../context.ts'
import { getMedia, listLabels, mediaFile, type Project } from '../projects/index.ts'
import { attended, encode, find } from './encode.ts'

export { placed } from './encode.ts'
export type { Control } from './storing.ts'

/** A checkpoint's predictions for an image, best first, over its own classes or, if it has none, those given. */
export const classifyImage = (
  app: AppContext,
  project: Project,
  mediaId: number,
  model: string,
  classes: readonly ClassSpec[],
): Promise<{ label: string; score: number }[]> =>
  attended(app, () =>
    app.engine.ask({ kind: 'classify', model, file: mediaFile(project, getMedia(project, mediaId)), classes: [...classes] }),
  )

/** A model that is asked about an image of a project. */
export interface Asked {
  readonly mediaId: number
  readonly model: string
}
export type Labelled<T> = T & { readonly labelId: number | null }
const fileOf = (project: Project, mediaId: number) => mediaFile(project, getMedia(project, mediaId))

/**
 * What a model finds in an image, best first.
 * @throws a user error if it cannot do the task or there is nothing to look for
 */
export async function findIn(
  app: AppContext,
  project: Project,
  task: 'detect',
  { mediaId, model, settings, ...sought }: Asked & Sought & { readonly settings: DetectionSettings },
): Promise<Labelled<Detection>[]>
export async function findIn(
  app: AppContext,
  project: Project,
  task: 'segment',
  { mediaId, model, settings, ...sought }: Asked & Sought & { readonly settings: DetectionSettings },
): Promise<Labelled<Segment>[]>
export async function findIn(
  app: AppContext,
  project: Project,
  task: ProposeTask,
  { mediaId, model, settings, regions, ...sought }: Asked & Sought & { readonly settings: DetectionSettings },
): Promise<Labelled<Detection>[]> {
  const { prompt, labelIds } = promptFor(project, sought)
  const file = fileOf(project, mediaId)
  return attended(app, async () => {
    const found = await find(app, { kind: task, model, file, prompt, settings, ...(regions ? { regions } : {}) })
    return found.map((f) => ({ ...f, labelId: labelIds.get(f.label) ?? null }))
  })
}

export interface Clicked {
  readonly clicks: readonly { readonly x: number; readonly y: number; readonly positive: boolean }[]
  readonly box?: BoxTuple
}

/** Masks for clicks on an image or a box, best first. @throws a user error if nothing is asked or the model takes no prompts */
export function masksIn(app: AppContext, project: Project, { mediaId, model, clicks, box }: Asked & Clicked): Promise<Mask[]> {
  const file = fileOf(project, mediaId)
  const places = clicks.map(({ x, y, positive }) => ({ x, y, inside: positive }))
  return attended(app, async () => {
    await encode(app, { model, file, task: 'prompt' })
    return app.engine.ask({ kind: 'mask', model, file, clicks: places, ...(box ? { box } : {}) })
  })
}

/** A query as the engine takes it, and the labels that its words belong to. */
export interface PromptFor {
  readonly prompt: Prompt
  readonly labelIds: ReadonlyMap<string, number>
}

/** @throws a user error if there is nothing to look for, or the image of the example is not in the project */
export function promptFor(project: Project, { words, templates, example }: Sought): PromptFor {
  const labels = listLabels(project)
  if (example) {
    const { mediaId, region } = example
    return { prompt: { example: { file: fileOf(project, mediaId), ...(region ? { region } : {}) } }, labelIds: new Map() }
  }
  const names = words ?? labels.map((l) => l.name)
  if (!names.length) throw userError(sentence('preview.no-labels'))
  const asked = names.map((name) => ({ name, ...labelOf(labels, name) }))
  return {
    prompt: { classes: asked.map(({ spec }) => spec), ...(templates ? { templates: [...templates] } : {}) },
    labelIds: new Map(asked.flatMap(({ name, label }) => (label ? [[name, label.id]] : []))),
  }
}

/** The label that a word means, and how the word is looked for: a label's name by the label's prompts. */
function labelOf(labels: readonly Label[], word: string): { readonly label?: Label; readonly spec: ClassSpec } {
  const named = labels.find((l) => l.name === word)
  if (named) return { label: named, spec: classOf(named) }
  const same = (text: string) => text.toLowerCase() === word.toLowerCase()
  const prompted = labels.find((l) => l.prompts.some(same))
  if (prompted) return { label: prompted, spec: { name: word, phrase: word } }
  const label = labels.find((l) => same(l.name) || l.synonyms.some(same))
  return { ...(label ? { label } : {}), spec: { name: word, phrase: null } }
}

/**
 * How many tokens of each text the model reads.
 * @throws a data error if the model has no text encoder
 */
export const countTokens = (app: AppContext, model: string, texts: readonly string[]): Promise<TokenCounts> =>
  app.engine.ask({ kind: 'tokens', model, texts: [...texts] })
