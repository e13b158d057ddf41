import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Job, JobProgress, TrainJob } from '#shared/model/job.ts'
import { EngineClient } from '../../../src-main/engine/client.ts'
import { CLASSES, shapePictures, shapesJob, temporaryFolder } from '../../helpers/pictures.ts'
import { programUrl, start } from '../../helpers/programs.ts'

/** A client whose thread is this program: `job` and `flag` come in, `send` answers, `n` counts the thread's jobs. */
const clientOf = (program: string) =>
  new EngineClient(
    new URL(
      `data:text/javascript,${encodeURIComponent(`
        import { parentPort } from 'node:worker_threads'
        const send = (message) => parentPort.postMessage(message)
        const pause = (ms) => new Promise((resume) => setTimeout(resume, ms))
        let n = 0
        parentPort.on('message', async ({ job, cancel }) => {
          const flag = new Int32Array(cancel)
          n++
          ${program}
        })`)}`,
    ),
  )
const RESULT = `{ checkpoint: String(n), device: 'cpu', seconds: 0, steps: 0, loss: [], splits: {}, notes: {} }`
const job = (name: string) => ({ kind: 'evaluate', checkpoint: name }) as Job
const done = async (client: EngineClient, name = 'ok') => (await client.run(job(name)).result).checkpoint

describe('a message from the thread', () => {
  test('is progress, or the end', async () => {
    const client = clientOf(`send({ type: 'progress', progress: { phase: 'training', done: 1, total: 2, loss: 0.5 } }); send({ type: 'done', result: ${RESULT} })`)
    const said: JobProgress[] = []
    await client.run(job('ok'), (p) => said.push(p)).result
    expect(said).toEqual([{ phase: 'training', done: 1, total: 2, loss: 0.5 }])
  })

  test('of the wrong form ends its job, which is heard out, and no other', async () => {
    const client = clientOf(`
      if (job.checkpoint === 'bad') {
        send({ type: 'progress', progress: { phase: 'training', done: 1, total: 2, loss: 'much' } })
        while (Atomics.load(flag, 0) === 0) await pause(5)
        send({ type: 'failed', fault: 'cancelled', message: 'cancelled' })
      } else send({ type: 'done', result: ${RESULT} })`)
    const [bad, good] = [client.run(job('bad')).result, done(client)]
    await expect(bad).rejects.toThrow(/loss/)
    expect(await good).toBe('2') // by the same thread
  })

  test('that is no result ends the job', async () => {
    const client = clientOf(`send(n === 1 ? { type: 'done', result: { checkpoint: 5 } } : { type: 'done', result: ${RESULT} })`)
    await expect(done(client)).rejects.toThrow(/checkpoint/)
    expect(await done(client)).toBe('2')
  })

  test('says whose fault a failure is', async () => {
    const client = clientOf(`send({ type: 'failed', fault: job.checkpoint === 'data' ? 'data' : null, message: 'x.png: truncated', stack: 'at thread' })`)
    await expect(done(client, 'data')).rejects.toMatchObject({ name: 'DashiError', fault: 'data', message: 'x.png: truncated' })
    await expect(done(client, 'ours')).rejects.toMatchObject({ name: 'Error', stack: 'at thread' })
  })
})

test('a listener that throws ends its job, with its own error', async () => {
  const client = clientOf(`
    send({ type: 'progress', progress: { phase: 'training', done: 1, total: 2 } })
    await pause(20)
    send(Atomics.load(flag, 0) ? { type: 'failed', fault: 'cancelled', message: 'cancelled' } : { type: 'done', result: ${RESULT} })`)
  const failing = client.run(job('a'), () => {
    throw new Error('the terminal is gone')
  })
  await expect(failing.result).rejects.toThrow('the terminal is gone')
  expect(await done(client)).toBe('2')
})

