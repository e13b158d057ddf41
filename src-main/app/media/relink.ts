/**
 * Links images whose files were missing when their annotations were imported: a file is matched by name, and the image
 * keeps all its data.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { placesOf, type Project, relocateMedia } from '../projects/index.ts'
import { anyUnhashed, type Unhashed, unhashed } from '../../db/media-facts.ts'
import { factsOf } from './raster.ts'

export interface Relinked {
  linked: number
  /** Number of the project's images whose files are still missing. */
  missing: number
}

/** Label Studio prefixes uploaded files with eight hex digits. */
const namesOf = (path: string) => {
  const name = path.slice(path.lastIndexOf('/') + 1).toLowerCase()
  return [...new Set([name, name.replace(/^[0-9a-f]{8}-/, '')])]
}

/** Number of trailing path segments that two paths share. */
function common(a: string, b: string): number {
  const [x, y] = [a.toLowerCase().split('/').reverse(), b.toLowerCase().split('/').reverse()]
  let n = 0
  while (n < x.length && n < y.length && x[n] === y[n]) n++
  return n
}

/** A link leading out of its folder is not missing: it exists, and is refused. */
const isThere = (places: ReturnType<typeof placesOf>, { rootId, path }: Unhashed): boolean => {
  const place = places.get(rootId)
  return !place || place.linkOut(path) !== null || existsSync(join(place.folder, path))
}

export const mayBeMissing = ({ db }: Project): boolean => anyUnhashed(db)

/**
 * Takes `files`, the images below `root` (relative to it). A file is linked if its name matches (of several, the one
 * whose folders agree most), its size is the annotated one, and no other image of the project uses it.
 */
export async function relink(
  project: Project,
  root: string,
  files: AsyncIterable<string> | Iterable<string>,
  signal?: AbortSignal,
): Promise<number> {
  const waiting = new Map<string, Unhashed[]>()
  for (const w of unhashed(project.db)) for (const name of namesOf(w.path)) waiting.set(name, [...(waiting.get(name) ?? []), w])
  if (waiting.size === 0) return 0
  const places = placesOf(project)
  const absent = new Map<number, boolean>()
  const isAbsent = (w: Unhashed) => {
    let known = absent.get(w.id)
    if (known === undefined) absent.set(w.id, (known = !isThere(places, w)))
    return known
  }
  const candidates = new Map<number, { waits: Unhashed; files: { path: string; score: number }[] }>()
  for await (const path of files) {
    signal?.throwIfAborted()
    for (const w of waiting.get(path.slice(path.lastIndexOf('/') + 1).toLowerCase()) ?? []) {
      if (!isAbsent(w)) continue
      const entry = candidates.get(w.id) ?? { waits: w, files: [] }
      entry.files.push({ path, score: common(path, w.path) })
      candidates.set(w.id, entry)
    }
  }
  const taken = new Set<string>()
  const moves: Parameters<typeof relocateMedia>[2][number][] = []
  for (const { waits, files: found } of [...candidates.values()].sort(
    (a, b) => Math.max(...b.files.map((f) => f.score)) - Math.max(...a.files.map((f) => f.score)),
  )) {
    const best = Math.max(...found.map((f) => f.score))
    const fitting = []
    for (const { path } of found.filter((f) => f.score === best && !taken.has(f.path))) {
      const facts = await factsOf(join(root, path))
      if (!facts?.width || !facts.height || (waits.width !== null && (waits.width !== facts.width || waits.height !== facts.height)))
        continue
      fitting.push({ path, facts: { width: facts.width, height: facts.height, orientation: facts.orientation ?? 1 } })
    }
    const [only] = fitting
    if (!only || fitting.length > 1) continue
    taken.add(only.path)
    moves.push({ id: waits.id, ...only })
  }
  return moves.length ? relocateMedia(project, root, moves) : 0
}

export function countMissing(project: Project): number {
  const places = placesOf(project)
  return unhashed(project.db).filter((w) => !isThere(places, w)).length
}
