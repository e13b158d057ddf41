import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import type { Within } from '../../files/within.ts'
import { pipeline } from 'node:stream/promises'
import { phash, phashSide } from '#shared/phash.ts'
import { countUnhashed, unhashedAfter } from '../../db/curated.ts'
import { openPicture } from '../../engine/data/picture.ts'
import { type MediaFacts, setMediaFacts } from '../annotations/index.ts'
import { rasterOf } from '../media/raster.ts'
import { placesOf, type Project } from '../projects/index.ts'
import { type Control, checkpointOf } from './control.ts'

const atOnce = 64

/**
 * Content and perceptual hashes of the images that lack them, written as facts. A file that is gone keeps neither, one that cannot
 * be decoded no perceptual hash; neither stops the rest. What was written stays when the work is cancelled.
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
    // Gone, a link that leads out of its folder, or no image that can be decoded: what is known of it is kept.
  }
  return facts
}

/** SHA-256 of the file's bytes, in hexadecimal. */
export async function contentHash(file: string): Promise<string> {
  const sum = createHash('sha256')
  await pipeline(createReadStream(file), sum)
  return sum.digest('hex')
}

/** Of the upright picture, transparency over white. */
export async function perceptualHash(file: string): Promise<bigint> {
  await rasterOf(file)
  const grey = await (
    await openPicture(file, { sequentialRead: true, failOn: 'error' })
  )
    .autoOrient()
    .flatten({ background: '#fff' })
    .greyscale()
    .resize(phashSide, phashSide, { fit: 'fill' })
    .raw()
    .toBuffer()
  return phash(grey)
}
