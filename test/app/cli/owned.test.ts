/** What people own, against the terminal and the calls of a window: nothing of it is replaced, whatever is asked for. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { JobEntry } from '#shared/contract/app.ts'
import { isOpen } from '#shared/model/queue.ts'
import { DiskCache } from '../../../src-main/app/media/disk-cache.ts'
import { startChild } from '../../../src-main/files/child.ts'
import { HugeImages } from '../../../src-main/app/media/huge.ts'
import { Tiles } from '../../../src-main/app/media/tiles.ts'
import { App } from '../../../src-main/app/serve/app.ts'
import { filesOf, TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'
import { engine } from '../../helpers/engine.ts'
import { program, runProgram } from '../../helpers/programs.ts'
import { shapesProject, terminal } from './terminal.ts'
import { hostIn, openWindow } from '../../helpers/window.ts'

let dir: string
let project: string
/** Elsewhere, for what cannot be listed. */
let odd: string
const at = (...names: string[]) => path.join(dir, ...names)
/** In this process; what runs in threads is the program as it was built. */
let dashi: Awaited<ReturnType<typeof terminal>>
beforeAll(async () => {
  dir = temporaryFolder()
  odd = temporaryFolder()
  project = await shapesProject(dir)
  dashi = await terminal(at('cache'))
})

/** All that is there but what reading a database leaves beside it. */
const everything = () => Object.fromEntries(Object.entries(filesOf(dir)).filter(([name]) => !/^cache\/|-(wal|shm)$/.test(name)))

/** One line, exit 2, and not a byte of anything is another. */
async function refused(argv: string[], why: RegExp): Promise<void> {
  const before = everything()
  const { code, stderr } = await dashi(...argv)
  expect({ code, lines: stderr.match(/^dashi: /gm)?.length }, stderr).toEqual({ code: 2, lines: 1 })
  expect(stderr.trimEnd().split('\n').at(-1)).toMatch(why)
  expect(stderr).not.toMatch(/\n\s+at |E[A-Z]{4,}: /)
  expect(everything()).toEqual(before)
}

