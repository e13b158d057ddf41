import fs from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { EvaluateJob, JobProgress } from '#shared/model/job.ts'
import type { Question } from '#shared/model/question.ts'
import { EngineClient } from '../../src-main/engine/client.ts'
import { type Child, startChild } from '../../src-main/files/child.ts'
import { temporaryFolder } from '../helpers/pictures.ts'

const dir = temporaryFolder()
const clients: EngineClient[] = []
afterAll(() => Promise.all(clients.map((client) => client.close())))

let programs = 0
/** A client whose process is this program: `message` comes in, `send` answers, `n` counts the process's jobs and questions; and how often it was started. */
function clientOf(program: string) {
  const file = path.join(dir, `engine-${programs++}.mjs`)
  fs.writeFileSync(
    file,
    `
    const send = (message) => process.send(message)
    const done = (id) => send({ type: 'done', id, result: { kind: 'evaluate', checkpoint: String(n), device: 'cpu', seconds: 0, measured: { task: 'classify', splits: {} } } })
    const progress = (id, done = 1) => send({ type: 'progress', id, progress: { phase: 'training', done, total: 2 } })
    let n = 0
    const cancelled = new Map()
    process.on('message', (message) => {
      const { type, id, job, question } = message
      if (type === 'cancel') return cancelled.get(id)?.()
      const stop = new Promise((resolve) => cancelled.set(id, resolve)).then(() => send({ type: 'failed', id, fault: 'cancelled', message: 'cancelled' }))
      n++
      if (job?.checkpoint !== 'unheard') send({ type: 'begun', id })
      ${program}
    })`,
  )
  const children: Child[] = []
  const client = new EngineClient(() => {
    children.push(startChild(file, []))
    return children.at(-1)!
  })
  clients.push(client)
  return { client, children }
}
const job = (name = 'ok') => ({ kind: 'evaluate', checkpoint: name }) as EvaluateJob
const question: Question = { kind: 'embed', model: 'm', text: '' }
const done = async (client: EngineClient, name?: string) => (await client.run(job(name)).result).checkpoint

test('progress comes before the end, in its order', async () => {
  const { client } = clientOf('progress(id, 1); progress(id, 2); done(id)')
  const said: JobProgress[] = []
  await client.run(job(), (p) => said.push(p)).result
  expect(said.map((p) => p.done)).toEqual([1, 2])
})

test('jobs wait for each other, questions for none of them; one cancelled before its turn never starts', async () => {
  const { client } = clientOf(`
    if (question) {
      send({ type: 'answer', id, answer: Float32Array.of(n) })
      globalThis.end()
    } else if (job.checkpoint === 'long') {
      globalThis.end = () => done(id)
      progress(id)
    } else done(id)`)
  let first: Promise<string> | undefined
  await new Promise<void>((begun) => (first = client.run(job('long'), () => begun()).result.then((r) => r.checkpoint)))
  const [second, third] = [client.run(job()), done(client)]
  second.cancel()
  expect([...(await client.ask(question))]).toEqual([2])
  expect(await first).toBe('2')
  await expect(second.result).rejects.toMatchObject({ fault: 'cancelled' })
  expect(await third).toBe('3')
})

test('a listener that throws ends its job with the same error', async () => {
  const { client } = clientOf(`if (job.checkpoint === 'ok') done(id); else progress(id)`)
  const failing = client.run(job('told'), () => {
    throw new Error('the terminal is gone')
  })
  await expect(failing.result).rejects.toThrow('the terminal is gone')
  expect(await done(client)).toBe('2')
})

test('says whose fault a failure is', async () => {
  const { client } = clientOf(
    `send({ type: 'failed', id, fault: job.checkpoint === 'data' ? 'data' : null, message: 'x.png: truncated', stack: 'at thread' })`,
  )
  await expect(done(client, 'data')).rejects.toMatchObject({ name: 'DashiError', fault: 'data', message: 'x.png: truncated' })
  await expect(done(client, 'ours')).rejects.toMatchObject({ name: 'Error', stack: 'at thread' })
})

test('a process that says what it must not is ended, and replaced', async () => {
  const { client, children } = clientOf(`if (job.checkpoint === 'bad') progress(id, 'much'); else done(id)`)
  await expect(done(client, 'bad')).rejects.toThrow(/done/)
  expect(await done(client)).toBe('1')
  expect(children).toHaveLength(2)
})

