import { parentPort } from 'node:worker_threads'
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { failureOf } from '#shared/model/failure.ts'
import { jobSchema, type WorkerMessage } from '#shared/model/job.ts'
import { inWords } from '../files/words.ts'
import { runJob } from './jobs/run-job.ts'

// The engine's thread. It is never terminated: that would abort the process during a step (onnxruntime). A job is given up
// between two steps when the flag in its shared memory is 1.
const requestSchema = z.object({ job: jobSchema, cancel: z.instanceof(SharedArrayBuffer) })
const send = (message: WorkerMessage) => parentPort!.postMessage(message)

parentPort!.on('message', (request: unknown) => void answer(request))

async function answer(request: unknown): Promise<void> {
  try {
    const parsed = requestSchema.safeParse(request)
    if (!parsed.success) throw userError(`${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}`)
    const { job, cancel } = parsed.data
    const flag = new Int32Array(cancel)
    const result = await runJob(job, {
      onProgress: (progress) => send({ type: 'progress', progress }),
      isCancelled: () => Atomics.load(flag, 0) === 1,
      mergeHelper: { program: new URL('./merge-helper.js', import.meta.url) },
    })
    send({ type: 'done', result })
  } catch (thrown) {
    send({ type: 'failed', ...failureOf(inWords(thrown)) })
  }
}
