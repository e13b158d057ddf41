/** Long operations off the main thread, for the window and the terminal alike: a thread each, with its own connection to the project. */
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import type { z } from 'zod'
import { cancelled, DashiError, userError } from '#shared/errors.ts'
import { workMessage, workResults, type WorkProgress, type WorkRequest, workTask, type WorkTask } from '#shared/model/work.ts'
import type { Project } from '../projects/project.ts'

export interface WorkOptions {
  signal?: AbortSignal
  onProgress?: (progress: WorkProgress) => void
  onChange?: () => void
}

type ResultOf<T extends WorkTask> = z.infer<(typeof workResults)[T['kind']]>

/**
 * The project stays open and can be edited meanwhile. Cancelling keeps the project as it was (import) or what was taken in so far
 * (scan). Throws what the operation threw.
 * @param workerFile the built worker.ts; found beside the program's other files unless given
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
  if (!parsed.success) throw userError(`${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}`)
  const cancel = new SharedArrayBuffer(4)
  const request: WorkRequest = {
    folder: project.folder,
    identity: project.db.identity,
    user: project.user,
    readOnly: project.readOnly,
    task: parsed.data,
    cancel,
  }
  project.db.accompanied()
  const worker = new Worker(workerFile, { workerData: request })
  worker.once('exit', () => project.db.settled())
  const stop = () => void Atomics.store(new Int32Array(cancel), 0, 1)
  signal?.addEventListener('abort', stop)
  try {
    return await new Promise<ResultOf<T>>((resolve, reject) => {
      worker.on('message', (raw: unknown) => {
        try {
          const message = workMessage.parse(raw)
          if (message.type === 'progress') onProgress?.(message.progress)
          else if (message.type === 'changed') onChange?.()
          else if (message.type === 'done') resolve(workResults[task.kind].parse(message.result) as ResultOf<T>)
          else if (message.fault === 'replaced') {
            project.db.lost() // the thread saw it first
            reject(new DashiError('replaced', message.message))
          } else
            reject(
              message.fault
                ? new DashiError(message.fault, message.message)
                : Object.assign(new Error(message.message), { stack: message.stack }),
            )
        } catch (e) {
          stop()
          reject(e)
        }
      })
      worker.on('error', reject)
      worker.on('exit', (code) => reject(new Error(`the thread of ${task.kind} ended with code ${code} before it was done`)))
    })
  } finally {
    signal?.removeEventListener('abort', stop)
  }
}

/** `work-worker.js` of out/main, whether this code is in it or in its chunks. */
function builtWorker(): URL {
  for (let folder = dirname(fileURLToPath(import.meta.url)); folder !== dirname(folder); folder = dirname(folder))
    for (const at of [folder, join(folder, 'out', 'main')]) {
      const file = join(at, 'work-worker.js')
      if (existsSync(file)) return pathToFileURL(file)
    }
  throw new Error('work-worker.js is not built')
}
