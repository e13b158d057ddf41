/**
 * Runs long operations off the main thread, for the window and the terminal: one thread per operation, with its own
 * connection to the project.
 */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { z } from 'zod'
import { cancelled, DashiError, userError } from '#shared/errors.ts'
import { issueSentence } from '#shared/sentences/issue.ts'
import type { StepProgress } from '#shared/model/progress.ts'
import { workResults, type WorkRequest, workTask, type WorkTask } from '#shared/model/work.ts'
import { giveTask } from '../../files/thread.ts'
import type { Project } from '../projects/project.ts'

export interface WorkOptions {
  signal?: AbortSignal
  onProgress?: (progress: StepProgress) => void
  onChange?: () => void
}

type ResultOf<T extends WorkTask> = z.infer<(typeof workResults)[T['kind']]>

/**
 * The project stays open and editable meanwhile. A cancelled import leaves the project as it was; a cancelled scan
 * keeps what it has added. Rethrows the operation's error.
 * @param workerFile the built worker.ts; by default found next to the program's other files
 */
export async function runWork<T extends WorkTask>(
  project: Project,
  task: T,
  { signal, onProgress, onChange }: WorkOptions = {},
  workerFile = builtWorker(),
): Promise<ResultOf<T>> {
  if (signal?.aborted) throw cancelled()
  project.db.ensurePresent()
  const parsed = workTask.safeParse(task)
  if (!parsed.success) throw userError(issueSentence(parsed.error))
  const { folder, db, user, readOnly } = project
  const request: WorkRequest = { folder, identity: db.identity, user, readOnly, task: parsed.data }
  project.db.accompanied()
  const worker = new Worker(workerFile)
  worker.once('exit', () => project.db.settled())
  const { result, cancel } = giveTask(worker, request, { onProgress, onChange })
  signal?.addEventListener('abort', cancel)
  try {
    return workResults[task.kind].parse(await result) as ResultOf<T>
  } catch (e) {
    if (e instanceof DashiError && e.fault === 'replaced') project.db.lost() // the thread noticed it first
    throw e
  } finally {
    signal?.removeEventListener('abort', cancel)
  }
}

/** URL of `work-worker.js` in out/main, whether this code is there or in a chunk. */
function builtWorker(): URL {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder))
    for (const at of [folder, join(folder, 'out', 'main')]) {
      const file = join(at, 'work-worker.js')
      if (existsSync(file)) return pathToFileURL(file)
    }
  throw new Error('work-worker.js is not built')
}
