import { createHash } from 'node:crypto'
import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import type { IndexSummary, SimilarAnswer, SimilarQuery } from '#shared/model/curation.ts'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { countHashed } from '../../db/curated.ts'
import { countImages, imageIds } from '../../db/images.ts'
import { metaValue } from '../../db/meta.ts'
import { VectorIndex } from '../../engine/curation/index.ts'
import { mistakenFolder } from '../../engine/weights/index.ts'
import type { AppContext } from '../context.ts'
import { getMedia, type Project } from '../projects/index.ts'
import { type Control, modelOf, onEmbeddings } from './control.ts'
import { ensureHashes } from './hashes.ts'
import { hashedImages } from './images.ts'

/** One index per project and model, next to the cached features; a changed model file counts as another model. */
export function indexFolder(app: AppContext, project: Project, model: string): string {
  const mistaken = mistakenFolder(model)
  if (mistaken) throw mistaken
  const files = readdirSync(model)
    .filter((f) => /\.(safetensors|json)$/.test(f) && f !== 'dashi.json')
    .sort()
  const versions = files.map((f) => {
    const { size, mtimeMs } = statSync(path.join(model, f))
    return [f, size, mtimeMs]
  })
  const key = createHash('sha256')
    .update(JSON.stringify([metaValue(project.db, 'id') ?? project.folder, model, versions]))
    .digest('hex')
  return path.join(app.cache, 'neighbours', key.slice(0, 24))
}

/** Builds or updates the model's index of the project's images; no-op if nothing changed. */
export async function makeIndex(
  app: AppContext,
  project: Project,
  { model }: { model?: string } = {},
  control: Control = {},
): Promise<IndexSummary> {
  await ensureHashes(project, control)
  const images = hashedImages(project)
  if (!images.length) throw userError(sentence('curation.no-readable-image', { folder: project.folder }))
  const folder = indexFolder(app, project, modelOf(app, model))
  const { readable, dimensions } = await onEmbeddings(
    app,
    images,
    { kind: 'index', folder, ids: Int32Array.from(images, (i) => i.id) },
    model,
    control,
  )
  return { images: readable.length, dimensions, unreadable: countImages(project.db) - readable.length }
}

let opened: { folder: string; index: VectorIndex } | undefined

function openIndex(folder: string): VectorIndex | undefined {
  const index = opened?.folder === folder && opened.index.current ? opened.index : VectorIndex.open(folder)
  opened = index && { folder, index }
  return index
}

/** An image's embedding, if there is an index of the model that has it. */
export const indexedVector = (app: AppContext, project: Project, model: string, mediaId: number): Float32Array | undefined =>
  openIndex(indexFolder(app, project, model))?.vector(mediaId)

/** The images most similar to an image of the project or to a text. */
export async function similarImages(
  app: AppContext,
  project: Project,
  query: SimilarQuery,
  { model: given, limit }: { model?: string; limit: number },
): Promise<SimilarAnswer> {
  const model = modelOf(app, given)
  const index = openIndex(indexFolder(app, project, model))
  if (!index) return { status: 'missing' }
  const there = new Set(imageIds(project.db))
  const stale = index.size !== countHashed(project.db)
  const self = query.kind === 'image' ? getMedia(project, query.mediaId).id : 0
  const vector = query.kind === 'image' ? index.vector(self) : await app.engine.ask({ kind: 'embed', model, text: query.text })
  // The image is newer than the index, which has to be rebuilt first.
  if (!vector) return { status: 'missing' }
  // Skips removed images and the query image itself.
  const gone = Math.max(0, index.size - there.size)
  const images = index
    .search(vector, limit + 1 + Math.min(gone, 1000))
    .flatMap(({ id, similarity }) => (id === self || !there.has(id) ? [] : [{ mediaId: id, similarity }]))
  return { status: 'found', images: images.slice(0, limit), stale }
}
