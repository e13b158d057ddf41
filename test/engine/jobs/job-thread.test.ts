import { describe, expect, test } from 'vitest'
import { type EvaluateJob, type JobProgress, resultOf } from '#shared/model/job.ts'
import { JobThread } from '../../../src-main/engine/job-thread.ts'

/** A thread that is this program: `job` and `flag` come in, `send` answers, `n` counts the thread's jobs. */
const threadOf = (program: string) =>
  new JobThread(
    new URL(
      `data:text/javascript,${encodeURIComponent(`
        import { parentPort } from 'node:worker_threads'
        const send = (message) => parentPort.postMessage(message)
        const pause = (ms) => new Promise((resume) => setTimeout(resume, ms))
        let n = 0
        parentPort.on('message', async ({ task: job, cancel }) => {
          const flag = new Int32Array(cancel)
          n++
          ${program}
        })`)}`,
    ),
  )
const RESULT = `{ kind: 'evaluate', checkpoint: String(n), device: 'cpu', seconds: 0, measured: { task: 'classify', splits: {} } }`
const job = (name: string) => ({ kind: 'evaluate', checkpoint: name }) as EvaluateJob
const done = async (thread: JobThread, name = 'ok') => resultOf('evaluate', await thread.run(job(name), () => undefined).result).checkpoint

describe('a message from the thread', () => {
  test('is progress, or the end', async () => {
    const thread = threadOf(
      `send({ type: 'progress', progress: { phase: 'training', done: 1, total: 2, loss: 0.5 } }); send({ type: 'done', result: ${RESULT} })`,
    )
    const said: JobProgress[] = []
    await thread.run(job('ok'), (p) => said.push(p)).result
    expect(said).toEqual([{ phase: 'training', done: 1, total: 2, loss: 0.5 }])
  })

  test('of the wrong form ends its job, which is heard out', async () => {
    const thread = threadOf(`
      if (job.checkpoint === 'bad') {
        send({ type: 'progress', progress: { phase: 'training', done: 1, total: 2, loss: 'much' } })
        while (Atomics.load(flag, 0) === 0) await pause(5)
        send({ type: 'failed', fault: 'cancelled', message: 'cancelled' })
      } else send({ type: 'done', result: ${RESULT} })`)
    await expect(done(thread, 'bad')).rejects.toThrow(/loss/)
    expect(await done(thread)).toBe('2') // by the same thread
  })

  test('that is not a result ends the job', async () => {
    const thread = threadOf(
      `send(n === 1 ? { type: 'done', result: { kind: 'evaluate', checkpoint: 5 } } : { type: 'done', result: ${RESULT} })`,
    )
    await expect(done(thread)).rejects.toThrow(/checkpoint/)
    expect(await done(thread)).toBe('2')
  })

  test('says whose fault a failure is', async () => {
    const thread = threadOf(
      `send({ type: 'failed', fault: job.checkpoint === 'data' ? 'data' : null, message: 'x.png: truncated', stack: 'at thread' })`,
    )
    await expect(done(thread, 'data')).rejects.toMatchObject({ name: 'DashiError', fault: 'data', message: 'x.png: truncated' })
    await expect(done(thread, 'ours')).rejects.toMatchObject({ name: 'Error', stack: 'at thread' })
  })
})

test('a listener that throws ends its job with the same error', async () => {
  const thread = threadOf(`
    send({ type: 'progress', progress: { phase: 'training', done: 1, total: 2 } })
    await pause(20)
    send(Atomics.load(flag, 0) ? { type: 'failed', fault: 'cancelled', message: 'cancelled' } : { type: 'done', result: ${RESULT} })`)
  const failing = thread.run(job('a'), () => {
    throw new Error('the terminal is gone')
  })
  await expect(failing.result).rejects.toThrow('the terminal is gone')
  expect(await done(thread)).toBe('2')
})

test('a thread that dies, at work or between two jobs, is replaced', async () => {
  const thread = threadOf(`
    if (job.checkpoint === 'exits') process.exit(3)
    if (job.checkpoint === 'throws') setTimeout(() => { throw new Error('out of memory') })
    else send({ type: 'done', result: ${RESULT} })
    if (job.checkpoint === 'dies later') setTimeout(() => process.exit(1))`)
  expect(await done(thread)).toBe('1')
  await expect(done(thread, 'exits')).rejects.toThrow('ended with code 3')
  expect(await done(thread)).toBe('1')
  await expect(done(thread, 'throws')).rejects.toThrow('out of memory')
  expect(await done(thread, 'dies later')).toBe('1')
  await expect.poll(() => (thread as unknown as { worker?: unknown }).worker).toBeUndefined() // it has died
  expect(await done(thread)).toBe('1')
})
