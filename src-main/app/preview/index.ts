/** Queries a model about the image on screen; the engine answers in its own threads. */
import type { ClassSpec } from '#shared/model/job.ts'
import type { TokenCounts } from '#shared/model/question.ts'
import type { AppContext } from '../context.ts'
import { getMedia, mediaFile, type Project } from '../projects/index.ts'

/** A checkpoint's predictions for an image, best first, over its own classes or, if it has none, those given. */
export const classifyImage = (
  app: AppContext,
  project: Project,
  mediaId: number,
  model: string,
  classes: readonly ClassSpec[],
): Promise<{ label: string; score: number }[]> =>
  app.engine.ask({ kind: 'classify', model, file: mediaFile(project, getMedia(project, mediaId)), classes: [...classes] })

/**
 * How many tokens of each text the model reads.
 * @throws a data error if the model has no text encoder
 */
export const countTokens = (app: AppContext, model: string, texts: readonly string[]): Promise<TokenCounts> =>
  app.engine.ask({ kind: 'tokens', model, texts: [...texts] })
