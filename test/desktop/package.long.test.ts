/**
 * What people install, but for Electron itself: electron-builder packs around a stand-in, what it packed is looked at, and the
 * packed program is run (test/helpers/electron) by the Node.js that lies in the package, far from the packages of this folder.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import type { JobEntry } from '#shared/contract/app.ts'
import { isOpen } from '#shared/model/queue.ts'
import { sampleHash } from '../../src-main/app/sample/sample.ts'
import { programRoot } from '../../src-main/program.ts'
import { electronFolder, readFuses } from '../helpers/electron/distribution.ts'
import { Desktop } from '../helpers/electron/desktop.ts'
import { temporaryFolder } from '../helpers/pictures.ts'

const packager = path.join(programRoot, '.ci', 'package.mjs')
const run = (...args: string[]) =>
  spawnSync(process.execPath, [packager, ...args], { cwd: programRoot, encoding: 'utf8', maxBuffer: 1 << 26 })
const system = `${process.platform}-${process.arch}`
/** Every file below a folder, by relative path with '/'. */
const filesOf = (dir: string) =>
  fs
    .readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile())
    .map((f) => path.relative(dir, path.join(f.parentPath, f.name)).replaceAll('\\', '/'))
const bytes = (dir: string) => filesOf(dir).reduce((sum, file) => sum + fs.statSync(path.join(dir, file)).size, 0)
const namesOf = (lines: string) => z.record(z.string(), z.unknown()).parse(JSON.parse(lines))

it.each(['--win', '--mac', '-l', '--arm64', '--x64', '--universal'])(
  '%s: packs for this machine alone, and says so in one line',
  (flag) => {
    const { status, stderr } = run(flag)
    expect(status).toBe(2)
    expect(stderr.trim()).toBe(
      `package: ${flag.replace(/^-+/, '--')}: Dashi is packed for the system and architecture of the machine, ${system}`,
    )
  },
)

it('does so too where electron-builder is called by itself', () => {
  const builder = path.join(programRoot, 'node_modules', 'electron-builder', 'cli.js')
  const to = process.platform === 'win32' ? '--linux' : '--win'
  const { status, stdout } = spawnSync(process.execPath, [builder, to, '--x64', '--dir', `-c.directories.output=${temporaryFolder()}`], {
    cwd: programRoot,
    encoding: 'utf8',
  })
  expect(status).toBe(1)
  expect(stdout).toContain(`this machine has the native files of ${system} alone: pack for `)
})

