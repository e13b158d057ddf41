/** The loop from a run back to the labels: what to label next, accepting it, training again, and what the labels brought. */
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JobEntry } from '#shared/contract/app.ts'
import type { NextSummary } from '#shared/model/next.ts'
import { isOpen } from '#shared/model/queue.ts'
import { App } from '../../../src-main/app/serve/app.ts'
import { addRecords, createProject } from '../../../src-main/app/projects/index.ts'
import { engine } from '../../helpers/engine.ts'
import { CLASSES, shapePictures, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'
import { hostIn, openWindow } from '../../helpers/window.ts'
import { terminal } from '../cli/terminal.ts'

const dir = temporaryFolder()
const folder = path.join(dir, 'project')
const jobs = new Map<string, JobEntry>()
const told: string[] = []
let app: App
let client: ReturnType<typeof openWindow>
let dashi: Awaited<ReturnType<typeof terminal>>

/** Twelve labelled images to train on, of which one is called wrongly, six held out, and twelve without a label or split. */
beforeAll(async () => {
  const pictures = path.join(dir, 'pictures')
  const { train, heldOut, val, id } = await shapePictures(pictures)
  const name = (file: string) => path.relative(pictures, file)
  const project = createProject(folder, { user: 'ann' })
  const labelled = (split: string, wrong?: string) => (item: { file: string; label: number }) => ({
    fileName: name(item.file),
    split,
    labels: [{ label: name(item.file) === wrong ? CLASSES[2]! : CLASSES[item.label]! }],
  })
  addRecords(
    project,
    [
      ...train.map(labelled('train', 'train/circle-3.png')),
      ...heldOut.map(labelled('heldOut')),
      ...[...val, ...id].map(({ file }) => ({ fileName: name(file) })),
    ],
    { root: pictures },
  )
  project.close()
  const models = { engine: await engine(), nano: TINY_CLIP, cache: path.join(dir, 'cache') }
  app = new App({ host: hostIn(dir), models })
  client = openWindow(app, (event, data) => {
    if (event === 'jobs.changed') jobs.set((data as JobEntry).id, data as JobEntry)
    else told.push(event)
  })
  await client.call('projects.open', { folder })
  dashi = await terminal(models.cache)
})
afterAll(() => client.close())

async function ended(jobId: string): Promise<JobEntry> {
  await expect.poll(() => jobs.has(jobId) && !isOpen(jobs.get(jobId)!), { interval: 20 }).toBe(true)
  return jobs.get(jobId)!
}
type Wanted = Parameters<typeof client.call<'next.make'>>[1]
async function make(wanted: Wanted): Promise<NextSummary> {
  const job = await ended((await client.call('next.make', wanted)).jobId)
  expect(job).toMatchObject({ status: 'done', error: null })
  return job.result as unknown as NextSummary
}
const failure = async (wanted: Wanted) => (await ended((await client.call('next.make', wanted)).jobId)).error
async function trained(runId: string) {
  await expect.poll(async () => (await client.call('runs.list')).find((r) => r.id === runId)?.status).toBe('done')
  return (await client.call('runs.list')).find((r) => r.id === runId)!
}
const queue = async () => (await client.call('next.queue'))!
const labelsOf = async (mediaId: number) => (await client.call('media.content', { id: mediaId })).labels

describe('from a run back to the labels', () => {
  let run: Awaited<ReturnType<typeof trained>>
  let first: number

  test('there is nothing at first', async () => {
    expect(await client.call('next.queue')).toBeNull()
    expect(await client.call('next.labels-curve')).toEqual([])
    expect((await client.call('next.strategies')).map((s) => s.name)).toContain('mix')
  })

  test('a run chooses unlabelled images, and its guesses become its proposals', async () => {
    run = await trained((await client.call('training.start', { recipe: 'lp', settings: { cCount: 3 }, name: 'Probe' })).runId)
    const found = await make({ model: run.model!, filter: { unlabelled: true }, count: 5 })
    expect(found).toMatchObject({ strategy: 'mix', model: run.model, images: 12, unreadable: 0, queued: 5, proposals: 5 })
    const { images, info } = await queue()
    expect(info.stale).toBe(false)
    first = images[0]!.mediaId
    const { labelId, confidence } = images[0]!
    const [proposal] = await labelsOf(first)
    expect(proposal).toMatchObject({ labelId, state: 'proposed', author: { kind: 'checkpoint', checkpoint: run.model } })
    expect((proposal!.author as { score: number }).score).toBeCloseTo(confidence, 5)
    expect(told).toContain('annotations.changed')
  })

  test('accepted, a label says which model it came from; rejected, it is not proposed again', async () => {
    const { images } = await queue()
    await client.call('image-labels.choose', { mediaId: first, labelId: images[0]!.labelId })
    expect(await labelsOf(first)).toMatchObject([{ state: 'accepted', author: { kind: 'checkpoint', checkpoint: run.model } }])
    const [other] = await labelsOf(images[1]!.mediaId)
    await client.call('image-labels.state', { ids: [other!.id], state: 'rejected' })
    expect(await make({ model: run.model!, filter: { unlabelled: true }, count: 50 })).toMatchObject({
      images: 11,
      queued: 11,
      proposals: 7,
    })
    expect(await labelsOf(images[1]!.mediaId)).toMatchObject([{ state: 'rejected' }])
  })

  test('the label that is wrong comes first, with what it should be', async () => {
    const found = await make({ model: run.model!, strategy: 'disagreement', filter: { split: 'train' }, count: 3, propose: false })
    expect(found).toMatchObject({ images: 12, queued: 3, proposals: 0 })
    const paths = new Map(
      (await client.call('media.rows', { ids: (await queue()).images.map((i) => i.mediaId) })).map((r) => [r.id, r.path]),
    )
    expect((await queue()).images.map((i) => paths.get(i.mediaId))).toContain('train/circle-3.png')
  })

  test('training again takes a snapshot, and what was labelled joins the training', async () => {
    await make({ model: run.model!, filter: {}, count: 50 })
    const { runId, snapshot, joined } = await client.call('next.retrain', { runId: run.id })
    expect([snapshot, joined]).toEqual(['Probe 2', 1])
    const again = await trained(runId)
    expect(again).toMatchObject({ name: 'Probe 2', recipe: 'lp', settings: { cCount: 3 }, metrics: { images: { train: 13, heldOut: 6 } } })
    expect((await client.call('snapshots.list')).map((s) => s.name)).toEqual(['Probe 2'])
    expect((await client.call('next.retrain', { runId: run.id })).joined).toBe(0)
  })

  test('the curve has a point a training, with the labels that it had then and an interval', async () => {
    await expect.poll(async () => (await client.call('next.labels-curve')).length).toBe(3)
    const points = await client.call('next.labels-curve')
    expect(points.map((p) => [p.name, p.labels, p.split, p.images])).toEqual([
      ['Probe', 12, 'heldOut', 6],
      ['Probe 2', 13, 'heldOut', 6],
      ['Probe 3', 13, 'heldOut', 6],
    ])
    for (const p of points) {
      expect(p.low).toBeLessThan(p.high)
      expect(p.accuracy).toBeGreaterThanOrEqual(p.low)
      expect(p.accuracy).toBeLessThanOrEqual(p.high)
    }
  })

  test('two checkpoints are compared', async () => {
    const other = (await client.call('runs.list')).find((r) => r.name === 'Probe 2')!.model!
    const found = await make({ model: run.model!, other, strategy: 'checkpoints', filter: {}, count: 4 })
    expect(found).toMatchObject({ images: 30, queued: 4 })
    const { images } = await queue()
    for (let k = 1; k < images.length; k++) expect(images[k - 1]!.score).toBeGreaterThanOrEqual(images[k]!.score)
    expect(images.every((i) => i.score >= 0 && i.score <= 1)).toBe(true)
  })

  test('what cannot be is said in one line', async () => {
    expect(await failure({ strategy: 'luck' })).toMatch(/unknown strategy "luck"; there are mix/)
    expect(await failure({ strategy: 'checkpoints' })).toMatch(/two checkpoints; name the other one/)
    expect(await failure({ filter: { split: 'nowhere' } })).toMatch(/no image that can be read passes the filter/)
    expect(await failure({ strategy: 'disagreement', filter: { unlabelled: true } })).toMatch(/nothing to disagree with/)
    await expect(client.call('next.retrain', { runId: 'none' })).rejects.toThrow(/run/)
  })
})

describe('in the terminal', () => {
  const document = ({ code, stdout, stderr }: Awaited<ReturnType<typeof dashi>>) => {
    expect(code, stderr).toBe(0)
    return JSON.parse(stdout) as Record<string, unknown>
  }
  beforeAll(async () => {
    await app.close() // the terminal needs the project for itself
  })

  test('a queue is made by a run, the built-in model, or in words', async () => {
    const command = ['next', '--project', folder, '--filter', 'unlabelled=true', '--count', '3', '--no-propose']
    const made = document(await dashi(...command, '--run', 'Probe', '--strategy', 'margin', '--json'))
    expect(made).toMatchObject({ strategy: 'margin', queued: 3, proposals: 0 })
    const [best] = made['queue'] as { path: string; label: string; confidence: number }[]
    expect(CLASSES).toContain(best!.label)
    expect(best!.path).toMatch(/\.png$/)
    expect(document(await dashi(...command, '--strategy', 'k-centre', '--json'))).toMatchObject({ queued: 3 })
    expect((await dashi(...command, '--run', 'Probe')).stdout).toMatch(/guess[^]*3 of 11 images; 0 proposals/)
  })

  test('the curve is a table', async () => {
    expect((document(await dashi('curve', '--project', folder, '--json'))['points'] as { labels: number }[]).map((p) => p.labels)).toEqual([
      12, 13, 13,
    ])
    expect((await dashi('curve', '--project', folder)).stdout).toMatch(/labels[^]*12 [^]*6 of heldOut[^]*Probe/)
  })

  test.each([
    [['--strategy', 'luck'], /unknown strategy "luck"/],
    [['--diversity', '2'], /expected a number between 0 and 1/],
    [['--count', '0'], /count/],
    [['--run', 'Nobody'], /no run "Nobody" that left a checkpoint/],
    [['--run', 'Probe', '--model', 'x'], /give one of them/],
    [['--filter', 'colour=red'], /colour/],
  ])('%j is refused in one line', async (options, message) => {
    const { code, stdout, stderr } = await dashi('next', '--project', folder, ...options, '--json')
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toMatch(message)
  })
})
