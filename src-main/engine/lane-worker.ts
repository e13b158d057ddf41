import { parentPort } from 'node:worker_threads'
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { issueSentence } from '#shared/sentences/issue.ts'
import { failureOf } from '#shared/model/failure.ts'
import { type LaneMessage, questionSchema } from '#shared/model/question.ts'
import { answer } from './questions/answer.ts'
import { guardRuns } from './runtime/session.ts'

// Thread entry: answers questions about one model sequentially. It is terminated from outside, but never during an
// onnxruntime run.
const requestSchema = z.object({ question: questionSchema, guard: z.instanceof(SharedArrayBuffer) })
const send = (message: LaneMessage) => parentPort!.postMessage(message)

parentPort!.on('message', (request: unknown) => void reply(request))

async function reply(request: unknown): Promise<void> {
  send({ type: 'begun' })
  try {
    const parsed = requestSchema.safeParse(request)
    if (!parsed.success) throw userError(issueSentence(parsed.error))
    guardRuns(new Int32Array(parsed.data.guard))
    send({ type: 'answer', answer: await answer(parsed.data.question) })
  } catch (e) {
    send({ type: 'failed', ...failureOf(e) })
  }
}
