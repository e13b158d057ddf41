/** Curation as a window meets it: calls, jobs, pages. */
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JobEntry } from '#shared/contract/app.ts'
import { isOpen } from '#shared/model/queue.ts'
import { App } from '../../../src-main/app/serve/app.ts'
import { addRecords, createProject, mediaByPath, openProject } from '../../../src-main/app/projects/index.ts'
import { shapePictures, temporaryFolder } from '../../helpers/pictures.ts'
import { appContext, pictures } from './helpers.ts'
import { hostIn, openWindow } from '../../helpers/window.ts'

const dir = temporaryFolder()
const folder = path.join(dir, 'project')
const jobs = new Map<string, JobEntry>()
let app: App
let client: ReturnType<typeof openWindow>

beforeAll(async () => {
  const images = path.join(dir, 'images')
  const names = await pictures(images)
  const project = createProject(folder, { user: 'ann' })
  addRecords(
    project,
    names.map((fileName) => ({ fileName })),
    { root: images },
  )
  // Shapes with their names; one circle is called a square.
  const shapes = Object.values(await shapePictures(path.join(dir, 'shapes'))).flat()
  const named = ['circle', 'square', 'stripes']
  addRecords(
    project,
    shapes.map(({ file, label }, i) => ({
      fileName: path.relative(path.join(dir, 'shapes'), file),
      labels: [{ label: named[i === 0 ? 1 : label]! }],
    })),
    { root: path.join(dir, 'shapes') },
  )
  project.close()
  app = new App({ host: hostIn(dir), models: await appContext(path.join(dir, 'cache')) })
  client = openWindow(app, (event, data) => event === 'jobs.changed' && jobs.set((data as JobEntry).id, data as JobEntry))
  await client.call('projects.open', { folder })
})
afterAll(async () => {
  client.close()
  await app.close()
})

/** The result of the job that a call began. */
async function ended({ jobId }: { jobId: string }): Promise<JobEntry['result']> {
  await expect.poll(() => jobs.has(jobId) && !isOpen(jobs.get(jobId)!), { interval: 20 }).toBe(true)
  expect(jobs.get(jobId)).toMatchObject({ status: 'done', error: null })
  return jobs.get(jobId)!.result
}
const idOf = (name: string) => {
  const project = openProject(folder, { readOnly: true })
  try {
    return mediaByPath(project, name)!.id
  } finally {
    project.close()
  }
}

