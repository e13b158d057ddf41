/** A project made from a set of drawn pictures. */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { constants, cp } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { userError } from '#shared/errors.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import { sentence } from '#shared/sentences/table.ts'
import { refuseReplacing, replaceFolder } from '../../files/replace.ts'
import { addLabels } from '../annotations/labels.ts'
import { contentHash } from '../media/hashes.ts'
import { addRecords } from '../projects/index.ts'
import { createProject } from '../projects/project.ts'
import type { Drawn } from './cache.ts'
import { withArticle } from './phrases.ts'
import { mapLimit } from './pool.ts'
import type { SampleProgress } from './sample.ts'

export interface DrawnProjectOptions {
  readonly onProgress?: (done: number, total: number) => void
  readonly signal?: AbortSignal
}

export interface DrawnProject<I> {
  readonly name: string
  open(onProgress?: SampleProgress): Promise<Drawn<I>>
  /** Folders of the set that hold the project's images. */
  readonly folders: readonly string[]
  labels(set: Drawn<I>): readonly string[]
  /** File names are relative to the set's folder. */
  records(set: Drawn<I>): Promise<ImageRecord[]> | ImageRecord[]
}

/**
 * Creates the project with its images copied from the cache. It is filled under a temporary name and renamed, so it
 * exists completely or not at all.
 * @returns whether the pixels are those that published figures were measured on
 */
export async function createDrawnProject<I>(
  folder: string,
  { onProgress, signal }: DrawnProjectOptions,
  what: DrawnProject<I>,
): Promise<{ verified: boolean }> {
  const target = resolve(folder)
  if (existsSync(join(target, 'project.db'))) throw userError(sentence('exchange.project-there', { folder: target }))
  if (existsSync(target) && (!statSync(target).isDirectory() || readdirSync(target).length))
    throw userError(sentence('folder-not-empty', { folder: target }))
  await refuseReplacing(target)
  const set = await what.open((done, total) => {
    signal?.throwIfAborted()
    onProgress?.(done, total)
  })
  await replaceFolder(target, (beside) => fill(beside, set, what, signal))
  return { verified: set.verified }
}

async function fill<I>(beside: string, set: Drawn<I>, what: DrawnProject<I>, signal?: AbortSignal): Promise<void> {
  const project = createProject(beside, { name: what.name })
  try {
    for (const part of what.folders)
      await cp(join(set.dir, part), join(beside, 'media', part), {
        recursive: true,
        mode: constants.COPYFILE_FICLONE,
        filter: () => !signal?.aborted,
      })
    signal?.throwIfAborted()
    addLabels(
      project,
      what.labels(set).map((name) => ({ name, prompts: [withArticle(name)] })),
    )
    const records = await what.records(set)
    // Hashed up front: runs name the dataset's hash, which would change if content hashes were added later.
    const hashed = await mapLimit(records, async (record) => ({
      ...record,
      contentHash: await contentHash(join(beside, 'media', record.fileName)),
    }))
    addRecords(project, hashed, { action: 'sample', signal })
  } finally {
    project.close()
  }
}
