import { existsSync } from 'node:fs'
import type { ProjectInfo } from '#shared/model/project.ts'
import { datasetHash } from '../../db/digest.ts'
import { schemaVersion } from '../../db/schema.ts'
import { countUnchecked, countUnreadable } from '../../db/media-file.ts'
import { tally } from '../../db/tally.ts'
import type { Project } from './project.ts'

/** Counts, splits and the dataset hash; regions are counted once, see tally.ts. */
export function projectInfo({ db, folder }: Project): ProjectInfo {
  const count = (table: string) => Number(db.value(`SELECT count(*) FROM ${table}`))
  const meta = (key: string) => db.value<string>('SELECT value FROM meta WHERE key = ?', key)
  const { media, regions, captions, imageLabels, splits } = tally(db)
  return {
    name: meta('name') ?? '',
    folder,
    created: Number(meta('created') ?? 0),
    schemaVersion,
    datasetHash: datasetHash(db),
    media,
    labels: count('label'),
    regions,
    captions,
    imageLabels,
    splits: Object.fromEntries([...splits].sort(([a], [b]) => (a < b ? -1 : 1))),
    unreadable: countUnreadable(db),
    unchecked: countUnchecked(db),
    runs: count('run'),
    checkpoints: count('checkpoint'),
    snapshots: db.all<{ name: string }>('SELECT name FROM snapshot ORDER BY seq, name').map((s) => s.name),
  }
}

/** The folder that the project was made of, until it was said what is to be made of it; null afterwards, or where it is gone. */
export function firstOf({ db }: Project): string | null {
  const folder = db.value<string>(`SELECT value FROM meta WHERE key = 'first'`)
  return folder !== undefined && existsSync(folder) ? folder : null
}

export function setFirst({ db, readOnly }: Project, folder: string | null): void {
  if (readOnly) return
  if (folder === null) db.run(`DELETE FROM meta WHERE key = 'first'`)
  else db.run(`INSERT OR REPLACE INTO meta (key, value) VALUES ('first', ?)`, folder)
}

/** Identifies the content of the dataset at this moment. */
export const projectHash = ({ db }: Project): string => datasetHash(db)
