import fs from 'node:fs'
import { spawn } from 'node:child_process'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { userError } from '#shared/errors.ts'
import { mark, proveOwned } from '../../src-main/files/owned.ts'
import { refusePlace } from '../../src-main/files/places.ts'
import { replace, replaceFolder } from '../../src-main/files/replace.ts'
import { replaceText } from '../../src-main/files/atomic.ts'
import { filesOf, temporaryFolder } from '../helpers/pictures.ts'

const dir = temporaryFolder()
let n = 0
/** A folder of its own for each test. */
const place = () => {
  const at = path.join(dir, String(++n))
  fs.mkdirSync(at)
  return (...names: string[]) => path.join(at, ...names)
}
afterEach(() => vi.restoreAllMocks())

const proof = proveOwned('export')
/** A folder that we make, with these texts. */
const made = (target: string, files: Record<string, string>) =>
  replaceFolder(
    target,
    (beside) => {
      for (const [name, text] of Object.entries(files)) {
        fs.mkdirSync(path.dirname(path.join(beside, name)), { recursive: true })
        fs.writeFileSync(path.join(beside, name), text)
      }
      mark(beside, 'export')
    },
    { proof },
  )
const textsOf = (folder: string) =>
  Object.fromEntries(
    Object.entries(filesOf(folder))
      .filter(([name]) => !name.startsWith('.dashi'))
      .map(([name, text]) => [name, Buffer.from(text, 'base64').toString()]),
  )
const fault = (code: string) => Object.assign(new Error(`${code}: raw`), { code, syscall: 'rename' })

describe('a folder that we made', () => {
  test('is replaced as a whole; nothing is left beside it', async () => {
    const at = place()
    await made(at('new/deep/out'), { 'a.txt': '1', 'sub/b.txt': '1' })
    await made(at('new/deep/out'), { 'c.txt': '2' })
    expect(textsOf(at('new/deep/out'))).toEqual({ 'c.txt': '2' })
    expect(fs.readdirSync(at('new/deep'))).toEqual(['out'])
  })

  test('stays where the new one cannot be made, and so does nothing where nothing was', async () => {
    const at = place()
    await made(at('out'), { 'a.txt': '1' })
    const failing = (name: string) =>
      replaceFolder(
        at(name),
        (beside) => {
          fs.writeFileSync(path.join(beside, 'half'), '')
          throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
        },
        { proof },
      )
    await expect(failing('out')).rejects.toThrow(`${at('out')}: cannot be written: no space left on the device`)
    await expect(failing('other/deep/out')).rejects.toThrow('no space left on the device')
    expect(textsOf(at('out'))).toEqual({ 'a.txt': '1' })
    expect(fs.readdirSync(at())).toEqual(['out'])
  })

  test.each(['EXDEV', 'ENOSPC', 'EBUSY', 'EACCES'])('comes back where either rename fails with %s', async (code) => {
    const at = place()
    await made(at('out'), { 'a.txt': '1' })
    const rename = fs.renameSync
    for (const failing of [1, 2]) {
      let count = 0
      vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
        if (++count === failing) throw fault(code)
        rename(from, to)
      })
      await expect(made(at('out'), { 'b.txt': '2' })).rejects.toMatchObject({ name: 'DashiError' })
      vi.restoreAllMocks()
      expect(textsOf(at('out'))).toEqual({ 'a.txt': '1' })
      expect(fs.readdirSync(at())).toEqual(['out'])
    }
  })

  test('lies beside its place, and is named, where even that fails', async () => {
    const at = place()
    await made(at('out'), { 'a.txt': '1' })
    const rename = fs.renameSync
    let count = 0
    vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
      if (++count > 1) throw fault('EIO')
      rename(from, to)
    })
    await expect(made(at('out'), { 'b.txt': '2' })).rejects.toThrow(`the old one is next to it, as ${at('.out.old')}`)
    vi.restoreAllMocks()
    expect(textsOf(at('.out.old'))).toEqual({ 'a.txt': '1' })
    await made(at('out'), { 'b.txt': '2' })
    expect(fs.readdirSync(at())).toEqual(['out'])
  })

  test('is not replaced when somebody puts a file into it while the new one is being made', async () => {
    const at = place()
    await made(at('out'), { 'a.txt': '1' })
    const slow = replaceFolder(at('out'), () => fs.writeFileSync(at('out/mine.txt'), 'mine'), { proof })
    await expect(slow).rejects.toThrow(`${at('out/mine.txt')}: was not made by Dashi: not replaced`)
    expect(textsOf(at('out'))).toEqual({ 'a.txt': '1', 'mine.txt': 'mine' })
    // The same where there was nothing, or an empty folder.
    for (const first of [() => undefined, () => fs.mkdirSync(at('fresh'))]) {
      first()
      const filled = replaceFolder(at('fresh'), () => {
        fs.mkdirSync(at('fresh'), { recursive: true })
        fs.writeFileSync(at('fresh/mine.txt'), 'mine')
      })
      await expect(filled).rejects.toMatchObject({ name: 'DashiError' })
      expect(textsOf(at('fresh'))).toEqual({ 'mine.txt': 'mine' })
      fs.rmSync(at('fresh'), { recursive: true })
    }
    const file = replace(at('file'), (beside) => {
      fs.writeFileSync(beside, 'new')
      fs.writeFileSync(at('file'), 'mine')
    })
    await expect(file).rejects.toThrow(/file/)
    expect(fs.readFileSync(at('file'), 'utf8')).toBe('mine')
  })

  test('is there, old or new, after any kill', async () => {
    const at = place()
    await made(at('out'), { 'a.txt': 'old' })
    // A process that stops at the first rename, is killed there, and another one that does at the second.
    for (const renames of [1, 2]) {
      const program = `
        import fs from 'node:fs'
        const rename = fs.renameSync
        let count = 0
        fs.renameSync = (from, to) => { rename(from, to); if (++count === ${renames}) { fs.writeSync(1, 'stopped'); Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) } }
        const { replaceFolder } = await import(${JSON.stringify(pathToFileURL(await built()).href)})
        await replaceFolder(${JSON.stringify(at('out'))}, (beside) => fs.writeFileSync(beside + '/a.txt', 'new'), { proof: () => undefined })`
      const child = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: ['ignore', 'pipe', 'inherit'] })
      await new Promise((stopped) => child.stdout.once('data', stopped))
      child.kill('SIGKILL')
      await new Promise((gone) => child.once('exit', gone))
      expect(fs.existsSync(at('out'))).toBe(renames === 2)
      // The next one finds it, whatever it comes for.
      await expect(
        replaceFolder(
          at('out'),
          () => {
            throw userError('no')
          },
          { proof: () => undefined },
        ),
      ).rejects.toThrow('no')
      expect(textsOf(at('out'))).toEqual({ 'a.txt': renames === 1 ? 'old' : 'new' })
      expect(fs.readdirSync(at())).toEqual(['out'])
      if (renames === 1) expect(() => proof(at('out'), 'out')).not.toThrow()
    }
  })

  test('has a name as long as a name can be', async () => {
    const at = place()
    const name = 'é'.repeat(127)
    await made(at(name), { 'a.txt': '1' })
    await made(at(name), { 'a.txt': '2' })
    await made(at(`${name.slice(1)}xx`), { 'a.txt': '3' })
    expect([textsOf(at(name)), textsOf(at(`${name.slice(1)}xx`))]).toEqual([{ 'a.txt': '2' }, { 'a.txt': '3' }])
    await expect(made(at(`${name}xx`), {})).rejects.toThrow('its name is too long')
  })
})