describe.skipIf(process.platform !== 'linux')('the package', () => {
  let dir: string
  let unpacked: string
  let app: string
  let packed: string[]
  const inApp = (...p: string[]) => path.join(app, ...p)
  const read = (file: string) => fs.readFileSync(inApp(file), 'utf8')

  beforeAll(() => {
    dir = temporaryFolder()
    electronFolder(path.join(dir, 'electron'))
    const { status, stderr } = run('--dir', '--electron', path.join(dir, 'electron'), '--out', path.join(dir, 'dist'))
    expect(status, stderr).toBe(0)
    unpacked = path.join(
      dir,
      'dist',
      fs.readdirSync(path.join(dir, 'dist')).find((f) => f.endsWith('-unpacked'))!,
    )
    app = path.join(unpacked, 'resources', 'app')
    packed = filesOf(app)
  })

  it('has native files of this system alone, and CUDA only where it was chosen', () => {
    const native = packed.filter((f) => /\.(node|dll|dylib|exe|so(\.[\d.]+)?)$/.test(f))
    expect(native.filter((f) => !f.includes(system))).toEqual(
      native.filter((f) => /\/bin\/napi-v\d+\//.test(f) && f.includes(`/${process.platform}/${process.arch}/`)),
    )
    const [providers, own] = [native.filter((f) => f.includes('_providers_')), native.filter((f) => !f.includes('_providers_'))]
    expect(providers.filter((f) => !fs.existsSync(path.join(programRoot, f)))).toEqual([])
    expect(own.map((f) => /^node_modules\/(@\w+|[\w-]+)/.exec(f)?.[1]).sort()).toEqual([
      '@img',
      '@img',
      '@libsql',
      'onnxruntime-node',
      'onnxruntime-node',
      'usearch',
    ])
    expect(own.filter((f) => /musl|cuda/.test(f))).toEqual([])
    for (const file of native) expect(fs.readFileSync(inApp(file)).subarray(0, 4).toString('latin1'), file).toBe('\x7fELF')
  })

  it('has neither what is only needed to build, nor the drawings that the sample leaves out', () => {
    const folders = new Set(packed.flatMap((f) => /^node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(f)?.[1] ?? []))
    for (const name of ['naive-ui', 'vue', 'fabric', 'electron', 'vite', 'typescript', 'emojibase-data', 'playwright-core'])
      expect(folders.has(name), name).toBe(false)
    expect([...folders].filter((name) => name.startsWith('@iconify') || name.startsWith('bare-'))).toEqual([])
    expect(packed.filter((f) => /\.(map|[cm]?ts|vue)$|^(src-|test|docs)|\/(tests?|__tests__)\//.test(f))).toEqual([])
    expect(packed.filter((f) => /^out\/(bundled|main\/(bench|screens|sample-bundle)\.js)/.test(f))).toEqual([])
  })

  it('keeps what is Dashi’s own below 160 MB, beside Electron and the Node.js that the engine runs in', () => {
    const node = bytes(path.join(unpacked, 'resources', 'node'))
    process.stdout.write(
      `packed: Dashi ${(bytes(app) / 1e6).toFixed(1)} MB in ${packed.length} files, Node.js ${(node / 1e6).toFixed(1)} MB\n`,
    )
    const chosen = packed.filter((f) => f.includes('_providers_')).reduce((sum, f) => sum + fs.statSync(inApp(f)).size, 0)
    expect(bytes(app) - chosen).toBeLessThan(160e6)
    expect(node).toBeLessThan(140e6)
  })

  it('has the switches of Electron set as asked', () => {
    expect(readFuses(path.join(unpacked, 'dashi'))).toMatchObject({
      runAsNode: false,
      enableCookieEncryption: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      grantFileProtocolExtraPrivileges: false,
    })
  })

  it('tells on what terms each part comes', () => {
    for (const file of ['LICENSE.electron.txt', 'LICENSES.chromium.html', 'resources/app/LICENSE', 'resources/node/LICENSE'])
      expect(fs.existsSync(path.join(unpacked, file)), file).toBe(true)
    const notices = read('out/THIRD-PARTY-NOTICES.txt')
    const bundled = ['main', 'renderer'].flatMap((of) =>
      z.array(z.string()).parse(JSON.parse(fs.readFileSync(path.join(programRoot, 'out', 'bundled', `${of}.json`), 'utf8'))),
    )
    expect(bundled).toContain('node_modules/zod')
    const manifests = packed.filter((f) => /node_modules\/(@[^/]+\/)?[^/]+\/package\.json$/.test(f)).map(read)
    const all = [...manifests, ...bundled.map((folder) => fs.readFileSync(path.join(programRoot, folder, 'package.json'), 'utf8'))].map(
      namesOf,
    )
    expect(all.length).toBeGreaterThan(100)
    for (const { name, version } of all) expect(notices, String(name)).toContain(`  ${String(name)} ${String(version)}: `)
    for (const told of [
      /sharp-libvips-\S+ \S+: LGPL-3\.0-or-later/,
      /openmoji \S+: CC-BY-SA-4\.0/,
      /twemoji \S+: CC-BY-4\.0/,
      /emojione \S+: CC-BY-4\.0/,
      /noto \S+: Apache-2\.0/,
      /GNU LESSER GENERAL PUBLIC LICENSE/,
    ])
      expect(notices).toMatch(told)
  })

  it('has every package that its code asks for, whole enough to be loaded', () => {
    const manifest = z.record(z.string(), z.unknown()).parse(JSON.parse(read('package.json'))) as Record<string, object>
    const code = packed
      .filter((f) => /^out\/main\/.*\.js$/.test(f))
      .map(read)
      .join('\n')
    const quoted = new Set([...code.matchAll(/["']([@a-z][^"'\s]*)["']/g)].map((m) => m[1]!))
    const needed = Object.keys({ ...manifest['dependencies']!, ...manifest['optionalDependencies']! })
    const own = [...quoted].filter((name) => needed.some((dependency) => name === dependency || name.startsWith(`${dependency}/`)))
    for (const name of [
      'onnxruntime-node',
      'sharp',
      'libsql',
      'usearch',
      'eld/medium',
      'yauzl',
      '@cornerstonejs/codec-openjpeg/decodewasmjs',
    ])
      expect(own).toContain(name)
    const names = JSON.stringify(own.filter((name) => !name.endsWith('/decodewasm')))
    const how = "name.endsWith('.json') ? { with: { type: 'json' } } : {}"
    const load = `for (const name of ${names}) await import(name, ${how})`
    const node = path.join(unpacked, 'resources', 'node', 'bin', 'node')
    const { status, stderr } = spawnSync(node, ['--input-type=module', '-e', load], {
      cwd: app,
      encoding: 'utf8',
      env: { PATH: '/usr/bin:/bin' },
    })
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })

  describe('run by the Node.js in it', () => {
    let desktop: Desktop
    const told: JobEntry[] = []
    beforeAll(() => {
      const resources = path.join(unpacked, 'resources')
      const env = {
        STAND_IN_RESOURCES: resources,
        DASHI_HOME: path.join(dir, 'home'),
        DASHI_CACHE: path.join(dir, 'cache'),
        HOME: dir,
        NODE_PATH: '',
        PATH: '/usr/bin:/bin',
      }
      desktop = new Desktop(inApp(String(namesOf(read('package.json'))['main'])), [], env, path.join(resources, 'node', 'bin', 'node'))
    })
    afterAll(() => desktop.kill())

    it('asks for its window and serves the page', async () => {
      const window = await desktop.hears('window')
      expect(path.dirname(path.dirname(String(window['preload'])))).toBe(inApp('out'))
      const page = await desktop.fetch('app://dashi/')
      expect(page.status).toBe(200)
      for (const [, asset] of page.body.matchAll(/(?:src|href)="\.\/([^"]+)"/g))
        expect((await desktop.fetch(`app://dashi/${asset}`)).status, asset).toBe(200)
    })

    it('draws and opens the sample, trains on it twice, and merges', async () => {
      const { call } = await desktop.connect((event, data) => void (event === 'jobs.changed' && told.push(data as JobEntry)))
      const { jobId } = await call('projects.sample')
      const ended = async () => told.findLast((j) => j.id === jobId && !isOpen(j))
      await expect.poll(ended).toMatchObject({ status: 'done' })
      const { folder } = z.object({ folder: z.string() }).parse((await ended())!.result)
      const cache = path.join(dir, 'cache')
      const sample = path.join(
        cache,
        fs.readdirSync(cache).find((f) => f.startsWith('sample-'))!,
      )
      expect(namesOf(fs.readFileSync(path.join(sample, 'complete.json'), 'utf8'))['hash']).toBe(sampleHash)

      const { info, key } = await call('projects.open', { folder })
      expect(info.media).toBeGreaterThan(1000)
      expect((await desktop.fetch(`app://dashi/media/${key}/1/image`)).status).toBe(200)
      // Most of the pictures: each run would look at all of them.
      for (const [split, one] of Object.entries({ train: 4, val: 4, heldOut: 4, id: 4, ood: 4, forgotten: 13 })) {
        const { ids } = await call('media.ids', { filter: { split }, sort: { by: 'id', descending: false } })
        await call('splits.set', { mediaIds: ids.filter((_, i) => i % one !== 0), split: null })
      }
      const done = async (runId: string) => {
        const run = async () => (await call('runs.list')).find((r) => r.id === runId)
        await expect.poll(async () => (await run())?.status).not.toMatch(/running|queued/)
        return run()
      }
      for (const [name, recipe, settings] of [
        ['first', 'lp', {}],
        ['second', 'ft', { epochs: 1 }],
      ] as const) {
        const { runId } = await call('training.start', { recipe, settings, device: 'cpu', name })
        expect(await done(runId)).toMatchObject({ error: null, status: 'done' })
      }
      const { runId } = await call('merging.start', {
        method: 'uniform',
        settings: {},
        checkpoints: ['checkpoints/first', 'checkpoints/second'],
        name: 'soup',
      })
      expect(await done(runId)).toMatchObject({ error: null, status: 'done' })
      expect(fs.existsSync(path.join(folder, 'checkpoints', 'soup', 'model.safetensors'))).toBe(true)
    })

    it('goes without a trace of itself in the package', async () => {
      desktop.quit()
      expect(await desktop.exited).toBe(0)
      expect(filesOf(app)).toEqual(packed)
    })
  })
})
