import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { EngineClient } from '../../../src-main/engine/client.ts'
import type { Child } from '../../../src-main/files/child.ts'
import { engine } from '../../helpers/engine.ts'
import { CLASSES, filesOf, shapePictures, shapesJob, temporaryFolder } from '../../helpers/pictures.ts'
import { start } from '../../helpers/programs.ts'

const dir = temporaryFolder()
const clients: EngineClient[] = []
afterAll(() => Promise.all(clients.map((client) => client.close())))

describe('the engine', () => {
  let splits: TrainJob['splits']
  beforeAll(async () => {
    splits = await shapePictures(path.join(dir, 'pictures'))
  })
  const training = (out: string, more: Partial<TrainJob> = {}) =>
    shapesJob(splits, { out: path.join(dir, out), cache: path.join(dir, 'cache'), ...more })
  const started = async () => {
    const client = await engine()
    clients.push(client)
    return client
  }

  test('stops between two steps when told to, and resumes there', async () => {
    const client = await started()
    const settings = { epochs: 20, batchSize: 4, lr: 1e-3 }
    const whole = (await client.run(training('whole', { settings })).result).loss
    let steps = 0
    const running = client.run(training('stopped', { settings }), ({ phase }) => {
      if (phase === 'training' && ++steps === 4) running.cancel()
    })
    await expect(running.result).rejects.toMatchObject({ fault: 'cancelled', message: 'cancelled' })
    expect(steps).toBeLessThan(whole.length)
    expect(fs.existsSync(path.join(dir, 'stopped'))).toBe(false)
    const again: number[] = []
    const { loss } = await client.run(
      training('stopped', { settings }),
      ({ phase, done }) => void (phase === 'training' && again.push(done)),
    ).result
    expect(loss).toEqual(whole)
    expect(again[0]).toBeGreaterThan(4)
  })

  test('answers questions while it trains, and of what is asked wrongly says what', async () => {
    const client = await started()
    const { model, classes } = training('x')
    const running = client.run(training('beside', { settings: { epochs: 10_000, batchSize: 4 } }))
    running.result.catch(() => undefined)
    const seen = await client.ask({ kind: 'classify', model, file: splits['val']![0]!.file, classes })
    expect(seen.map((s) => s.label).sort()).toEqual([...CLASSES].sort())
    expect(await client.ask({ kind: 'devices' })).toContain('cpu')
    await expect(client.ask({ kind: 'tokens', model: '', texts: [] })).rejects.toMatchObject({
      fault: 'user',
      message: expect.stringContaining('question.model') as string,
    })
    running.cancel()
    await expect(running.result).rejects.toMatchObject({ fault: 'cancelled' })
  })

  test('that is killed in the middle of a training says what it kept, and leaves nothing half written', async () => {
    const children: Child[] = []
    const base = await started()
    const client = new EngineClient(() => (children.push((base as unknown as { start(): Child }).start()), children.at(-1)!))
    clients.push(client)
    const long = training('killed', { settings: { epochs: 10_000, batchSize: 4 } })
    await expect(client.run(long, ({ done }) => void (done === 5 && children[0]!.kill())).result).rejects.toMatchObject({
      fault: 'engine',
      message: expect.stringMatching(
        /in the middle of a training; the state after step \d+ was kept, and the same training resumes from there$/,
      ) as string,
    })
    expect(Object.keys(filesOf(`${long.out}.run`))).toEqual(['state.safetensors'])
    const first: number[] = []
    const again = client.run(long, ({ phase, done }) => {
      if (phase === 'training') first.push(done)
      again.cancel()
    })
    await expect(again.result).rejects.toMatchObject({ fault: 'cancelled' })
    expect(first[0] ?? 5).toBeGreaterThan(4)
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
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter((x) => !x['phase'])
    expect(answers).toEqual([
      { fault: 'data', message: `${path.join(dir, 'nowhere')}: not found: expected a checkpoint folder` },
      {
        device: 'cpu',
        steps: expect.any(Number) as number,
        loss: expect.any(Array) as number[],
        leftOut: [{ file: broken, reason: expect.stringContaining('truncated or damaged PNG') as string }],
      },
      { fault: 'user', message: 'no training image for the class "nothing"' },
      { device: 'cpu', steps: 3, loss: expect.any(Array) as number[] },
      { device: 'cpu', steps: 12, loss: expect.any(Array) as number[] },
      { end: true },
    ])
  })
})
