/** Queries a model about the image on screen; the engine answers in its own threads. */
import { userError } from '#shared/errors.ts'
import type { ClassSpec } from '#shared/model/job.ts'
import type { BoxTuple, Detection, DetectionSettings, Prompt } from '#shared/model/preview.ts'
import type { TokenCounts } from '#shared/model/question.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { AppContext } from '../context.ts'
import { getMedia, listLabels, mediaFile, type Project } from '../projects/index.ts'

/** A checkpoint's predictions for an image, best first, over its own classes or, if it has none, those given. */
export const classifyImage = (
  app: AppContext,
  project: Project,
  mediaId: number,
  model: string,
  classes: readonly ClassSpec[],
): Promise<{ label: string; score: number }[]> =>
  app.engine.ask({ kind: 'classify', model, file: mediaFile(project, getMedia(project, mediaId)), classes: [...classes] })

export interface Sought {
  /** Words to look for; by default the project's labels. A word that names a label is looked for by its first prompt. */
  readonly words?: readonly string[]
  /** An image, or a region of it, to find the like of. */
  readonly example?: { readonly mediaId: number; readonly region?: BoxTuple }
}

/**
 * What a detector finds in an image, best first.
 * @throws a user error if it cannot detect or there is nothing to look for
 */
export function detectIn(
  app: AppContext,
  project: Project,
  mediaId: number,
  model: string,
  { words, example }: Sought,
  settings: DetectionSettings,
  regions?: string,
): Promise<Detection[]> {
  const fileOf = (id: number) => mediaFile(project, getMedia(project, id))
  const prompt: Prompt = example
    ? { example: { file: fileOf(example.mediaId), ...(example.region ? { region: example.region } : {}) } }
    : { classes: classesFor(project, words) }
  return app.engine.ask({ kind: 'detect', model, file: fileOf(mediaId), prompt, settings, ...(regions ? { regions } : {}) })
}

/** The project's labels, or words, with the labels' first prompts. @throws a user error if there are none */
export function classesFor(project: Project, words: readonly string[] | undefined): ClassSpec[] {
  const known = listLabels(project)
  const names = words ?? known.map((l) => l.name)
  if (!names.length) throw userError(sentence('preview.no-labels'))
  return names.map((name) => ({ name, phrase: known.find((l) => l.name === name)?.prompts[0] ?? null }))
}

/**
 * How many tokens of each text the model reads.
 * @throws a data error if the model has no text encoder
 */
export const countTokens = (app: AppContext, model: string, texts: readonly string[]): Promise<TokenCounts> =>
  app.engine.ask({ kind: 'tokens', model, texts: [...texts] })
