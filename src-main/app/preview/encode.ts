/** Images are encoded before they are asked about: how long that takes is what tells models apart. */
import path from 'node:path'
import type { Detection, PreviewTask } from '#shared/model/preview.ts'
import type { ProposeTask } from '#shared/model/propose.ts'
import type { Question } from '#shared/model/question.ts'
import type { EngineClient } from '../../engine/index.ts'
import type { AppContext } from '../context.ts'
import type { Project } from '../projects/index.ts'

/** What one engine is doing, and how fast. */
interface Standing {
  /** Milliseconds of the last image, by the model's folder. */
  readonly speeds: Map<string, number>
  /** Number of questions that somebody waits for. */
  asked: number
  /** Resolve when nobody waits for an answer. */
  waiting: (() => void)[]
}
const standings = new WeakMap<EngineClient, Standing>()

function standingOf({ engine }: AppContext): Standing {
  let standing = standings.get(engine)
  if (!standing) standings.set(engine, (standing = { speeds: new Map(), asked: 0, waiting: [] }))
  return standing
}

/** Asks something that somebody waits for; nothing is encoded ahead meanwhile. */
export async function attended<T>(app: AppContext, ask: () => Promise<T>): Promise<T> {
  const standing = standingOf(app)
  standing.asked++
  try {
    return await ask()
  } finally {
    if (--standing.asked === 0) for (const go of standing.waiting.splice(0)) go()
  }
}

/**
 * Has a model encode an image, unless it has it.
 * @param ahead not before nobody waits for an answer
 * @throws a user error if the model cannot do the task, a data error if the image cannot be read
 */
export async function encode(
  app: AppContext,
  { model, file, task }: { readonly model: string; readonly file: string; readonly task: PreviewTask },
  { ahead = false } = {},
): Promise<void> {
  const standing = standingOf(app)
  while (ahead && standing.asked) await new Promise<void>((go) => standing.waiting.push(go))
  const { milliseconds } = await app.engine.ask({ kind: 'encode', model, file, task, ...keptIn(app) })
  if (milliseconds !== null) standing.speeds.set(model, milliseconds)
}

/** Asks what is in an image, which is encoded first; two models look at it in their own ways. */
export async function find(app: AppContext, question: Extract<Question, { readonly kind: ProposeTask }>): Promise<Detection[]> {
  const { kind: task, model, file, regions } = question
  if (!regions) await encode(app, { model, file, task })
  return app.engine.ask(question)
}

/** Where encoded images are kept; a context without a limit, or without a cache, has no place for them. */
const keptIn = ({ cache, encodingBytes }: AppContext) =>
  cache && encodingBytes ? { kept: { folder: path.join(cache, 'encodings'), bytes: encodingBytes() } } : {}

/** Models given relative to the project, as its own checkpoints are. */
export const placed = <A extends { readonly model: string; readonly regions?: string | undefined }>({ folder }: Project, asked: A): A => ({
  ...asked,
  model: path.resolve(folder, asked.model),
  ...(asked.regions === undefined ? {} : { regions: path.resolve(folder, asked.regions) }),
})

/** What encoding the last image took with a model; null if it was not asked. */
export const speedOf = (app: AppContext, model: string): number | null => standingOf(app).speeds.get(model) ?? null
