/** The models that a project can train from, compare and merge: the bundled one, and its own checkpoints. */
import { stat } from 'node:fs/promises'
import path from 'node:path'
import type { ModelEntry } from '#shared/contract/models.ts'
import { DashiError } from '#shared/errors.ts'
import type { ModelFacts } from '#shared/model/question.ts'
import { CONFIG_FILE } from '../../engine/weights/index.ts'
import type { AppContext } from '../context.ts'
import { modelsInBox } from '../training/box.ts'
import { licenceOf } from './licence.ts'
import { checkpointsIn } from './model-folders.ts'
import { speedOf } from '../preview/encode.ts'
import { listCheckpoints, type Project } from '../projects/index.ts'

/**
 * Facts are cached as long as the folder's record is unchanged, since checkpoints are replaced as a whole. That nothing could be
 * read is kept only where the folder is at fault: an engine that ended meanwhile is asked again.
 */
const known = new Map<string, { written: number; facts: Promise<ModelFacts | null> }>()

/** Facts about a checkpoint folder; null if it is not a checkpoint or reading took too long. */
export async function factsOf({ engine }: AppContext, dir: string): Promise<ModelFacts | null> {
  const written = await stat(path.join(dir, CONFIG_FILE)).then(
    (s) => s.ctimeMs,
    () => 0,
  )
  const kept = known.get(dir)
  if (kept?.written === written) return kept.facts
  const facts = written ? engine.ask({ kind: 'facts', model: dir }) : Promise.resolve(null)
  const entry = { written, facts: facts.catch(() => null) }
  known.set(dir, entry)
  facts.catch((e: unknown) => {
    const lasting = e instanceof DashiError && (e.fault === 'data' || e.fault === 'user')
    if (!lasting && known.get(dir) === entry) known.delete(dir)
  })
  return entry.facts
}

export type NamedModel = Pick<ModelEntry, 'name' | 'folder' | 'checkpoint' | 'outside'> & { readonly dir: string }

/** Newest first without duplicates, then the bundled models and those outside projects, whether or not they exist. */
export function namedModels(app: AppContext, project: Project): NamedModel[] {
  const seen = new Set<string>()
  return [
    ...listCheckpoints(project).map((c) => ({ name: c.name, folder: c.folder, checkpoint: c })),
    ...modelsInBox(app).map(({ name, dir }) => ({ name, folder: dir, checkpoint: null })),
    ...checkpointsIn(app.modelFolders?.() ?? []).map(({ name, dir }) => ({ name, folder: dir, checkpoint: null, outside: true })),
  ].flatMap((entry) => {
    const dir = path.resolve(project.folder, entry.folder)
    if (seen.has(dir)) return []
    seen.add(dir)
    return [{ outside: false, ...entry, dir }]
  })
}

/** The model that a record names: by its path or, in a project that was moved, by the name of its folder. */
export const namedAt = (models: readonly NamedModel[], dir: string): NamedModel | undefined =>
  models.find((m) => m.dir === path.resolve(dir)) ?? models.find((m) => m.checkpoint && path.basename(m.folder) === path.basename(dir))

/** The existing, readable models of {@link namedModels}, with their facts. */
export async function listModels(app: AppContext, project: Project): Promise<ModelEntry[]> {
  const entries = await Promise.all(
    namedModels(app, project).map(async ({ dir, ...entry }) => ({ dir, entry, facts: await factsOf(app, dir) })),
  )
  return entries.flatMap(({ dir, entry, facts }) =>
    facts ? [{ ...entry, ...facts, licence: licenceOf(dir), milliseconds: speedOf(app, dir) }] : [],
  )
}