describe('a process that ends', () => {
  test('in the middle of a job fails the job and open questions with one line; waiting jobs run in a new process', async () => {
    const { client, children } = clientOf(
      `if (question) send({ type: 'answer', id, answer: Float32Array.of(n) }); else if (job.checkpoint === 'long') progress(id); else done(id)`,
    )
    const slow = clientOf('if (job) progress(id)')
    const long = client.run(job('long'), () => children[0]!.kill())
    const next = done(client)
    await expect(long.result).rejects.toMatchObject({
      name: 'DashiError',
      fault: 'engine',
      message:
        "the engine's process ended (killed by SIGKILL, as the system does where memory runs out) in the middle of an evaluation; nothing was changed",
    })
    expect(await next).toBe('1')
    expect([...(await client.ask(question))]).toEqual([2])
    expect(children).toHaveLength(2)

    const asked = slow.client.ask(question)
    const working = slow.client.run(job(), () => slow.children[0]!.kill())
    working.result.catch(() => undefined)
    await expect(asked).rejects.toMatchObject({ fault: 'engine', message: expect.stringContaining('before it had answered') as string })
    await expect(working.result).rejects.toMatchObject({ fault: 'engine' })
  })

  test('by itself says why: its code, and the line of stderr that names the error', async () => {
    const { client } = clientOf(
      `if (job.checkpoint === 'throws') throw new RangeError('no room'); else if (job.checkpoint === 'aborts') process.abort(); else process.exit(3)`,
    )
    await expect(done(client, 'throws')).rejects.toThrow(/ended \(code 1: RangeError: no room\) in the middle/)
    await expect(done(client, 'exits')).rejects.toThrow(/ended \(code 3\) in the middle/)
    if (process.platform !== 'win32') await expect(done(client, 'aborts')).rejects.toThrow(/ended \(killed by SIGABRT/)
  })

  test('while idle is replaced at the next job, even if its end was not noticed yet', async () => {
    const { client, children } = clientOf('done(id)')
    expect(await done(client)).toBe('1')
    children[0]!.kill()
    expect(await done(client)).toBe('1')
    children[1]!.kill()
    await children[1]!.ended
    expect(await done(client)).toBe('1')
    expect(children).toHaveLength(3)
  })

  test('before it began is tried again, three times in all, and then given up', async () => {
    const { client, children } = clientOf(`process.exit(5)`)
    await expect(done(client, 'unheard')).rejects.toMatchObject({
      fault: 'engine',
      message: "the engine's process ended (code 5) before it had begun",
    })
    expect(children).toHaveLength(3)
  })

  test('at the close of the program leaves what it did as cancelled, and nothing starts any more', async () => {
    const { client, children } = clientOf('progress(id)')
    let closing: Promise<void> | undefined
    const running = client.run(job(), () => (closing ??= client.close()))
    const next = client.run(job())
    await expect(running.result).rejects.toMatchObject({ fault: 'cancelled' })
    await expect(next.result).rejects.toMatchObject({ fault: 'cancelled' })
    await expect(client.ask(question)).rejects.toMatchObject({ fault: 'cancelled' })
    await closing
    expect(children).toHaveLength(1)
    expect(await children[0]!.ended).toMatchObject({ signal: 'SIGKILL' })
  })
})

test.each([
  ['is not there', 'Cannot find module'],
  ['cannot be parsed', 'SyntaxError'],
])('a program that %s is one line', async (kind, why) => {
  const file = path.join(dir, `${kind.replaceAll(' ', '-')}.mjs`)
  if (kind === 'cannot be parsed') fs.writeFileSync(file, 'const const')
  const client = new EngineClient(() => startChild(file, []))
  await expect(done(client)).rejects.toMatchObject({
    fault: 'engine',
    message: expect.stringMatching(`^the engine's process ended \\(code 1: .*${why}.*\\) before it had begun$`) as string,
  })
})

test('a process that the system does not start is one line', async () => {
  const none = process.execPath
  process.execPath = path.join(dir, 'no-node')
  try {
    const client = new EngineClient(() => startChild(path.join(dir, 'engine-0.mjs'), []))
    await expect(done(client)).rejects.toMatchObject({
      fault: 'engine',
      message: `the engine's process could not be started (spawn ${process.execPath} ENOENT)`,
    })
  } finally {
    process.execPath = none
  }
})
