/** The images that curation works on, and detection of outdated results. */
import { hashedRows, type Source, summaryOf } from '../../db/curated.ts'
import { fingerprint } from '../../engine/data/index.ts'
import { placesOf, type Project } from '../projects/index.ts'

export interface HashedImage {
  readonly id: number
  readonly file: string
  /** SHA-256. */
  readonly hash: string
  readonly perceptual: string
  readonly annotated: boolean
  readonly pixels: number
}

/** Readable images, by id. */
export function hashedImages(project: Project): HashedImage[] {
  const places = placesOf(project)
  return hashedRows(project.db)
    .filter((r) => places.get(r.root)!.linkOut(r.path) === null)
    .map((r) => ({
      id: r.id,
      file: places.get(r.root)!.file(r.path),
      hash: r.hash,
      perceptual: r.perceptual,
      annotated: r.annotated === 1,
      pixels: r.pixels ?? 0,
    }))
}

/** A fingerprint of the data behind a result; if it changes, the result is outdated. */
export const stateOf = ({ db }: Project, of: readonly Source[]): string => fingerprint(of.map((s) => summaryOf(db, s))).slice(0, 16)
