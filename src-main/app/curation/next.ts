/** What to label next, by what a checkpoint makes of the images. */
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import { type NextImage, nextOptions } from '#shared/model/next.ts'
import { classOf as promptedClass } from '#shared/model/prompts.ts'
import { sentence } from '#shared/sentences/table.ts'
import { imageLabelBy, singleLabels } from '../../db/image-labels.ts'
import { imageIds } from '../../db/images.ts'
import { labelPrompts } from '../../db/labels.ts'
import { mediaIds } from '../../db/media-query.ts'
import { strategyRecord } from '../../engine/curation/index.ts'
import { setMediaLabels } from '../annotations/index.ts'
import { type Project, storedFolder } from '../projects/index.ts'
import { modelOf, onEmbeddings, search } from './control.ts'
import { ensureHashes } from './hashes.ts'
import { hashedImages } from './images.ts'
import { type Found, type Kept, keptResult } from './store.ts'

/**
 * Ranks the images that pass the filter by a strategy. The checkpoint's guesses are stored as its proposals where they differ from
 * the accepted labels, unless somebody has rejected them before; as one step of undo.
 * @throws a user error if the strategy lacks something, or the model does not know two of the project's labels
 */
export const findNext = search(nextOptions, async (app, project, o, control): Promise<Found<'next'>> => {
  const { folder, db } = project
  const strategy = strategyRecord(o.strategy)
  if (strategy.needs === 'other' && o.other === undefined) throw userError(sentence('next.other', { strategy: o.strategy }))
  const labels = labelPrompts(db)
  if (labels.length < 2) throw userError(sentence('next.classes', { folder }))
  await ensureHashes(project, control)
  const passing = new Set(mediaIds(db, o.filter, { limit: Number.MAX_SAFE_INTEGER }))
  const accepted = singleLabels(db)
  const classOf = new Map(labels.map((l, c) => [l.id, c]))
  // Images that do not pass are there to be different from, if they are labelled.
  const images = hashedImages(project).filter((i) => passing.has(i.id) || accepted.has(i.id))
  const wanted = images.filter((i) => passing.has(i.id))
  if (!wanted.length) throw userError(sentence('next.no-images', { folder }))
  if (strategy.needs === 'labels' && !wanted.some((i) => accepted.has(i.id))) throw userError(sentence('next.no-labelled', { folder }))
  const { found, readable } = await onEmbeddings(
    app,
    images,
    {
      kind: 'next',
      strategy: o.strategy,
      count: o.count,
      seed: o.seed,
      diversity: o.diversity,
      labels: Int32Array.from(images, (i) => classOf.get(accepted.get(i.id) ?? -1) ?? -1),
      candidates: Uint8Array.from(images, (i) => Number(passing.has(i.id))),
      classes: labels.map(({ name, prompts }) => promptedClass({ name, prompts: JSON.parse(prompts) as string[] })),
      ...(o.other !== undefined && { other: path.resolve(folder, o.other) }),
    },
    o.model,
    control,
  )
  if (found?.kind !== 'next') throw userError(sentence('curation.no-readable-image', { folder }))
  const details = Array.from(found.order, (row, k): NextImage => ({
    mediaId: images[readable[row]!]!.id,
    score: Number.isFinite(found.scores[k]) ? found.scores[k]! : Number.MAX_VALUE,
    labelId: labels[found.best[k]!]!.id,
    confidence: found.confidence[k]!,
  }))
  const model = storedFolder(project, modelOf(app, o.model))
  const ranked = readable.reduce((n, i) => n + Number(passing.has(images[i]!.id)), 0)
  return {
    summary: {
      strategy: o.strategy,
      model,
      images: ranked,
      unreadable: passing.size - ranked,
      queued: details.length,
      proposals: o.propose && !project.readOnly ? propose(project, model, details, accepted) : 0,
    },
    details,
  }
})

/** @returns the number of new proposals */
function propose(project: Project, checkpoint: string, images: readonly NextImage[], accepted: ReadonlyMap<number, number>): number {
  const proposals = images.flatMap(({ mediaId, labelId, confidence: score }) => {
    const author = { kind: 'checkpoint' as const, checkpoint, score }
    const known = accepted.get(mediaId) === labelId || imageLabelBy(project.db, mediaId, labelId, author) !== undefined
    return known ? [] : [{ mediaId, labelId, author }]
  })
  if (proposals.length) setMediaLabels(project, proposals)
  return proposals.length
}

/** The latest queue, without images that were removed since. */
export function nextImages(project: Project): { info: Kept<'next'>['info']; summary: Kept<'next'>['summary']; images: NextImage[] } | null {
  const kept = keptResult(project, 'next')
  if (!kept) return null
  const there = new Set(imageIds(project.db))
  return { info: kept.info, summary: kept.summary, images: kept.details.filter((i) => there.has(i.mediaId)) }
}
