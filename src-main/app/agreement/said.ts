/**
 * The annotations of two authors, image by image. All count, accepted or not, since a later decision does not change
 * what an author said.
 */
import { userError } from '#shared/errors.ts'
import type { AgreementQuery, AuthorCount, AuthorRef } from '#shared/model/agreement.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import { sentence } from '#shared/sentences/table.ts'
import { annotationsBy, countByAuthor, imagesByAuthor } from '../../db/authors.ts'
import { toMediaLabel, toRegion } from '../../db/entities.ts'
import { imageSizes } from '../../db/images.ts'
import type { Project } from '../projects/project.ts'
import { hasArea, type Marked } from './match.ts'

export interface MarkedRow extends Marked {
  decided: boolean
}
export interface LabelRow {
  id: number
  labelId: number
  decided: boolean
}
interface Said {
  regions: MarkedRow[]
  labels: LabelRow[]
  /** Number of regions without an area. */
  others: number
}
export interface SaidOfImage {
  mediaId: number
  path: string
  width: number | null
  height: number | null
  a: Said
  b: Said
}

export const authorKey = ({ kind, name }: AuthorRef) => `${kind}:${name}`
const refOf = (key: string): AuthorRef => ({
  kind: key.startsWith('person:') ? 'person' : 'checkpoint',
  name: key.slice(key.indexOf(':') + 1),
})

/** Everyone who annotated anything, sorted by number of images. */
export function listAuthors({ db }: Project): AuthorCount[] {
  const counts = new Map<string, AuthorCount>()
  for (const [table, field] of [
    ['region', 'regions'],
    ['media_label', 'imageLabels'],
    ['caption', 'captions'],
  ] as const)
    for (const { author, n } of countByAuthor(db, table)) {
      let known = counts.get(author)
      if (!known) counts.set(author, (known = { ...refOf(author), images: 0, regions: 0, imageLabels: 0, captions: 0 }))
      known[field] = n
    }
  for (const [author, known] of counts) known.images = imagesByAuthor(db, author, ['region', 'media_label', 'caption']).length
  return [...counts.values()].sort((x, y) => y.images - x.images || (authorKey(x) < authorKey(y) ? -1 : 1))
}

/** The person with this name, else the checkpoint with this id. The error lists the authors. */
export function authorNamed(project: Project, name: string): AuthorRef {
  const all = listAuthors(project)
  const found = all.find((x) => x.kind === 'person' && x.name === name) ?? all.find((x) => x.name === name)
  if (found) return { kind: found.kind, name: found.name }
  throw userError(
    sentence('agreement.nobody', { name, all: all.map((x) => `"${x.name}"`).join(', ') || sentence('agreement.nobody-at-all') }),
  )
}

const chunk = 500
/** Captions are not compared. */
const compared = ['region', 'media_label'] as const

export interface Compared {
  images: { a: number; b: number; both: number; compared: number }
  said: Generator<SaidOfImage>
}

/** The images to compare, with both authors' annotations. */
export function saidOf(project: Project, { a, b, images = 'both' }: Pick<AgreementQuery, 'a' | 'b' | 'images'>): Compared {
  const { db } = project
  const [keyA, keyB] = [authorKey(a), authorKey(b)]
  if (keyA === keyB) throw userError(sentence('agreement.same', { name: a.name }))
  const [ofA, ofB] = [imagesByAuthor(db, keyA, compared), imagesByAuthor(db, keyB, compared)]
  const setB = new Set(ofB)
  const both = ofA.filter((id) => setB.has(id))
  const ids = images === 'both' ? both : [...new Set([...ofA, ...ofB])].sort((x, y) => x - y)
  return {
    images: { a: ofA.length, b: ofB.length, both: both.length, compared: ids.length },
    said: read(project, ids, keyA, keyB),
  }
}

function* read({ db }: Project, ids: readonly number[], keyA: string, keyB: string): Generator<SaidOfImage> {
  for (let i = 0; i < ids.length; i += chunk) {
    const wanted = ids.slice(i, i + chunk)
    const images = new Map<number, SaidOfImage>()
    const nothing = (): Said => ({ regions: [], labels: [], others: 0 })
    for (const m of imageSizes(db, wanted))
      images.set(m.id, { mediaId: m.id, path: m.path, width: m.width, height: m.height, a: nothing(), b: nothing() })
    const rows = (table: (typeof compared)[number]) => annotationsBy(db, table, wanted, [keyA, keyB])
    const side = (row: StoredRow) => images.get(Number(row['media_id']))?.[row['author'] === keyA ? 'a' : 'b']
    const decided = (row: StoredRow) => row['decided_by'] !== null
    for (const row of rows('region')) {
      const of = side(row)
      const { id, labelId, shape } = toRegion(row)
      if (!hasArea(shape)) of!.others++
      else of!.regions.push({ id, labelId, shape, decided: decided(row) })
    }
    for (const row of rows('media_label')) {
      const { id, labelId } = toMediaLabel(row)
      side(row)!.labels.push({ id, labelId, decided: decided(row) })
    }
    yield* images.values()
  }
}