describe('curation', () => {
  test('is empty at first', async () => {
    expect(await client.call('curation.status')).toEqual({ duplicates: null, split: null, captions: null, doubts: null, map: null })
    expect(await client.call('curation.duplicates', {})).toEqual({ total: 0, groups: [] })
    expect(await client.call('curation.map')).toBeNull()
    await expect(client.call('curation.apply-split')).rejects.toThrow('no split has been proposed')
    await expect(client.call('curation.apply-duplicates', { action: { kind: 'tag' } })).rejects.toThrow('not been searched for')
  })

  test('finds the label that is wrong', async () => {
    const summary = await ended(await client.call('curation.find-doubts', { folds: 4 }))
    expect(summary).toMatchObject({ images: 36, leftOut: 0 })
    const { doubts } = await client.call('curation.doubts', { limit: 5 })
    expect(doubts[0]).toMatchObject({ path: 'train/circle-0.png', issue: true })
    const labels = await client.call('labels.list')
    expect([doubts[0]!.given, doubts[0]!.suggested].map((id) => labels.find((l) => l.id === id)!.name)).toEqual(['square', 'circle'])
    // Put right, it is doubtful no more.
    await client.call('image-labels.unset', { mediaIds: [doubts[0]!.mediaId], labelId: doubts[0]!.given })
    expect((await client.call('curation.doubts', { limit: 5 })).doubts.map((d) => d.path)).not.toContain('train/circle-0.png')
  })

  test('finds duplicates, pages through them, tags them', async () => {
    const summary = await ended(await client.call('curation.find-duplicates', { method: 'phash' }))
    expect((await client.call('curation.status')).duplicates).toMatchObject({ info: { stale: false }, summary: summary as object })
    const { total, groups } = await client.call('curation.duplicates', { offset: 1, limit: 1 })
    expect([total, groups.length]).toEqual([(summary as { groups: number }).groups, 1])
    const { changed } = await client.call('curation.apply-duplicates', { action: { kind: 'tag' } })
    expect(changed).toBe((summary as { duplicates: number }).duplicates)
    expect((await client.call('media.facets')).tags).toEqual([{ value: 'duplicate', count: changed }])
    await client.call('history.undo', {})
    expect((await client.call('media.facets')).tags).toEqual([])
  })

  test('proposes a split and carries it out', async () => {
    await ended(await client.call('curation.propose-split', { shares: { train: 0.5, test: 0.5 } }))
    expect((await client.call('media.facets')).splits).toEqual([{ value: null, count: 47 }])
    expect((await client.call('curation.status')).split).toMatchObject({ info: { stale: false }, summary: { changes: 47 } })
    expect(await client.call('curation.apply-split')).toEqual({ changed: 47 })
    expect((await client.call('curation.status')).split).toMatchObject({ info: { stale: false }, summary: { changes: 0 } }) // nothing is left to be changed
    expect(await client.call('curation.apply-split')).toEqual({ changed: 0 })
    expect((await client.call('curation.balance')).splits).toEqual(['test', 'train'])
    await client.call('history.undo', {})
    expect((await client.call('curation.status')).split).toMatchObject({ info: { stale: true } })
  })

  test('finds similar images, to an image and to a text', async () => {
    const mediaId = idOf('one-1.png')
    const query = { kind: 'image' as const, mediaId }
    expect(await client.call('curation.similar', { query })).toEqual({ status: 'missing' })
    expect(await ended(await client.call('curation.make-index'))).toEqual({
      images: 46,
      dimensions: expect.any(Number) as number,
      unreadable: 1,
    })
    const found = await client.call('curation.similar', { query, limit: 5 })
    expect(found).toMatchObject({ status: 'found', stale: false, images: [{ mediaId: idOf('again/small.jpg') }, {}, {}, {}, {}] })
    const text = await client.call('curation.similar', { query: { kind: 'text', text: 'a circle' }, limit: 3 })
    expect(text.status === 'found' && text.images.length).toBe(3)
    await expect(client.call('curation.similar', { query: { kind: 'image', mediaId: 99_999 } })).rejects.toThrow('no image has the id')
  })

  test('makes a map of all that can be read', async () => {
    expect(await ended(await client.call('curation.make-map', { method: 'pca' }))).toMatchObject({
      images: 46,
      method: 'pca',
      laidOut: 46,
      unreadable: 1,
    })
    const map = (await client.call('curation.map'))!
    expect([map.mediaIds.length, map.x.length, map.y.length]).toEqual([46, 46, 46])
    const at = (name: string) => map.mediaIds.indexOf(idOf(name))
    // What was embedded for it serves to find images, with nothing more to be made.
    fs.rmSync(path.join(dir, 'cache', 'neighbours'), { recursive: true })
    const query = { kind: 'text' as const, text: 'a circle' }
    expect(await client.call('curation.similar', { query })).toEqual({ status: 'missing' })
    await ended(await client.call('curation.make-map', { method: 'pca' }))
    expect(await client.call('curation.similar', { query, limit: 3 })).toMatchObject({
      status: 'found',
      stale: false,
      images: { length: 3 },
    })
    const [a, b] = [at('one-1.png'), at('again/small.jpg')]
    expect(Math.hypot(map.x[a]! - map.x[b]!, map.y[a]! - map.y[b]!)).toBeLessThan(0.1)
  })

  test('fails in one line where there is nothing to work on', async () => {
    const { jobId } = await client.call('curation.find-doubts', { folds: 20 })
    await expect.poll(() => jobs.get(jobId)?.status).toBe('failed')
    expect(jobs.get(jobId)!.error).toMatch(/at least two labels with 20 images/)
  })

  test('looks into captions', async () => {
    await ended(await client.call('curation.check-captions', {}))
    expect(await client.call('curation.caption-findings', { issue: 'missing', offset: 40 })).toMatchObject({
      total: 47,
      findings: { length: 7 },
    })
  })
})

test('results are stored in the project’s folder', () => {
  expect(fs.readdirSync(path.join(folder, 'curation')).sort()).toEqual([
    'captions.json',
    'doubts.json',
    'duplicates.json',
    'map.json',
    'split.json',
  ])
})
