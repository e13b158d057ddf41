/** Recording in the project how a run stands, on a disk that may be full. */
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { diskFull } from '../../files/words.ts'
import type { Project } from '../projects/index.ts'

/** Records results in the project. If that fails, the checkpoint itself still exists. */
export function enter({ db }: Project, out: string, body: () => void): void {
  try {
    db.transaction(body)
  } catch (e) {
    if (!diskFull(e)) throw e
    throw dataError(out, sentence('training.disk-full'), e)
  }
}

/**
 * Runs `body`, which records a run's status; a full disk is ignored, so that the run continues and its own failure is
 * reported. The record is closed when the project is next opened.
 */
export function noteFailure(body: () => void): void {
  try {
    body()
  } catch (e) {
    if (!diskFull(e)) throw e
  }
}