test('a thread that dies, at work or between two jobs, is replaced', async () => {
  const client = clientOf(`
    if (job.checkpoint === 'exits') process.exit(3)
    if (job.checkpoint === 'throws') setTimeout(() => { throw new Error('out of memory') })
    else send({ type: 'done', result: ${RESULT} })
    if (job.checkpoint === 'dies later') setTimeout(() => process.exit(1))`)
  expect(await done(client)).toBe('1')
  await expect(done(client, 'exits')).rejects.toThrow('ended with code 3')
  expect(await done(client)).toBe('1')
  await expect(done(client, 'throws')).rejects.toThrow('out of memory')
  expect(await done(client, 'dies later')).toBe('1')
  await expect.poll(() => (client as unknown as { worker?: unknown }).worker).toBeUndefined() // it has died
  expect(await done(client)).toBe('1')
})

test('a job that is cancelled before its turn never starts', async () => {
  const client = clientOf(`await pause(50); send({ type: 'done', result: ${RESULT} })`)
  const first = done(client)
  const second = client.run(job('b'))
  second.cancel()
  await expect(second.result).rejects.toMatchObject({ fault: 'cancelled' })
  expect([await first, await done(client)]).toEqual(['1', '2'])
})

describe('the engine', () => {
  let dir: string
  let splits: TrainJob['splits']
  beforeAll(async () => {
    dir = temporaryFolder()
    splits = await shapePictures(path.join(dir, 'pictures'))
  })
  const training = (out: string, more: Partial<TrainJob> = {}) => shapesJob(splits, { out: path.join(dir, out), cache: path.join(dir, 'cache'), ...more })

  test('stops between two steps when told to, and goes on where it stopped', async () => {
    const client = new EngineClient(await programUrl('engine-worker'))
    const whole = (await client.run(training('whole')).result).loss
    let steps = 0
    const running = client.run(training('stopped'), ({ phase }) => {
      if (phase === 'training' && ++steps === 4) running.cancel()
    })
    await expect(running.result).rejects.toMatchObject({ fault: 'cancelled', message: 'cancelled' })
    expect(steps).toBeLessThan(whole.length)
    expect(fs.existsSync(path.join(dir, 'stopped'))).toBe(false)
    const again: number[] = []
    const { loss } = await client.run(training('stopped'), ({ phase, done }) => void (phase === 'training' && again.push(done))).result
    expect(loss).toEqual(whole)
    expect(again[0]).toBeGreaterThan(4)
  })

  test('does the next job after one that failed, and leaves the process free to end', async () => {
    const broken = path.join(dir, 'broken.png')
    fs.writeFileSync(broken, fs.readFileSync(splits['train']![7]!.file).subarray(0, 120))
    const jobs = [
      training('a', { model: path.join(dir, 'nowhere') }),
      training('b', { splits: { ...splits, train: splits['train']!.map((item, i) => (i === 7 ? { ...item, file: broken } : item)) } }),
      training('c', { classes: [...CLASSES, 'nothing'].map((name) => ({ name })) }),
      training('d', { recipe: 'lp', settings: { cCount: 3 } }),
      training('e'),
    ]
    fs.writeFileSync(path.join(dir, 'jobs.json'), JSON.stringify(jobs))
    const child = await start('client', [path.join(dir, 'jobs.json')])
    const { code, stdout, stderr } = await child.ended
    expect(code, stderr).toBe(0)
    const answers = stdout.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>).filter((x) => !x['phase'])
    expect(answers).toEqual([
      { fault: 'data', message: `${path.join(dir, 'nowhere')}: not found: expected a checkpoint folder` },
      { device: 'cpu', steps: expect.any(Number) as number, loss: expect.any(Array) as number[], leftOut: [{ file: broken, reason: expect.stringContaining('truncated or damaged PNG') as string }] },
      { fault: 'user', message: 'no training image for the class "nothing"' },
      { device: 'cpu', steps: 3, loss: expect.any(Array) as number[] },
      { device: 'cpu', steps: 12, loss: expect.any(Array) as number[] },
      { end: true },
    ])
  })
})
