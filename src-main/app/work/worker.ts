import { parentPort, workerData } from 'node:worker_threads'
import { DashiError, errorLine } from '#shared/errors.ts'
import { workRequest, type WorkMessage } from '#shared/model/work.ts'
import { inWords } from '../../files/words.ts'
import { openProject } from '../projects/project.ts'
import { runTask } from './tasks.ts'

// A thread for one operation, with a connection of its own to the project's database. It ends by itself.
const send = (message: WorkMessage) => parentPort!.postMessage(message)
const abort = new AbortController()
let watch: NodeJS.Timeout | undefined
try {
  const { folder, identity, user, readOnly, task, cancel } = workRequest.parse(workerData)
  const flag = new Int32Array(cancel)
  const look = () => {
    if (Atomics.load(flag, 0) === 1) abort.abort()
  }
  watch = setInterval(look, 50)
  const project = openProject(folder, { user, readOnly, sharedLock: true, identity })
  try {
    const result = await runTask(project, task, {
      signal: abort.signal,
      onProgress: (progress) => {
        look() // a timer is not served in the middle of a transaction
        send({ type: 'progress', progress })
      },
      onChange: () => send({ type: 'changed' }),
    })
    send({ type: 'done', result })
  } finally {
    project.close()
  }
} catch (thrown) {
  const e = inWords(thrown)
  const fault = abort.signal.aborted ? 'cancelled' : e instanceof DashiError ? e.fault : null
  send({
    type: 'failed',
    fault,
    message: fault === 'cancelled' ? 'cancelled' : errorLine(e),
    stack: e instanceof Error ? e.stack : undefined,
  })
} finally {
  clearInterval(watch)
}
