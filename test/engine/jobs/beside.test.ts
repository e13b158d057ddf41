/** Curating does not wait for a training where there is memory for both. */
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { CurateJob, EvaluateJob } from '#shared/model/job.ts'
import { EngineClient } from '../../../src-main/engine/client.ts'
import { fitsBeside } from '../../../src-main/engine/jobs/fits.ts'
import { startChild } from '../../../src-main/files/child.ts'
import { program } from '../../helpers/programs.ts'
import { shapePictures, shapesJob, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

const dir = temporaryFolder()
const clients: EngineClient[] = []
afterAll(() => Promise.all(clients.map((client) => client.close())))

const curation = (more: Partial<CurateJob> = {}): CurateJob => ({
  kind: 'curate',
  model: TINY_CLIP,
  device: 'auto',
  cache: path.join(dir, 'cache'),
  images: [],
  task: { kind: 'map', method: 'pca', seed: 0 },
  ...more,
})

describe('the client', () => {
  /** Of a process that ends its evaluations when asked a question, and its curations at once, with the job's device and place. */
  function clientOf(fits: (job: CurateJob) => boolean) {
    const file = path.join(dir, `${clients.length}.mjs`)
    fs.writeFileSync(
      file,
      `const send = (message) => process.send(message)
      let end
      process.on('message', ({ type, id, job, beside }) => {
        send({ type: 'begun', id })
        if (type === 'ask') return end(send({ type: 'answer', id, answer: new Float32Array(1) }))
        const result = { device: job.device + (beside ? ' beside' : ''), seconds: 0, leftOut: [] }
        const found = { kind: 'curate', ...result, curated: { readable: new Int32Array(0), dimensions: 1, found: null } }
        const measured = { kind: 'evaluate', checkpoint: '', ...result, measured: { task: 'classify', splits: {} } }
        const done = () => send({ type: 'done', id, result: job.kind === 'curate' ? found : measured })
        if (job.kind === 'curate') return done()
        send({ type: 'progress', id, progress: { phase: 'evaluating', done: 1, total: 2 } })
        end = done
      })`,
    )
    const client = new EngineClient(() => startChild(file, []), fits)
    clients.push(client)
    const evaluation = { kind: 'evaluate', checkpoint: '' } as EvaluateJob
    /** Resolves when the evaluation has begun. */
    const busy = () =>
      new Promise<{ result: Promise<unknown> }>((begun) => {
        const { result } = client.run(evaluation, () => begun({ result }))
      })
    return { client, busy, end: () => client.ask({ kind: 'embed', model: 'm', text: '' }) }
  }
  const deviceOf = async ({ result }: { result: Promise<{ device: string }> }) => (await result).device

  test('runs a curation beside another job, on the CPU; alone it takes the device asked for', async () => {
    const { client, busy, end } = clientOf(() => true)
    expect(await deviceOf(client.run(curation()))).toBe('auto')
    const long = await busy()
    const running = client.run(curation())
    expect(running.waits).toBe(false)
    expect(await deviceOf(running)).toBe('cpu beside')
    await end()
    await long.result
  })

  test('lets it wait where the two do not fit into memory', async () => {
    const { client, busy, end } = clientOf(() => false)
    const long = await busy()
    const running = client.run(curation())
    expect(running.waits).toBe(true)
    await end()
    await long.result
    expect(await deviceOf(running)).toBe('auto')
  })
})

test('the memory is that of the weights, three times, of the rows and of the thread', () => {
  const model = path.join(dir, 'model')
  fs.mkdirSync(model)
  fs.writeFileSync(path.join(model, 'model-1.safetensors'), Buffer.alloc(1000))
  fs.writeFileSync(path.join(model, 'model-2.safetensors'), Buffer.alloc(24))
  fs.writeFileSync(path.join(model, 'vocab.json'), Buffer.alloc(5000))
  const needed = 2 ** 30 + 3 * 1024 + 2 * 2 ** 14
  const job = curation({ model, images: [1, 2].map((n) => ({ file: `${n}.png`, hash: `${n}` })) })
  expect([fitsBeside(job, needed), fitsBeside(job, needed - 1)]).toEqual([true, false])
  expect(fitsBeside(curation({ model: path.join(dir, 'nowhere') }), 2 ** 30)).toBe(true)
})

test('the engine: a curation ends while a training goes on', async () => {
  const file = await program('engine-process')
  const client = new EngineClient(
    () => startChild(file, ['./engine-worker.js', './lane-worker.js']),
    () => true,
  )
  clients.push(client)
  const splits = await shapePictures(path.join(dir, 'pictures'))
  const long = shapesJob(splits, {
    ...{ out: path.join(dir, 'long'), cache: path.join(dir, 'of the training') },
    settings: { epochs: 10_000, batchSize: 4 },
  })
  let steps = 0
  const training = await new Promise<ReturnType<typeof client.run>>((begun) => {
    const running = client.run(long, ({ phase, done }) => {
      if (phase !== 'training') return
      steps = done
      begun(running)
    })
  })
  const images = splits['train']!.slice(0, 8).map(({ file }) => ({ file, hash: path.basename(file) }))
  const { curated } = await client.run(curation({ images })).result
  expect([...curated.readable]).toEqual([0, 1, 2, 3, 4, 5, 6, 7])
  const before = steps
  await expect.poll(() => steps).toBeGreaterThan(before)
  training.cancel()
  await expect(training.result).rejects.toMatchObject({ fault: 'cancelled' })
})
