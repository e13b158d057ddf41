/** Every file that is opened is closed, also where what it holds is refused. */
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { mistakenFolder } from '../../../src-main/engine/weights/folder.ts'
import { fingerprint } from '../../../src-main/engine/weights/fingerprint.ts'
import { readHead } from '../../../src-main/engine/weights/head.ts'
import { readText } from '../../../src-main/engine/weights/regular.ts'
import { openSafetensors, writeSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { openWeights } from '../../../src-main/engine/weights/source.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { TINY_CLIP } from '../../helpers/pictures.ts'
import { GOLDEN, memory, rawFile, tempDir, tiny } from './helpers.ts'

const dir = tempDir()
const at = (...names: string[]) => path.join(dir, ...names)
afterEach(() => vi.restoreAllMocks())

/** The files that `act` opened and left open; it may fail. */
async function leftOpen(act: () => unknown): Promise<string[]> {
  const [openSync, closeSync] = [fs.openSync, fs.closeSync]
  const open = new Map<number, string>()
  let opened = 0
  vi.spyOn(fs, 'openSync').mockImplementation((...args) => {
    const fd = openSync(...args)
    open.set(fd, path.basename(String(args[0])))
    opened++
    return fd
  })
  vi.spyOn(fs, 'closeSync').mockImplementation((fd) => {
    closeSync(fd)
    open.delete(fd)
  })
  await Promise.resolve()
    .then(act)
    .catch(() => undefined)
  vi.restoreAllMocks()
  expect(opened).toBeGreaterThan(0)
  return [...open.values()]
}

const copy = (from: string, change: (folder: string) => void = () => undefined) => {
  const folder = fs.mkdtempSync(at('copy-'))
  fs.cpSync(from, folder, { recursive: true })
  change(folder)
  return folder
}
const edit = (file: string, change: (text: string) => string) => (folder: string) => {
  const place = path.join(folder, file)
  fs.writeFileSync(place, change(fs.readFileSync(place, 'utf8')))
}

describe('a tensor file', () => {
  test('is closed by who opened it, and as often as one likes', async () => {
    await writeSafetensors(at('x'), memory({ a: { shape: [1], data: [1] } }))
    const open = openSafetensors(at('x'))
    open.close()
    open.close()
    expect(() => open.bytes('a')).toThrow('was read after closing')
    expect(() => open.stored('a')).toThrow('was read after closing')
    expect(await leftOpen(() => openSafetensors(at('x')).close())).toEqual([])
    expect(await leftOpen(() => openSafetensors(at('x')))).toEqual(['x'])
  })
  test('that is refused is closed', async () => {
    rawFile(at('bad'), { t: 1 })
    expect(await leftOpen(() => openSafetensors(at('bad')))).toEqual([])
  })
})

test('a text is closed, read or refused', async () => {
  fs.writeFileSync(at('text'), 'abc')
  expect(await leftOpen(() => readText(at('text')))).toEqual([])
  expect(await leftOpen(() => readText(at('text'), 2))).toEqual([])
})

describe('shards', () => {
  const INDEX = 'model.safetensors.index.json'
  test.each<[string, (folder: string) => void]>([
    ['all of them', () => undefined],
    ['with one missing', (f) => fs.rmSync(path.join(f, 'model-00002-of-00002.safetensors'))],
    [
      'with an index that lies',
      edit(INDEX, (text) => text.replace('"weight_map": {', '"weight_map": {"more": "model-00001-of-00002.safetensors", ')),
    ],
    ['that the index does not list', edit(INDEX, (text) => text.replace(/"[^"]*": "model-00002-of-00002.safetensors",?/, ''))],
  ])('%s', async (_, change) => {
    const folder = copy(path.join(GOLDEN, 'sharded'), change)
    expect(await leftOpen(() => openWeights(folder).close())).toEqual([])
  })
  test('are all open until they are closed', async () => {
    expect(await leftOpen(() => openWeights(path.join(GOLDEN, 'sharded')))).toHaveLength(2)
  })
})

test('what only looks at a checkpoint closes it', async () => {
  const head = { classes: ['a'], dim: 1, weight: Float32Array.of(1), bias: Float32Array.of(0) }
  await tiny(at('tiny'), [1, 2, 3, 4], { head })
  expect(await leftOpen(() => fingerprint(at('tiny')))).toEqual([])
  expect(await leftOpen(() => readHead(at('tiny')))).toEqual([])
  rawFile(at('tiny', 'head.safetensors'), { __metadata__: { classes: '["a"]' } })
  expect(await leftOpen(() => readHead(at('tiny')))).toEqual([])
  expect(() => readHead(at('tiny'))).toThrow('tensor head.weight: missing')
})

test.each<[string, number[], number[]]>([
  ['weights of one dimension', [2], [2]],
  ['weights of three', [2, 2, 1], [2]],
  ['a bias of two', [2, 2], [2, 1]],
  ['a bias for other classes', [2, 2], [3]],
])('a head with %s is refused and closed', async (_, weight, bias) => {
  const of = (shape: number[]) => ({ shape, data: Array<number>(shape.reduce((a, b) => a * b, 1)).fill(1) })
  await writeSafetensors(at('head.safetensors'), memory({ 'head.weight': of(weight), 'head.bias': of(bias) }), { classes: '["a","b"]' })
  expect(() => readHead(dir)).toThrow(
    weight.length === 2 ? 'tensor head.bias: expected shape [2]' : 'tensor head.weight: expected shape [2, dim]',
  )
  expect(await leftOpen(() => readHead(dir))).toEqual([])
})

test('a folder that is looked through is closed', () => {
  const { opendirSync } = fs
  const closed: string[] = []
  vi.spyOn(fs, 'opendirSync').mockImplementation((...args) => {
    const open = opendirSync(...args)
    const close = open.closeSync.bind(open)
    open.closeSync = () => (closed.push(String(args[0])), close())
    return open
  })
  mistakenFolder(dir)
  expect(closed).toEqual([dir])
})

describe('a model', () => {
  test('keeps its weights open until it is closed', async () => {
    expect(await leftOpen(() => openModel(TINY_CLIP))).toEqual(['model.safetensors'])
    expect(await leftOpen(async () => (await openModel(TINY_CLIP)).close())).toEqual([])
  })
  test.each<[string, (folder: string) => void]>([
    ['of another vocabulary', edit('config.json', (text) => text.replace(/"vocab_size": \d+/, '"vocab_size": 3'))],
    ['with a tokenizer that is none', (f) => fs.writeFileSync(path.join(f, 'tokenizer.json'), '{}')],
    ['without a configuration', (f) => fs.rmSync(path.join(f, 'config.json'))],
  ])('%s is closed', async (_, change) => {
    const folder = copy(TINY_CLIP, change)
    await expect(openModel(folder)).rejects.toThrow()
    expect(await leftOpen(() => openModel(folder))).toEqual([])
  })
})
