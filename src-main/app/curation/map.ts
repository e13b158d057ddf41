import { mapOptions } from '#shared/model/curation.ts'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { countImages } from '../../db/images.ts'
import { modelOf, onEmbeddings, search } from './control.ts'
import { ensureHashes } from './hashes.ts'
import { hashedImages } from './images.ts'
import { indexFolder } from './similar.ts'
import type { Found } from './store.ts'

/** Places every image on a plane, similar ones near each other. */
export const makeMap = search(mapOptions, async (app, project, { method, seed, model }, control): Promise<Found<'map'>> => {
  await ensureHashes(project, control)
  const images = hashedImages(project)
  // Search by text or by image uses the same embeddings, so its index is built as well.
  const index = { folder: indexFolder(app, project, modelOf(app, model)), ids: Int32Array.from(images, (i) => i.id) }
  const { found: map, readable } = await onEmbeddings(app, images, { kind: 'map', method, seed, index }, model, control)
  if (map?.kind !== 'map') throw userError(sentence('curation.no-readable-image', { folder: project.folder }))
  const round = (x: number) => Math.round(x * 1e4) / 1e4
  const axis = (a: number) => Array.from(readable, (_, k) => round(map.points[2 * k + a]!))
  return {
    summary: {
      images: readable.length,
      method,
      laidOut: map.laidOut,
      variance: map.variance,
      unreadable: countImages(project.db) - readable.length,
    },
    details: { mediaIds: Array.from(readable, (i) => images[i]!.id), x: axis(0), y: axis(1) },
  }
})
