/** Asking a model about what is on the screen; the engine answers in threads of its own. */
import type { ClassSpec } from '#shared/model/job.ts'
import type { TokenCounts } from '#shared/model/question.ts'
import type { AppContext } from '../context.ts'
import { getMedia, mediaFile, type Project } from '../projects/index.ts'

/** What a checkpoint sees on an image, the best first: its own classes, or for one without, the classes given. */
export const classifyImage = (
  app: AppContext,
  project: Project,
  mediaId: number,
  model: string,
  classes: readonly ClassSpec[],
): Promise<{ label: string; score: number }[]> =>
  app.engine.ask({ kind: 'classify', model, file: mediaFile(project, getMedia(project, mediaId)), classes: [...classes] })

/** How much of each text a model reads. @throws a data fault where the folder's model reads no texts */
export const countTokens = (app: AppContext, model: string, texts: readonly string[]): Promise<TokenCounts> =>
  app.engine.ask({ kind: 'tokens', model, texts: [...texts] })
