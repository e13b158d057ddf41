/** The texts of accepted captions, of which suggestions are made. */
import type { Database } from './database.ts'

export interface BankedCaption {
  readonly image: number
  readonly region: number | null
  readonly text: string
  readonly language: string | null
}

/** Accepted captions, the newest first. */
export const acceptedCaptions = (db: Database): Generator<BankedCaption> =>
  db.iterate(`SELECT media_id AS image, region_id AS region, text, language FROM caption WHERE state = 'accepted' ORDER BY id DESC`)
