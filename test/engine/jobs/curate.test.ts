/** What is found in images by their features: which can be read, what is near, an index for searches, a map. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { CurateJob, Item, JobProgress } from '#shared/model/job.ts'
import { indexMade, VectorIndex } from '../../../src-main/engine/curation/vector-index.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { shapePictures, temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

let dir: string
let splits: Record<'id', Item[]>
let n = 0
const fresh = (name: string) => path.join(dir, `${name}-${n++}`)
const quiet = { onProgress: () => undefined, isCancelled: () => false }
const progress = async <T>(run: (hooks: { onProgress: (p: JobProgress) => void; isCancelled: () => boolean }) => Promise<T>) => {
  const told: JobProgress[] = []
  const answer = await run({ onProgress: (p) => told.push(p), isCancelled: () => false })
  return { answer, told }
}
beforeAll(async () => {
  dir = temporaryFolder()
  splits = await shapePictures(path.join(dir, 'pictures'))
})

describe('a look at images', () => {
  const images = () => splits.id.map(({ file }, i) => ({ file, hash: `hash-${i}` }))
  const curate = (task: CurateJob['task'], more: Partial<CurateJob> = {}): CurateJob => ({
    ...{ kind: 'curate', model: TINY_CLIP, device: 'cpu', cache: path.join(dir, 'curated') },
    ...{ images: images(), task, ...more },
  })
  const ids = (first = 10) => Int32Array.from({ length: 6 }, (_, i) => first + i)
  test('answers which can be read, and what was found among those', async () => {
    const broken = { file: path.join(dir, 'gone.png'), hash: 'gone' }
    const answer = await runJob(curate({ kind: 'map', method: 'pca', seed: 1 }, { images: [broken, ...images()] }), quiet)
    expect(answer).toMatchObject({ kind: 'curate', device: 'cpu', leftOut: [] })
    expect([...answer.curated.readable]).toEqual([1, 2, 3, 4, 5, 6])
    expect(answer.curated.found).toMatchObject({ kind: 'map' })
    const none = await runJob(curate({ kind: 'map', method: 'pca', seed: 1 }, { images: [broken] }), quiet)
    expect([none.curated.found, none.curated.readable.length]).toEqual([null, 0])
    expect(none.curated.dimensions).toBe(answer.curated.dimensions)
  })
  test('makes an index once, and anew for other ids or images', async () => {
    const folder = fresh('index')
    const make = async (own = ids(), more: Partial<CurateJob> = {}) => {
      const answer = await runJob(curate({ kind: 'index', folder, ids: own }, more), quiet)
      expect(answer.curated.found).toEqual({ kind: 'index' })
      return indexMade(folder)
    }
    const states = () => fs.readdirSync(folder).map((name) => fs.statSync(path.join(folder, name)).ino)
    const made = await make()
    const before = states()
    expect(await make()).toBe(made)
    expect([typeof made, states()]).toEqual(['string', before])
    const other = await make(ids(20))
    const index = VectorIndex.open(folder)!
    expect([index.size, [19, 20, 25, 26].map((id) => index.vector(id) !== undefined)]).toEqual([6, [false, true, true, false]])
    expect(other).not.toBe(made)
    expect(await make(ids(20), { images: images().map((i) => ({ ...i, hash: `${i.hash}-new` })) })).not.toBe(other)
    const mapped = await progress((hooks) => runJob(curate({ kind: 'map', method: 'pca', seed: 1, index: { folder, ids: ids() } }), hooks))
    expect(indexMade(folder)).toBe(made)
    expect(mapped.answer.curated.found).toMatchObject({ kind: 'map', laidOut: 6 })
  })
  test('keeps the preferred of near-copies, counted among those that can be read', async () => {
    const twice = splits.id.slice(0, 2).map(({ file }, i) => ({ file, hash: `near-${i}` }))
    const found = async (preferred: number, more: CurateJob['images'] = []) => {
      const answer = await runJob(
        curate({ kind: 'near', preferred, similarity: 0.999, keep: 'farthest', seed: 0 }, { images: [...more, ...twice, ...twice] }),
        quiet,
      )
      const { found: near } = answer.curated
      return near?.kind === 'near' ? [...near.dropped] : []
    }
    expect(await found(2)).toEqual([0, 0, 1, 1])
    expect(await found(3, [{ file: path.join(dir, 'gone.png'), hash: 'gone' }])).toEqual([0, 0, 1, 1])
  })
})