describe('the terminal', () => {
  test('never exports over a user’s files', async () => {
    for (const format of ['coco', 'dashi'])
      for (const [place, why] of [
        ['project', /project’s own folder/],
        ['project/', /project’s own folder/],
        ['pictures', /a folder of the project’s images/],
        ['pictures/train', /a folder of the project’s images/],
        ['.', /holds the project’s own folder/],
        ['pictures/../project/checkpoints', /keeps for itself/],
      ] as const)
        await refused(['export', `${dir}/${place}`, '--project', project, '--format', format, '--overwrite'], why)
  })

  test('exports over an export, and a whole project as an archive, twice', async () => {
    for (const format of ['coco', 'dashi'])
      for (const _ of [1, 2]) {
        const { code, stderr } = await dashi('export', at(`out of ${format}`), '--project', project, '--format', format, '--overwrite')
        expect(code, stderr).toBe(0)
      }
    await refused(['export', at('out of coco'), '--project', project, '--format', 'yolo'], /already exists/)
  })

  test('gives a training with a taken name another one', async () => {
    const train = [
      'train',
      '--project',
      project,
      '--recipe',
      'zero-shot',
      '--model',
      TINY_CLIP,
      '--device',
      'cpu',
      '--name',
      'mine',
      '--json',
    ]
    const first = JSON.parse((await dashi(...train)).stdout) as { checkpoint: string }
    const before = filesOf(first.checkpoint)
    fs.mkdirSync(path.join(project, 'checkpoints/mine-2'))
    fs.writeFileSync(path.join(project, 'checkpoints/mine-2/notes.txt'), 'somebody’s')
    const { stdout, stderr } = await dashi(...train)
    expect(path.basename((JSON.parse(stdout) as { checkpoint: string }).checkpoint)).toBe('mine-3')
    expect(stderr).toContain('There is a checkpoint "mine" already: this one will be "mine 3".')
    expect(filesOf(first.checkpoint)).toEqual(before)
  })

  test('a soup replaces a soup, and never a checkpoint that was trained, was changed, or holds something else', async () => {
    const merge = (out: string) => ['merge', TINY_CLIP, TINY_CLIP, '--method', 'uniform', '--out', out]
    for (const _ of [1, 2]) expect((await dashi(...merge(at('soup')))).code).toBe(0)
    await refused(merge(path.join(project, 'checkpoints/mine')), /is a checkpoint that was trained: not replaced by a soup/)
    fs.appendFileSync(at('soup/config.json'), '\n')
    await refused(merge(at('soup')), /soup\/config\.json: was changed since Dashi wrote it/)
    for (const _ of [1]) expect((await dashi(...merge(at('soup2')))).code).toBe(0)
    fs.writeFileSync(at('soup2/.env'), 'SECRET')
    await refused(merge(at('soup2')), /soup2\/\.env: does not belong to the checkpoint/)
    fs.renameSync(at('soup2/.env'), at('soup2/adapter_model.safetensors'))
    await refused(merge(at('soup2')), /adapter_model\.safetensors: does not belong to the checkpoint/)
    fs.symlinkSync(at('soup'), at('link'))
    await refused(merge(at('link')), /link: is a link/)
    for (const place of [project, at('pictures'), dir, process.cwd()]) await refused(merge(place), /not replaced/)
    await refused([...merge(path.join(project, 'checkpoints')), '--project', project], /not replaced/)
  })

  test('makes no project where the log of a lost one lies, and leaves what is not its own when it cannot', async () => {
    fs.mkdirSync(at('lost'))
    fs.writeFileSync(at('lost/project.db-wal'), 'what was edited last')
    await refused(['project', 'create', at('lost')], /project\.db-wal: has lost its database/)
    fs.mkdirSync(at('found'))
    fs.writeFileSync(at('found/project.dashi'), 'a file of mine')
    fs.writeFileSync(at('found/project.lock'), 'another of mine, long enough to be no database'.repeat(40))
    await refused(['project', 'create', at('found')], /project\.lock: was not made by Dashi/)
    fs.rmSync(at('found/project.lock'))
    expect((await dashi('project', 'create', at('found'))).code).toBe(0)
    expect(fs.readFileSync(at('found/project.dashi'), 'utf8')).toBe('a file of mine')
  })

  test('says of a path what is wrong with it', async () => {
    fs.writeFileSync(at('file'), 'x')
    const loop = path.join(odd, 'loop')
    fs.symlinkSync(loop, loop)
    const long = at('x'.repeat(300))
    for (const [argv, why] of [
      [['project', 'create', at('file/below')], /a part of its path is a file/],
      [['project', 'create', path.join(loop, 'below')], /too many symbolic links/],
      [['project', 'create', long], /its name is too long/],
      [['project', 'create', ''], /empty/],
      [['export', at('file/below'), '--project', project, '--format', 'coco'], /a part of its path is a file/],
      [['export', long, '--project', project, '--format', 'coco'], /its name is too long/],
      [['import', '', '--project', project], /path/],
      [['embed', '--model', TINY_CLIP, '--image', at('file/below')], /a part of its path is a file/],
      [['merge', TINY_CLIP, TINY_CLIP, '--method', 'uniform', '--out', path.join(loop, 'below')], /too many symbolic links/],
    ] as const)
      await refused([...argv], why)
  })
})

describe('a window', () => {
  let app: App
  beforeAll(async () => {
    app = new App({
      host: hostIn(dir),
      models: { engine: await engine(), nano: TINY_CLIP, cache: at('cache') },
    })
  })
  afterAll(() => app.close())

  test('never exports over a user’s files while the project is open', async () => {
    const ended = new Map<string, JobEntry>()
    let heard = (): void => undefined
    const { call, close } = openWindow(app, (event, data) => {
      const job = data as unknown as JobEntry
      if (event !== 'jobs.changed' || isOpen(job)) return
      ended.set(job.id, job)
      heard()
    })
    await call('projects.open', { folder: project })
    const exported = async (place: string) => {
      const { jobId } = await call('exchange.export', { path: place, options: { format: 'coco', overwrite: true } })
      while (!ended.has(jobId)) await new Promise<void>((resolve) => (heard = resolve))
      return ended.get(jobId)!
    }
    const before = everything()
    for (const place of [
      project,
      dir,
      at('pictures'),
      at('pictures/train/'),
      at('project/../pictures'),
      path.join(project, 'media'),
      at('file'),
    ])
      expect(await exported(place), place).toMatchObject({
        status: 'failed',
        error: expect.stringMatching(/: (not replaced|was not written|lies in|is |holds )/) as string,
      })
    expect(everything()).toEqual(before)
    expect(await exported(at('by the window'))).toMatchObject({ status: 'done' })
    expect(await exported(at('by the window'))).toMatchObject({ status: 'done' })
    await expect(call('projects.open', { folder: `${dir}/a\0b` })).rejects.toThrow(/^(?!.*E[A-Z]{4,}:)/)
    await expect(call('projects.open', { folder: at('file/below') })).rejects.toMatchObject({ fault: 'user' })
    close()
  })
})

