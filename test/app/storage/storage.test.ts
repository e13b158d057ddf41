/** The disk budget: what counts, what may go, and that jobs wait for room in it. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { StepProgress } from '#shared/model/progress.ts'
import type { AppContext } from '../../../src-main/app/context.ts'
import { leftOf, makeRoom, requireRoom, storageOf, waitForRoom } from '../../../src-main/app/storage/storage.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

const KB = 1000
let dir: string
let budget: number | null
let app: AppContext
beforeEach(() => {
  dir = temporaryFolder()
  budget = null
  app = {
    cache: path.join(dir, 'cache'),
    hub: { folder: path.join(dir, 'models'), secrets: dir, env: {} },
    storage: { budget: () => budget, keep: () => undefined, projects: () => [path.join(dir, 'one'), path.join(dir, 'gone')] },
  } as unknown as AppContext
})
/** @param age in minutes */
function put(file: string, bytes: number, age = 0): string {
  const at = path.join(dir, file)
  fs.mkdirSync(path.dirname(at), { recursive: true })
  fs.writeFileSync(at, Buffer.alloc(bytes))
  const then = Date.now() / 1000 - 60 * age
  fs.utimesSync(at, then, then)
  return at
}
const hex = (n: number, digits: number) => n.toString(16).padStart(digits, '0')
const feature = (n: number, bytes: number, age: number) => put(`cache/features/features-${hex(n, 16)}.safetensors`, bytes, age)

test('checkpoints and states of all projects count, downloads and caches; a project that is named twice counts once', async () => {
  put('one/checkpoints/a/model.safetensors', 10 * KB)
  put('one/checkpoints/a.run/state.safetensors', 4 * KB)
  put('one/checkpoints/.b.part/model.safetensors', KB)
  put('one/media/picture.jpg', 99 * KB)
  put('two/checkpoints/c/model.safetensors', 2 * KB)
  put('models/org--name/model.safetensors', 7 * KB)
  put(`cache/thumbnails/ab/${hex(1, 30)}`, KB)
  feature(1, 3 * KB, 0)
  put('cache/holiday.jpg', 99 * KB)
  const own = { budget: null, states: 5 * KB, downloads: 7 * KB, caches: 4 * KB }
  expect(await storageOf(app)).toEqual({ ...own, checkpoints: 10 * KB })
  expect(await storageOf(app, path.join(dir, 'one'))).toEqual({ ...own, checkpoints: 10 * KB })
  expect(await storageOf(app, path.join(dir, 'two'))).toEqual({ ...own, checkpoints: 12 * KB })
})

test('room is made by removing what of all caches was used longest ago, and nothing else', async () => {
  const model = put('one/checkpoints/a/model.safetensors', 10 * KB, 1000)
  const old = [
    feature(1, 2 * KB, 90),
    put(`cache/encodings/${hex(2, 64)}.encoding`, 2 * KB, 80),
    put(`cache/thumbnails/ab/${hex(5, 30)}`, 2 * KB, 75),
  ]
  const kept = [feature(3, 3 * KB, 70), put(`cache/thumbnails/ab/${hex(4, 30)}`, 3 * KB, 60), put('cache/notes.txt', KB, 2000), model]
  budget = 25 * KB
  expect(leftOf(await storageOf(app))).toBe(15 * KB)
  expect(await makeRoom(app, 8 * KB)).toBe(0) // 10 + 12 + 8 are 5 too many
  expect(old.map((f) => fs.existsSync(f))).toEqual([false, false, false])
  expect(kept.map((f) => fs.existsSync(f))).toEqual([true, true, true, true])
  expect(await makeRoom(app, 0)).toBe(0)
  expect(kept.map((f) => fs.existsSync(f))).toEqual([true, true, true, true])
})

test('the sums of other projects are kept for a while, but not of the one that is written in, nor where there is no room by them', async () => {
  const other = put('one/checkpoints/a/model.safetensors', 10 * KB)
  const used = async (maxAge: number) => (await storageOf(app, path.join(dir, 'two'), maxAge)).checkpoints
  expect(await used(0)).toBe(10 * KB)
  put('one/checkpoints/b/model.safetensors', 2 * KB)
  put('two/checkpoints/c/model.safetensors', KB)
  expect(await used(60_000)).toBe(11 * KB)
  expect(await used(0)).toBe(13 * KB)

  budget = 15 * KB
  const room = (bytes: number) => makeRoom(app, bytes, path.join(dir, 'two'))
  expect(await room(4 * KB)).toBe(2 * KB)
  fs.rmSync(path.dirname(other), { recursive: true })
  expect(await room(4 * KB)).toBe(0)
})

test('what would not fit without any cache removes none', async () => {
  put('one/checkpoints/a/model.safetensors', 10 * KB)
  const cached = feature(1, 3 * KB, 90)
  budget = 15 * KB
  expect(await makeRoom(app, 6 * KB)).toBe(KB)
  expect(fs.existsSync(cached)).toBe(true)
  await expect(requireRoom(app, undefined, () => 6 * KB)).rejects.toMatchObject({
    fault: 'user',
    sentence: { code: 'storage.over-budget' },
  })
  await requireRoom(app, undefined, () => 5 * KB)
  budget = null
  await requireRoom(app, undefined, () => 1e15)
})

test('an entry that was used just now stays', async () => {
  const cached = feature(1, 3 * KB, 0)
  budget = 2 * KB
  await makeRoom(app, 0)
  expect(fs.existsSync(cached)).toBe(true)
})

test('a job waits until something is deleted or the budget is raised, or it is cancelled', async () => {
  const model = put('one/checkpoints/a/model.safetensors', 10 * KB)
  budget = 12 * KB
  const told: (StepProgress['waits'] | null)[] = []
  const abort = new AbortController()
  const waits = () =>
    waitForRoom(app, path.join(dir, 'one'), () => 5 * KB, { signal: abort.signal, progress: (p) => told.push(p.waits ?? null) }, 5)
  const first = waits()
  await expect.poll(() => told.length).toBeGreaterThan(1)
  fs.rmSync(model)
  await first
  expect(told[0]).toEqual({ for: 'budget', path: path.join(dir, 'one') })
  expect(told.at(-1)).toBeNull()
  put('one/checkpoints/a/model.safetensors', 10 * KB)
  const second = waits()
  budget = 15 * KB
  await second
  budget = 12 * KB
  const third = waits()
  setTimeout(() => abort.abort(), 20)
  await expect(third).rejects.toMatchObject({ fault: 'cancelled' })
})
