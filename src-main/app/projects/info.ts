import { existsSync } from 'node:fs'
import type { ProjectInfo } from '#shared/model/project.ts'
import { datasetHash } from '../../db/digest.ts'
import { schemaVersion } from '../../db/schema.ts'
import { countUnchecked, countUnreadable } from '../../db/media-file.ts'
import type { Project } from './project.ts'

/** Counts, splits and the dataset hash; counting a million regions takes some tens of milliseconds. */
export function projectInfo({ db, folder }: Project): ProjectInfo {
  const count = (table: string) => Number(db.value(`SELECT count(*) FROM ${table}`))
  const meta = (key: string) => db.value<string>('SELECT value FROM meta WHERE key = ?', key)
  const splits = db.all<{ split: string; n: number }>('SELECT split, count(*) AS n FROM media WHERE split IS NOT NULL GROUP BY split')
  return {
    name: meta('name') ?? '',
    folder,
    created: Number(meta('created') ?? 0),
    schemaVersion,
    datasetHash: datasetHash(db),
    media: count('media'),
    labels: count('label'),
    regions: count('region'),
    captions: count('caption'),
    imageLabels: count('media_label'),
    splits: Object.fromEntries(splits.map((s) => [s.split, s.n])),
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
