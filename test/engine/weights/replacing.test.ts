/** What counts as a checkpoint of ours, which may be replaced, and what is somebody's own. */
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import type { DashiError } from '#shared/errors.ts'
import {
  checkReplaceable,
  findRecord,
  proveCheckpoint,
  readRecord,
  refuseMadeFrom,
  sizesIn,
  writeRecord,
} from '../../../src-main/engine/weights/checkpoint.ts'
import { memory, rawFile, tempDir, tiny } from './helpers.ts'

const dir = tempDir()
const at = (...names: string[]) => path.join(dir, ...names)
/** The code of the refusal and what it is about; 'ours' where there is none. */
const judged = async (folder: string) =>
  Promise.resolve(proveCheckpoint(folder, 'NAME')).then(
    () => 'ours',
    (e: DashiError) => [e.fault, e.sentence?.code, e.sentence?.params['file'] ?? e.sentence?.params['name']],
  )

describe('a checkpoint as it was written', () => {
  test('is ours, with what it has in folders, until a file is added or changed', async () => {
    await tiny(at('own'), [1, 2, 3, 4], { tensors: { 'adapter/x.safetensors': memory({ x: { shape: [1], data: [1] } }) } })
    expect(await judged(at('own'))).toBe('ours')
    fs.rmSync(at('own/adapter/x.safetensors'))
    expect(await judged(at('own'))).toBe('ours') // less than it was
    fs.writeFileSync(at('own/adapter/y'), '')
    expect(await judged(at('own'))).toEqual(['user', 'checkpoint.added', path.join('NAME', 'adapter', 'y')])
    fs.rmSync(at('own/adapter'), { recursive: true })
    fs.mkdirSync(at('own/empty'))
    expect(await judged(at('own'))).toEqual(['user', 'checkpoint.added', path.join('NAME', 'empty')])
    fs.rmdirSync(at('own/empty'))
    fs.appendFileSync(at('own/config.json'), ' ')
    expect(await judged(at('own'))).toEqual(['user', 'checkpoint.changed', path.join('NAME', 'config.json')])
  })
  test('changed at the same size, after it was written, is not', async () => {
    await tiny(at('later'), [1, 2, 3, 4])
    const { mtimeMs } = fs.statSync(at('later/dashi.json'))
    fs.utimesSync(at('later/config.json'), mtimeMs / 1000 + 5, mtimeMs / 1000 + 5)
    expect(await judged(at('later'))).toEqual(['user', 'checkpoint.changed', path.join('NAME', 'config.json')])
  })
  test('lists its files with their sizes, by name, itself not among them', async () => {
    await tiny(at('listed'), [1, 2, 3, 4], { files: { 'b.txt': 'abc', 'a.txt': '' } })
    const { files } = readRecord(at('listed'))
    expect(Object.keys(files!)).toEqual(['a.txt', 'b.txt', 'config.json', 'model.safetensors'])
    expect([files!['a.txt'], files!['b.txt']]).toEqual([
      [0, 0],
      [3, 0],
    ])
    expect(Object.keys(sizesIn(at('listed')))).toContain('dashi.json')
  })
})

describe('a checkpoint of an earlier version, whose record lists no files', () => {
  const earlier = async (name: string, change: (record: ReturnType<typeof readRecord>) => object = (r) => r) => {
    await tiny(at(name), [1, 2, 3, 4])
    const { files: _, ...rest } = readRecord(at(name))
    await writeRecord(at(name), change(rest) as never)
    return at(name)
  }
  test('is ours with a model’s files and the recorded weights', async () => {
    const folder = await earlier('earlier')
    expect(await judged(folder)).toBe('ours')
    fs.writeFileSync(path.join(folder, 'notes.txt'), '')
    expect(await judged(folder)).toEqual(['user', 'checkpoint.added', path.join('NAME', 'notes.txt')])
    fs.rmSync(path.join(folder, 'notes.txt'))
    fs.mkdirSync(path.join(folder, 'sub'))
    fs.copyFileSync(path.join(folder, 'model.safetensors'), path.join(folder, 'sub/model.safetensors'))
    expect(await judged(folder)).toEqual(['user', 'checkpoint.added', path.join('NAME', 'sub', 'model.safetensors')])
  })
  test('is not with others', async () => {
    const folder = await earlier('others', (r) => ({ ...r, fingerprint: '0'.repeat(64) }))
    expect(await judged(folder)).toEqual(['user', 'checkpoint.other-weights', 'NAME'])
  })
  test('is not where nothing is known of its weights', async () => {
    const folder = await earlier('unsigned', ({ fingerprint: _, ...r }) => r)
    expect(await judged(folder)).toEqual(['user', 'checkpoint.added', path.join('NAME', 'model.safetensors')])
  })
})

describe('what is no checkpoint of ours', () => {
  test('a file, a folder without a record, a record of something else', async () => {
    fs.writeFileSync(at('file'), '')
    fs.mkdirSync(at('foreign'))
    expect([await judged(at('file')), await judged(at('foreign'))]).toEqual([
      ['user', 'checkpoint.is-file', 'NAME'],
      ['user', 'checkpoint.foreign', 'NAME'],
    ])
    for (const text of ['{"format":2}', '{', '[]']) {
      fs.writeFileSync(at('foreign/dashi.json'), text)
      expect(await judged(at('foreign'))).toEqual(['user', 'checkpoint.foreign-record', path.join('NAME', 'dashi.json')])
    }
    expect(() => findRecord(at('foreign'))).toThrow('dashi.json')
    fs.rmSync(at('foreign/dashi.json'))
    expect(findRecord(at('foreign'))).toBeUndefined()
  })
})

describe('what a new checkpoint would replace', () => {
  test('is free, empty or ours', async () => {
    fs.mkdirSync(at('void'))
    await tiny(at('mine'), [1, 2, 3, 4])
    for (const name of ['nowhere', 'void', 'mine']) await expect(checkReplaceable(at(name))).resolves.toBeUndefined()
    rawFile(at('mine', 'more.safetensors'), {})
    await expect(checkReplaceable(at('mine'))).rejects.toMatchObject({ sentence: { code: 'checkpoint.added' } })
  })
  test('is not what it is made from, by whatever path', async () => {
    await tiny(at('source'), [1, 2, 3, 4])
    fs.symlinkSync('source', at('alias'))
    const own = { sentence: { code: 'checkpoint.own-source', params: { folder: at('source') } } }
    await expect(checkReplaceable(at('source'), [at('mine'), at('alias')])).rejects.toMatchObject(own)
    expect(() => refuseMadeFrom(at('source'), [at('nowhere'), at('mine')])).not.toThrow()
    expect(() => refuseMadeFrom(at('nowhere'), [at('nowhere'), at('source')])).not.toThrow()
    expect(() => refuseMadeFrom(at('source'), [])).not.toThrow()
  })
})
