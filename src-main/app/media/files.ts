/** Determines which images can be decoded, when they are added and whenever their files change. */
import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { errorLine } from '#shared/errors.ts'
import type { CheckedFiles } from '#shared/contract/media.ts'
import { type FileFacts, fileFacts } from '../../db/media-facts.ts'
import { fileStates, type FileState, setFileStates, uncheckedIds, countUnchecked, unreadableMedia } from '../../db/media-file.ts'
import { linkReason, type Within } from '../../files/within.ts'
import { inWords, ofProcess } from '../../files/words.ts'
import { proved } from '../../engine/data/index.ts'
import { type MediaFacts, setMediaFacts } from '../annotations/images.ts'
import type { Project } from '../projects/project.ts'
import { listRoots, placesOf } from '../projects/index.ts'
import { contentHash, perceptualHash } from './hashes.ts'
import { rasterOf } from './raster.ts'

export interface CheckControl {
  signal?: AbortSignal
  progress?: (done: number, total: number | null) => void
  /** Checks files again even if they do not seem to have changed. */
  again?: boolean
}

const atOnce = 32

/**
 * Checks the files of these images if they were never checked or have changed since.
 * @returns the unreadable ones, with reasons
 */
export async function checkMedia(
  project: Project,
  ids: readonly number[],
  { signal, progress, again = false }: CheckControl = {},
): Promise<Map<number, string>> {
  const places = placesOf(project)
  const unreadable = new Map<number, string>()
  for (let at = 0; at < ids.length; at += atOnce) {
    signal?.throwIfAborted()
    const some = ids.slice(at, at + atOnce)
    const known = fileStates(project.db, some)
    const rows = fileFacts(project.db, some)
    const looked = await Promise.all(rows.map((row) => look(places.get(row.rootId)!, row, known.get(row.id), again)))
    signal?.throwIfAborted()
    if (!project.readOnly)
      note(
        project,
        looked.filter((l) => l.fresh),
      )
    for (const { mediaId, problem } of looked) if (problem !== null) unreadable.set(mediaId, problem)
    progress?.(Math.min(ids.length, at + atOnce), ids.length)
  }
  return unreadable
}

/** Checks all files that were never checked. */
export async function checkUnseen(project: Project, control: CheckControl = {}): Promise<void> {
  if (project.readOnly) return
  const total = countUnchecked(project.db)
  for (let after = 0, done = 0; ;) {
    const ids = uncheckedIds(project.db, after, 512)
    if (ids.length === 0) return
    after = ids.at(-1)!
    const before = done
    await checkMedia(project, ids, { ...control, progress: (n) => control.progress?.((done = before + n), total) })
  }
}

/** The unreadable images of this folder, by path. */
export function unreadableBelow(project: Project, root: string): { id: number; path: string; problem: string }[] {
  const ids = new Set(
    listRoots(project)
      .filter((r) => resolve(project.folder, r.path) === root)
      .map((r) => r.id),
  )
  return unreadableMedia(project.db, Number.MAX_SAFE_INTEGER).filter((m) => ids.has(m.rootId))
}

/** Rechecks unreadable files and checks those never checked. */
export async function checkAgain(project: Project, control: CheckControl = {}): Promise<CheckedFiles> {
  const bad = unreadableMedia(project.db, Number.MAX_SAFE_INTEGER).map((m) => m.id)
  const still = await checkMedia(project, bad, { ...control, again: true })
  const unseen = countUnchecked(project.db)
  await checkUnseen(project, control)
  const now = unreadableMedia(project.db, Number.MAX_SAFE_INTEGER).length
  return { checked: bad.length + unseen, unreadable: now, repaired: bad.length - still.size }
}

interface Looked extends FileState {
  /** Whether this differs from what was stored. */
  fresh: boolean
  facts: MediaFacts
}

async function look(place: Within, row: FileFacts, known: FileState | undefined, again: boolean): Promise<Looked> {
  const state = (stamp: string, problem: string | null, facts: MediaFacts = {}): Looked => ({
    mediaId: row.id,
    stamp,
    problem,
    facts,
    fresh: true,
  })
  const link = place.linkOut(row.path)
  if (link !== null) return state('', linkReason(link))
  const file = place.file(row.path)
  const stamp = await stampOf(file)
  if (known && !again && known.stamp === stamp && (stamp !== '' || known.problem !== null)) return { ...known, facts: {}, fresh: false }
  try {
    await proved(file, row.path)
    return state(stamp, null, await factsOf(file, row, known !== undefined && known.stamp !== stamp))
  } catch (e) {
    if (ofProcess(e)) throw e // an error of this process, not of the file: the next file would fail too
    const line = errorLine(inWords(e))
    return state(stamp, line.startsWith(`${row.path}: `) ? line.slice(row.path.length + 2) : line)
  }
}

/** The facts of a decodable image, recomputed if the file has changed. */
async function factsOf(file: string, { width, hash, perceptual }: FileFacts, changed: boolean): Promise<MediaFacts> {
  const raster = width === null || changed ? await rasterOf(file) : {}
  return {
    ...raster,
    ...(perceptual === null || changed ? await hashed(file) : {}),
    ...(hash !== null && changed ? { contentHash: await contentHash(file) } : {}),
  }
}

/** Empty if the picture can be decoded but not downscaled. */
const hashed = (file: string): Promise<MediaFacts> =>
  perceptualHash(file).then(
    (hash) => ({ perceptualHash: hash.toString(16).padStart(16, '0') }),
    () => ({}),
  )

/** '' if the file is missing. */
async function stampOf(file: string): Promise<string> {
  const info = await stat(file).catch(() => null)
  return info ? `${info.size} ${info.mtimeMs}` : ''
}

function note(project: Project, looked: readonly Looked[]): void {
  if (looked.length === 0) return
  project.db.transaction(() => {
    const found = looked.filter(({ facts }) => Object.keys(facts).length)
    if (found.length) setMediaFacts(project, new Map(found.map(({ mediaId, facts }) => [mediaId, facts])))
    setFileStates(project.db, looked)
  })
}