describe('with no space left on the device', () => {
  /** Of two megabytes, which only root can make. */
  function smallDevice(): string | undefined {
    try {
      fs.mkdirSync(at('device'), { recursive: true })
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', at('device')], { stdio: 'pipe' })
      return at('device')
    } catch (e) {
      console.warn(`A full device is not tested here: mounting is refused (${String((e as { stderr?: unknown }).stderr).trim()})`)
      return undefined
    }
  }

  test('whatever is left, a project is made or it is not, and a job says what was kept', async ({ skip }) => {
    const device = smallDevice()
    if (!device) return skip()
    try {
      const jobs = [
        ['project', 'create', `${device}/a/b`],
        ['project', 'check', `${device}/p`, '--repair'],
        ['import', at('pictures'), '--project', `${device}/p`, '--format', 'imagefolder', '--split', 'more'],
        ['export', `${device}/out`, '--project', `${device}/p`, '--format', 'folders'],
        ['export', `${device}/out.zip`, '--project', `${device}/p`, '--format', 'dashi'],
        ['project', 'snapshot', `${device}/p`, 'now'],
      ]
      for (const free of [16, 60]) {
        for (const argv of jobs) {
          for (const name of fs.readdirSync(device)) fs.rmSync(path.join(device, name), { recursive: true })
          fs.cpSync(project, `${device}/p`, { recursive: true, filter: (file) => path.basename(file) !== 'checkpoints' })
          const { bavail, bsize } = fs.statfsSync(device)
          fs.writeFileSync(`${device}/ballast`, Buffer.alloc(Math.max(0, bavail * bsize - free * 1024)))
          const names = () =>
            fs
              .readdirSync(device, { recursive: true, encoding: 'utf8' })
              .filter((name) => !/-(wal|shm)$/.test(name))
              .sort()
          const before = names()
          const { code, stderr } = await runProgram('cli', argv) // what this process has open could give back pages
          if (code === 0) continue
          const last = stderr.trimEnd().split('\n').at(-1)
          expect(
            { code, faults: stderr.match(/^dashi: /gm)?.length, names: names() },
            `${argv.join(' ')} with ${free} kB: ${stderr}`,
          ).toEqual({ code: 2, faults: 1, names: before })
          expect(last).toMatch(
            /^dashi: \S*: .*no space left (on the device|\)).*(nothing was changed|nothing was added|no project was made|opened read-only)/,
          )
        }
      }
      expect(fs.readFileSync(`${device}/p/project.db`).length).toBeGreaterThan(0)
    } finally {
      execFileSync('umount', ['-l', device])
    }
  })
})

test('a cache in a user’s folder removes and replaces none of their files', async () => {
  const cache = at('theirs')
  const theirs = [
    'features/features-of-mine.safetensors',
    'features/features-.safetensors',
    'thumbnails/2024/a.png',
    'thumbnails/ab/c.png',
    'tiles/map/1.png',
    'sample-1/diary.txt',
    'neighbours/list.txt',
  ]
  for (const name of theirs) {
    fs.mkdirSync(path.dirname(path.join(cache, name)), { recursive: true })
    fs.writeFileSync(path.join(cache, name), name)
  }
  for (let i = 0; i < 30; i++) fs.writeFileSync(path.join(cache, `features/features-holiday-${i}.safetensors`), String(i))
  const before = filesOf(cache)
  const run = await terminal(cache)
  const trained = await run(
    'train',
    '--project',
    project,
    '--recipe',
    'lp',
    '--model',
    TINY_CLIP,
    '--device',
    'cpu',
    '--json',
    '--set',
    'cCount=2',
  )
  expect(trained.code, trained.stderr).toBe(0)
  expect(filesOf(cache)).toMatchObject(before)
  const sample = await runProgram('cli', ['project', 'create', at('sample'), '--sample'], { env: { DASHI_CACHE: cache } })
  expect(sample).toMatchObject({ code: 2, stderr: expect.stringMatching(/sample-1\/diary\.txt: does not belong to the sample/) as string })
  const thumbnails = new DiskCache(path.join(cache, 'thumbnails'), 10)
  await thumbnails.put('one', Buffer.alloc(20))
  await thumbnails.trim()
  expect(await thumbnails.get('one')).toBeNull()
  const huge = await program('huge-images')
  const tiles = new Tiles(path.join(cache, 'tiles'), new HugeImages(startChild, () => huge), 1)
  const picture = path.join(dir, 'pictures/train/circle-0.png')
  for (const version of ['1', '2', '3']) expect(await tiles.tile(picture, version, 0, 0, 0, new AbortController().signal)).not.toBeNull()
  expect(fs.readdirSync(path.join(cache, 'tiles'))).toHaveLength(2)
  expect(filesOf(cache)).toMatchObject(before)
})
