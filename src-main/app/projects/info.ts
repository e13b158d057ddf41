import { existsSync } from 'node:fs'
import type { ProjectInfo } from '#shared/model/project.ts'
import { datasetHash } from '../../db/digest.ts'
import { countLabels } from '../../db/labels.ts'
import { countUnchecked, countUnreadable } from '../../db/media-file.ts'
import { metaValue, removeMeta, setMeta } from '../../db/meta.ts'
import { countCheckpoints, countRuns } from '../../db/runs.ts'
import { schemaVersion } from '../../db/schema.ts'
import { snapshotNames } from '../../db/snapshots.ts'
import { tally } from '../../db/tally.ts'
import type { Project } from './project.ts'

/** Counts, splits and the dataset hash; for counts see tally.ts. */
export function projectInfo({ db, folder }: Project): ProjectInfo {
  const { media, regions, captions, imageLabels, splits } = tally(db)
  return {
    name: metaValue(db, 'name') ?? '',
    folder,
    created: Number(metaValue(db, 'created') ?? 0),
    schemaVersion,
    datasetHash: datasetHash(db),
    media,
    labels: countLabels(db),
    regions,
    captions,
    imageLabels,
    splits: Object.fromEntries([...splits].sort(([a], [b]) => (a < b ? -1 : 1))),
    unreadable: countUnreadable(db),
    unchecked: countUnchecked(db),
    runs: countRuns(db),
    checkpoints: countCheckpoints(db),
    snapshots: snapshotNames(db),
  }
}

/**
 * The folder that the project was created from, until a person has decided what to import from it; null afterwards,
 * or if it is missing.
 */
export function firstOf({ db }: Project): string | null {
  const folder = metaValue(db, 'first')
  return folder !== undefined && existsSync(folder) ? folder : null
}

export function setFirst({ db, readOnly }: Project, folder: string | null): void {
  if (readOnly) return
  if (folder === null) removeMeta(db, 'first')
  else setMeta(db, 'first', folder)
}

/** Identifies the current content of the dataset. */
export const projectHash = ({ db }: Project): string => datasetHash(db)