describe('places that are never replaced', () => {
  test('those that are kept, and whatever holds them, by any way', () => {
    const at = place()
    fs.mkdirSync(at('a/b/c'), { recursive: true })
    fs.symlinkSync(at('a/b'), at('door'))
    const kept = [{ place: at('door/c'), name: 'a kept one' }]
    for (const target of ['a', 'a/b', 'a/b/c', 'a/./b/../b', 'a/b/c/'])
      expect(() => refusePlace(path.resolve(at(target)), kept), target).toThrow(/a kept one.*: not replaced/)
    expect(() => refusePlace(at('a/b/d'), kept)).not.toThrow()
    expect(() => refusePlace(at('a/b/c/d'), kept)).not.toThrow()
    expect(() => refusePlace(at('door'), kept)).toThrow('is a link')
    expect(() => refusePlace(at('door/c'), kept)).toThrow('is a kept one')
  })

  test('a mounted disk', ({ skip }) => {
    if (process.platform !== 'linux' || fs.statSync('/proc').dev === fs.statSync('/').dev) return skip()
    expect(() => refusePlace('/proc')).toThrow('a disk is mounted here')
  })
})

describe('a text', () => {
  test('is replaced where it is ours; a link to it stays one', () => {
    const at = place()
    const isOurs = (text: string) => text.startsWith('ours')
    replaceText(at('deep/a.txt'), 'ours 1', { isOurs })
    fs.symlinkSync(at('deep/a.txt'), at('link'))
    replaceText(at('link'), 'ours 2', { isOurs })
    expect([fs.readFileSync(at('deep/a.txt'), 'utf8'), fs.lstatSync(at('link')).isSymbolicLink()]).toEqual(['ours 2', true])
    fs.writeFileSync(at('deep/a.txt'), 'mine')
    expect(() => replaceText(at('deep/a.txt'), 'ours 3', { isOurs })).toThrow(
      `${at('deep/a.txt')}: was not written by Dashi, so it was not replaced`,
    )
    expect(textsOf(at('deep'))).toEqual({ 'a.txt': 'mine' })
  })
})

/** replace.ts as a program of its own can import it. */
async function built(): Promise<string> {
  const { build } = await import('vite')
  const out = path.join(dir, 'built')
  await build({
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true }, // it runs where no packages lie beside it
    root: path.resolve(import.meta.dirname, '../..'),
    build: {
      ssr: true,
      outDir: out,
      target: 'node20',
      emptyOutDir: false,
      rollupOptions: {
        input: { replace: path.resolve(import.meta.dirname, '../../src-main/files/replace.ts') },
        output: { entryFileNames: '[name].mjs' },
      },
    },
  })
  return path.join(out, 'replace.mjs')
}
