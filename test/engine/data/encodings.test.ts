/** What models computed of images, on disk: never wrong, never more than allowed. */
import fs from 'node:fs'
import { spawn } from 'node:child_process'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'vite'
import { expect, test } from 'vitest'
import { Encodings, folderVersion, type Stored } from '../../../src-main/engine/data/encodings.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

const dir = temporaryFolder()
let n = 0
const place = (bytes = 1e6) => ({ folder: path.join(dir, String(++n)), bytes })
const encoding = (length: number, start = 0): Stored => ({
  meta: { width: 3, of: 'a cat' },
  tensors: {
    a: { dims: [length], data: Float32Array.from({ length }, (_, i) => start + i / 3) },
    b: { dims: [2, 1], data: Float32Array.of(-0, 1e-40) },
  },
})
const files = (folder: string) => fs.readdirSync(folder).sort()
const only = (folder: string) => path.join(folder, files(folder)[0]!)

test('is read as it was written, to the bit', async () => {
  const at = place()
  await new Encodings(at).put('key', encoding(10))
  expect(await new Encodings(at).get('key')).toEqual(encoding(10))
  expect(await new Encodings(at).get('another')).toBeUndefined()
  await new Encodings(at).put('key', encoding(12, 1))
  expect(await new Encodings(at).get('key')).toEqual(encoding(12, 1))
})

const damage: Record<string, (file: string) => void> = {
  'has lost its end': (file) => fs.truncateSync(file, fs.statSync(file).size - 1),
  'has something after its end': (file) => fs.appendFileSync(file, 'x'),
  'has a bit flipped': (file) => {
    const bytes = fs.readFileSync(file)
    bytes[bytes.length - 9]! ^= 1
    fs.writeFileSync(file, bytes)
  },
  'is empty': (file) => fs.writeFileSync(file, ''),
  'says that its header is huge': (file) => {
    const bytes = fs.readFileSync(file)
    bytes.writeUInt32LE(0xfffffff0)
    fs.writeFileSync(file, bytes)
  },
  'is of another key': (file) =>
    fs.writeFileSync(file, fs.readFileSync(file).toString('latin1').replace('"key":"key"', '"key":"yek"'), 'latin1'),
  'is no file': (file) => {
    fs.rmSync(file)
    fs.mkdirSync(file)
  },
}
test.each(Object.entries(damage))('a file that %s counts as missing, and is made anew', async (how, spoil) => {
  const at = place()
  const encodings = new Encodings(at)
  await encodings.put('key', encoding(10))
  spoil(only(at.folder))
  expect(await encodings.get('key')).toBeUndefined()
  await encodings.put('key', encoding(10))
  if (how !== 'is no file') expect(await encodings.get('key')).toEqual(encoding(10))
})

test('those that were used last stay when the folder is full', async () => {
  const one = 4 * 1000 + 400
  const at = place(4 * one)
  const encodings = new Encodings(at)
  for (const key of ['a', 'b', 'c']) {
    await encodings.put(key, encoding(1000))
    for (const file of files(at.folder).map((f) => path.join(at.folder, f))) {
      const { atime, mtime } = fs.statSync(file)
      fs.utimesSync(file, atime, new Date(mtime.getTime() - 60_000))
    }
  }
  await encodings.get('a')
  for (const key of ['d', 'e']) await encodings.put(key, encoding(1000))
  const there = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(async (key) => ((await encodings.get(key)) ? key : '')))
  expect(there.join('')).toBe('ade')
  const bytes = files(at.folder).reduce((sum, f) => sum + fs.statSync(path.join(at.folder, f)).size, 0)
  expect(bytes).toBeLessThanOrEqual(at.bytes)
})

test('what is larger than all that is allowed is not written; nor is anything where no folder can be', async () => {
  const at = place(1000)
  await new Encodings(at).put('key', encoding(1000))
  expect(fs.existsSync(at.folder)).toBe(false)
  const file = path.join(dir, 'file')
  fs.writeFileSync(file, '')
  await new Encodings({ folder: path.join(file, 'below'), bytes: 1e6 }).put('key', encoding(10))
})

test('other files of the folder are left alone', async () => {
  const at = place(9000)
  fs.mkdirSync(at.folder)
  fs.writeFileSync(path.join(at.folder, 'mine.txt'), 'x'.repeat(20_000))
  const encodings = new Encodings(at)
  for (const key of ['a', 'b', 'c']) await encodings.put(key, encoding(1000))
  expect(files(at.folder)).toContain('mine.txt')
})

test('a process that is killed in the midst of writing leaves nothing that is read, and nothing for good', async () => {
  const at = place(50_000)
  const program = `
    import fs from 'node:fs'
    const write = fs.write
    let count = 0
    fs.write = (fd, bytes, from, length, position, done) => {
      if (++count < 3) return write(fd, bytes, from, length, position, done)
      fs.writeSync(fd, bytes, from, length >> 1)
      fs.writeSync(1, 'stopped')
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
    }
    const { Encodings } = await import(${JSON.stringify(pathToFileURL(await built()).href)})
    await new Encodings(${JSON.stringify(at)}).put('key', { meta: null, tensors: { a: { dims: [1000], data: new Float32Array(1000) } } })`
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
  await new Promise((stopped) => child.stdout.once('data', stopped))
  child.kill('SIGKILL')
  await new Promise((gone) => child.once('exit', gone))
  const left = files(at.folder)
  expect(left).toEqual([expect.stringMatching(/\.part$/)])
  const encodings = new Encodings(at)
  expect(await encodings.get('key')).toBeUndefined()
  await encodings.put('key', encoding(1000))
  expect(await encodings.get('key')).toEqual(encoding(1000))
  expect(files(at.folder)).toEqual([expect.stringMatching(/^[0-9a-f]{64}\.encoding$/)])

  // What was never begun again goes with the oldest.
  fs.writeFileSync(path.join(at.folder, left[0]!.replace(/^\.[0-9a-f]{64}/, `.${'0'.repeat(64)}`)), Buffer.alloc(40_000))
  const old = new Date(Date.now() - 3600_000)
  fs.utimesSync(
    path.join(
      at.folder,
      files(at.folder).find((f) => f.endsWith('.part'))!,
    ),
    old,
    old,
  )
  for (const key of ['a', 'b', 'c']) await encodings.put(key, encoding(1000))
  expect(files(at.folder).filter((f) => f.endsWith('.part'))).toEqual([])
})

test('a folder’s version changes with any of its files', () => {
  const folder = path.join(dir, 'model')
  fs.mkdirSync(folder)
  fs.writeFileSync(path.join(folder, 'config.json'), '{}')
  const before = folderVersion(folder)
  expect(folderVersion(folder)).toBe(before)
  fs.writeFileSync(path.join(folder, 'model-00001-of-00002.safetensors'), '')
  expect(folderVersion(folder)).not.toBe(before)
})

async function built(): Promise<string> {
  const out = path.join(dir, 'built')
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true }, // it runs where no packages lie beside it
    root: path.resolve(import.meta.dirname, '../../..'),
    build: {
      ssr: true,
      outDir: out,
      target: 'node20',
      emptyOutDir: false,
      rollupOptions: {
        input: { encodings: path.resolve(import.meta.dirname, '../../../src-main/engine/data/encodings.ts') },
        output: { entryFileNames: '[name].mjs' },
      },
    },
  })
  return path.join(out, 'encodings.mjs')
}
