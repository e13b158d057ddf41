/**
 * The engine's process: runs jobs in one thread and questions in others, so that this thread always responds. It is
 * started by the parent (Node or Electron) and exits with it. Arguments: alternative programs for the threads of jobs
 * and questions.
 */
import process from 'node:process'
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { issueSentence } from '#shared/sentences/issue.ts'
import { type FromEngine, toEngineSchema } from '#shared/model/engine.ts'
import { failureOf } from '#shared/model/failure.ts'
import type { EngineUse } from '#shared/model/run-follow.ts'
import { JobThread } from './job-thread.ts'
import { Lanes } from './lanes.ts'

/** Electron's utility-process port; Electron exports no types for it to plain Node code. */
interface ParentPort {
  on(event: 'message', listen: (event: { data: unknown }) => void): void
  postMessage(message: unknown): void
}
const { parentPort } = process as { parentPort?: ParentPort }
const [workerFile = './engine-worker.js', laneFile = './lane-worker.js'] = process.argv.slice(2)
const jobs = new JobThread(new URL(workerFile, import.meta.url))
const beside = new JobThread(new URL(workerFile, import.meta.url))
const lanes = new Lanes(new URL(laneFile, import.meta.url))
const cancels = new Map<number, () => void>()

function send(message: FromEngine): void {
  if (parentPort) parentPort.postMessage(message)
  else if (process.connected) process.send!(message, undefined, undefined, () => undefined) // the parent may exit at this moment
}

/** Starts immediately; the parent queues jobs. */
function take(raw: unknown): void {
  const { data: message, error } = toEngineSchema.safeParse(raw)
  if (error) return fail(z.object({ id: z.int() }).parse(raw).id, userError(issueSentence(error)))
  if (message.type === 'closeLanes') return lanes.close()
  if (message.type === 'threads') return heed(message.threads)
  const { id } = message
  if (message.type === 'cancel') return cancels.get(id)?.()
  if (message.type === 'use') return send({ type: 'answer', id, answer: use() })
  send({ type: 'begun', id })
  if (message.type === 'ask')
    return void lanes.ask(message.question).then(
      (answer) => send({ type: 'answer', id, answer }),
      (e: unknown) => fail(id, e),
    )
  const { result, cancel } = (message.beside ? beside : jobs).run(message.job, (progress) => send({ type: 'progress', id, progress }))
  cancels.set(id, cancel)
  void result
    .then(
      (done) => send({ type: 'done', id, result: done }),
      (e: unknown) => fail(id, e),
    )
    .finally(() => cancels.delete(id))
}

/** All threads are in this process. */
function use(): EngineUse {
  const { user, system } = process.cpuUsage()
  return { cpu: user + system, memory: process.memoryUsage.rss() }
}

/** What a scheduler allows this process, if it said so when it began; the settings may ask for less. */
const allowed = process.env['DASHI_THREADS']

/** The threads of jobs and questions share this process's environment, in which a session looks (runtime/session.ts). */
function heed(threads: number): void {
  if (threads) process.env['DASHI_THREADS'] = String(Math.min(threads, Number(allowed) || threads))
  else if (allowed === undefined) delete process.env['DASHI_THREADS']
  else process.env['DASHI_THREADS'] = allowed
}

const fail = (id: number, e: unknown) => send({ type: 'failed', id, ...failureOf(e) })

// Ctrl+C reaches every process of a terminal, but only the parent decides what becomes of a job.
for (const signal of ['SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined)
if (parentPort)
  parentPort.on('message', ({ data }) => take(data)) // Electron ends a utility process by SIGTERM
else {
  process.on('SIGTERM', () => undefined) // sent to all of a service; the parent has its own
  // At once, in the middle of a step: what is written is whole at every moment, and the next process may be at it already.
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  process.on('message', take)
}
