/**
 * Soups between their last byte and their entry in the project. Until then the record of a soup names its run, so that one whose
 * process was killed is known as nobody's and removed, whatever else people keep beside it.
 */
import { existsSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import type { RunRecord } from '#shared/model/project.ts'
import { checkpointIn, runs } from '../../db/runs.ts'
import { findRecord, RECORD_FILE, writeRecord } from '../../engine/weights/index.ts'
import { sweep } from '../../files/atomic.ts'
import { firstNotOurs } from '../../files/owned.ts'
import type { Project } from './project.ts'

/** Removes what merges that are over left without entering it. Never throws: the next opening tries again. */
export function collectSoups(project: Project, of: readonly RunRecord[] = runs(project.db, 'merge')): void {
  for (const run of of) {
    try {
      collect(project, run)
    } catch {
      // a folder that cannot be read or written now
    }
  }
}

function collect({ db, folder }: Project, run: RunRecord): void {
  if (run.folder === null || run.status === 'queued' || run.status === 'running') return
  const out = path.resolve(folder, run.folder)
  if (existsSync(path.dirname(out))) sweep(out)
  const record = findRecord(out)
  if (record?.run !== run.id) return
  if (checkpointIn(db, run.folder) !== undefined) return void releaseSoup(out)
  const at = path.join(out, RECORD_FILE)
  sweep(at)
  const ours = record.files && !firstNotOurs(out, record.files, { ignore: [RECORD_FILE], since: statSync(at).mtimeMs })
  if (ours) rmSync(out, { recursive: true })
}

/** Called once the soup is entered. */
export async function releaseSoup(out: string): Promise<void> {
  const record = findRecord(out)
  if (record?.run === undefined) return
  const { run: _, ...rest } = record
  await writeRecord(out, rest)
}
