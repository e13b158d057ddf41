import type { Within } from '../../files/within.ts'
import { countUnhashed, unhashedAfter } from '../../db/curated.ts'
import { type MediaFacts, setMediaFacts } from '../annotations/index.ts'
import { contentHash, perceptualHash } from '../media/hashes.ts'
import { placesOf, type Project } from '../projects/index.ts'
import { type Control, checkpointOf } from './control.ts'

const atOnce = 64

/**
 * Computes missing content and perceptual hashes and stores them as facts. A missing file gets neither, an
 * undecodable one no perceptual hash; neither stops the rest. Stored hashes are kept on cancel.
 */
export async function ensureHashes(project: Project, control: Control = {}): Promise<void> {
  const check = checkpointOf(control)
  const total = countUnhashed(project.db)
  if (!total || project.readOnly) return
  const places = placesOf(project)
  for (let after = 0, done = 0; ;) {
    const rows = unhashedAfter(project.db, after, atOnce)
    if (!rows.length) return
    after = rows.at(-1)!.id
    const facts = await Promise.all(rows.map(async (r) => [r.id, await hashesOf(places.get(r.root)!, r.path)] as const))
    check()
    const found = facts.filter(([, f]) => Object.keys(f).length)
    if (found.length) setMediaFacts(project, new Map(found))
    control.onProgress?.({ phase: 'hashing', done: (done += rows.length), total })
  }
}

async function hashesOf(place: Within, path: string): Promise<MediaFacts> {
  const facts: MediaFacts = {}
  try {
    const file = place.file(path)
    facts.contentHash = await contentHash(file)
    facts.perceptualHash = (await perceptualHash(file)).toString(16).padStart(16, '0')
  } catch {
    // Missing, a link out of its folder, or undecodable: keep what is known so far.
  }
  return facts
}
