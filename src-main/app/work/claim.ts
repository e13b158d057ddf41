import { claimJob } from '../../db/queue.ts'
import { holderOf } from '../../db/lock.ts'
import { diskFull } from '../../files/words.ts'
import type { Project } from '../projects/project.ts'
import { type Waiter, whenRoom } from '../storage/pauses.ts'

/** Assigns a stored job to this process: at once, or where the disk is full, when there is room. @returns false if it is gone */
export function claim({ db, folder }: Project, jobId: string, waiter: Waiter): boolean | Promise<boolean> {
  const take = () => claimJob(db, jobId, holderOf(folder) ?? '')
  try {
    return take()
  } catch (e) {
    if (!diskFull(e)) throw e
    return whenRoom(waiter, folder, take)
  }
}
