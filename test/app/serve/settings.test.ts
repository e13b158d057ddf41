/** Settings of what is kept and where models are looked for, in a program that runs. */
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { settings as settingsSchema, type Settings } from '#shared/contract/app.ts'
import type { Client } from '#shared/contract/rpc.ts'
import { addRecords, createProject } from '../../../src-main/app/projects/index.ts'
import { runCli } from '../../../src-main/app/cli/main.ts'
import type { CliContext } from '../../../src-main/app/cli/context.ts'
import { resolveModel } from '../../../src-main/app/merging/model-folders.ts'
import { App } from '../../../src-main/app/serve/app.ts'
import { Preferences, storedSettings } from '../../../src-main/app/serve/preferences.ts'
import { engine } from '../../helpers/engine.ts'
import { TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'
import { hostIn, openWindow } from '../../helpers/window.ts'

let dir: string
let app: App
let call: Client['call']
beforeEach(async () => {
  dir = temporaryFolder()
  const host = hostIn(dir)
  const modelFolders = () => storedSettings(host.configFolder).modelFolders
  app = new App({ host, models: { engine: await engine(), nano: TINY_CLIP, cache: host.cacheFolder, modelFolders } })
  const project = createProject(path.join(dir, 'project'))
  addRecords(project, [{ fileName: 'a.png', width: 1, height: 1 }])
  project.close()
  ;({ call } = openWindow(app))
})
afterEach(async () => {
  vi.restoreAllMocks()
  await app.close()
})

const save = (patch: Partial<Settings>) => call('settings.save', patch)
const model = (at: string) => {
  fs.cpSync(TINY_CLIP, at, { recursive: true })
  return at
}

test('models of a folder that the settings name are offered, until it is named no more', async () => {
  const shelf = path.join(dir, 'shelf')
  const [one, two] = [model(path.join(shelf, 'one')), model(path.join(shelf, 'lab', 'two'))]
  fs.mkdirSync(path.join(shelf, 'no-model'))
  await call('projects.open', { folder: path.join(dir, 'project') })
  const offered = async () =>
    (await call('models.list', {})).map(({ name, folder, outside, checkpoint }) => ({ name, folder, outside, checkpoint }))
  const box = { name: 'Nano', folder: TINY_CLIP, outside: false, checkpoint: null }
  expect(await offered()).toEqual([box])
  await save({ modelFolders: [shelf] })
  expect(await offered()).toEqual([
    box,
    { name: 'lab/two', folder: two, outside: true, checkpoint: null },
    { name: 'one', folder: one, outside: true, checkpoint: null },
  ])
  await save({ modelFolders: [one] }) // a checkpoint itself
  expect(await offered()).toEqual([box, { name: 'one', folder: one, outside: true, checkpoint: null }])
  await save({ modelFolders: [] })
  expect(await offered()).toEqual([box])
})

test('a window changes what it sends and nothing else: the terminal, or another window, may have changed the rest', async () => {
  await call('settings.save', { theme: 'dark', threads: 2 })
  new Preferences(hostIn(dir).configFolder).saveSettings({ diskBudget: 500 }) // dashi storage --budget
  await call('settings.save', { theme: 'light' })
  const kept = { theme: 'light', threads: 2, diskBudget: 500, prefetch: 1 }
  expect((await call('app.hello', {})).settings).toMatchObject(kept)
  expect(storedSettings(hostIn(dir).configFolder)).toMatchObject(kept)
})

test('a folder of models is refused in one line that names it, and what was saved stays', async () => {
  const [file, there] = [path.join(dir, 'a-file'), path.join(dir, 'shelf')]
  fs.writeFileSync(file, '')
  fs.mkdirSync(there)
  await save({ modelFolders: [there] })
  for (const [folder, why] of [
    [path.join(dir, 'nowhere'), `settings: modelFolders.1: ${path.join(dir, 'nowhere')}: there is no such folder`],
    [file, `settings: modelFolders.1: ${file}: is a file, expected a folder`],
    ['models', 'settings: modelFolders.1: models: expected a path from the root of the file system on'],
    [there, `settings: modelFolders.1: ${there}: occurs twice`],
  ] as const) {
    await expect(save({ modelFolders: [there, folder] })).rejects.toThrow(why)
  }
  fs.rmdirSync(there) // a disk that was taken out
  await save({ theme: 'dark' })
  expect((await call('app.hello', {})).settings).toMatchObject({ theme: 'dark', modelFolders: [there] })
})

test.each([
  [{ prefetch: 17 }, /prefetch/],
  [{ prefetch: -1 }, /prefetch/],
  [{ prefetch: 1.5 }, /prefetch/],
  [{ caches: { thumbnails: 15, tiles: 100, embeddings: 100, encodings: 100 } }, /caches\.thumbnails/],
  [{ caches: { thumbnails: 100, tiles: 1e7, embeddings: 100, encodings: 100 } }, /caches\.tiles/],
  [{ caches: { thumbnails: 100, tiles: 100, embeddings: Number.NaN, encodings: 100 } }, /caches\.embeddings/],
  [{ modelFolders: [''] }, /modelFolders\.0/],
  [{ modelFolders: ['/a\u0000'] }, /modelFolders\.0/],
])('%j is refused by its field', async (patch, field) => {
  await expect(save(patch)).rejects.toThrow(field)
  expect((await call('app.hello', {})).settings).toEqual(settingsSchema.parse({}))
})

const megabyte = 2 ** 20
const put = (file: string, bytes: number, age = 0) => {
  const at = path.join(dir, 'cache', file)
  fs.mkdirSync(path.dirname(at), { recursive: true })
  fs.writeFileSync(at, Buffer.alloc(bytes))
  const then = Date.now() / 1000 - age
  fs.utimesSync(at, then, then)
  return at
}
const hex = (n: number, digits: number) => n.toString(16).padStart(digits, '0')

test('a cache says how much it holds, is cleared by itself, and leaves alone what is not its own', async () => {
  put(`thumbnails/ab/${hex(1, 30)}`, 1000)
  put(`tiles/${hex(2, 32)}/p_files/0/0_0.webp`, 2000)
  put(`features/features-${hex(3, 16)}.safetensors`, 3000)
  put(`neighbours/${hex(4, 24)}/index`, 500)
  const others = [put('thumbnails/holiday/photo.jpg', 9), put('features/notes.txt', 9), put('sample-1/x', 9)]
  expect(await call('caches.usage', {})).toEqual({ thumbnails: 1000, tiles: 2000, embeddings: 3500, encodings: 0 })
  expect(await call('caches.clear', { cache: 'embeddings' })).toEqual({ thumbnails: 1000, tiles: 2000, embeddings: 0, encodings: 0 })
  expect(await call('caches.clear', { cache: 'tiles' })).toEqual({ thumbnails: 1000, tiles: 0, embeddings: 0, encodings: 0 })
  expect(await call('caches.clear', { cache: 'thumbnails' })).toEqual({ thumbnails: 0, tiles: 0, embeddings: 0, encodings: 0 })
  expect(others.every((f) => fs.existsSync(f))).toBe(true)
})

/** Trimming goes on beside the answer. */
async function settled(cache: 'thumbnails' | 'tiles' | 'embeddings', most: number): Promise<number> {
  for (;;) {
    const { [cache]: bytes } = await call('caches.usage', {})
    if (bytes <= most) return bytes
  }
}

test('a smaller limit takes effect at once: the least recently used entries are removed', async () => {
  const days = (n: number) => n * 86_400
  const thumbnails = Array.from({ length: 5 }, (_, i) => put(`thumbnails/0${i}/${hex(i, 30)}`, 8 * megabyte, days(i)))
  const features = Array.from({ length: 5 }, (_, i) => put(`features/features-${hex(i, 16)}.safetensors`, 8 * megabyte, days(i)))
  const pyramids = Array.from({ length: 5 }, (_, i) => path.dirname(put(`tiles/${hex(i, 32)}/0_0.webp`, 8 * megabyte)))
  pyramids.forEach((p, i) => fs.utimesSync(p, Date.now() / 1000 - days(i), Date.now() / 1000 - days(i)))
  await save({ caches: { thumbnails: 20, tiles: 20, embeddings: 20, encodings: 20 } })
  for (const cache of ['thumbnails', 'tiles', 'embeddings'] as const) expect(await settled(cache, 20 * megabyte)).toBe(16 * megabyte)
  // A folder is removed after what is in it.
  for (const kept of [thumbnails, features, pyramids])
    await expect.poll(() => kept.map((f) => fs.existsSync(f))).toEqual([true, true, false, false, false])
})

test('in the terminal a model is called by its name in those folders; a path is a path', async () => {
  const [a, b] = [path.join(dir, 'a'), path.join(dir, 'b')]
  const shapes = model(path.join(a, 'lab', 'shapes'))
  model(path.join(a, 'twice'))
  model(path.join(b, 'x', 'twice'))
  expect(resolveModel('shapes', [a, b])).toBe(shapes)
  expect(resolveModel('lab/shapes', [a, b])).toBe(shapes)
  expect(resolveModel('twice', [a, b])).toBe(path.join(a, 'twice'))
  expect(resolveModel('./shapes', [a])).toBe('./shapes')
  expect(resolveModel('unknown', [a])).toBe('unknown')
  model(path.join(b, 'lab', 'shapes'))
  expect(() => resolveModel('shapes', [a, b])).toThrow(/^shapes: is the name of several models/)
  const shelf = path.join(a, 'lab')
  expect(
    await runCli(
      ['embed', '--model', 'shapes', '--text', 'a circle', '--json'],
      async () => ({ modelFolders: () => [shelf] }) as unknown as CliContext,
    ),
  ).toBe(0)
})
