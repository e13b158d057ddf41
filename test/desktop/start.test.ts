/** The built desktop entry under a stand-in that keeps Electron's rules (test/helpers/electron): it starts, serves, works and goes. */
import fs from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { JobEntry } from '#shared/contract/app.ts'
import { listRuns, openProject } from '../../src-main/app/projects/index.ts'
import { programRoot } from '../../src-main/program.ts'
import { shapesProject } from '../app/cli/terminal.ts'
import { Desktop } from '../helpers/electron/desktop.ts'
import { temporaryFolder } from '../helpers/pictures.ts'
import { descendants, running } from '../helpers/processes.ts'

const entry = path.join(programRoot, 'out', 'main', 'electron.js')
describe.skipIf(!fs.existsSync(entry))('the built desktop program', () => {
  let dir: string
  let home: string
  let project: string
  let desktop: Desktop
  beforeAll(async () => {
    dir = temporaryFolder()
    home = path.join(dir, 'home')
    project = await shapesProject(dir)
    desktop = new Desktop(entry, [project], { DASHI_HOME: home, DASHI_CACHE: path.join(dir, 'cache') })
  })
  afterAll(() => desktop.kill())

  it('asks for a window once Electron is ready, with a preload that is there', async () => {
    const window = await desktop.hears('window')
    expect(window['window']).toBe('app://dashi/')
    expect(fs.existsSync(String(window['preload']))).toBe(true)
  })

  it('serves the page and all that it loads', async () => {
    const page = await desktop.fetch('app://dashi/')
    expect(page.status).toBe(200)
    expect(page.headers['content-security-policy']).toContain("default-src 'none'")
    const assets = [...page.body.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map((m) => m[1]!)
    expect(assets.length).toBeGreaterThan(1)
    for (const asset of assets) expect((await desktop.fetch(`app://dashi/${asset}`)).status, asset).toBe(200)
  })

  it('opens the project, trains and tells of it through its port', async () => {
    const told: JobEntry[] = []
    const { call } = await desktop.connect((event, data) => void (event === 'jobs.changed' && told.push(data as JobEntry)))
    expect((await call('app.hello')).project).toBe(project)
    const { info, key } = await call('projects.open', { folder: project })
    expect(info.media).toBeGreaterThan(20)
    expect((await desktop.fetch(`app://dashi/media/${key}/1/image`)).status).toBe(200)
    const { runId } = await call('training.start', { recipe: 'lp', settings: {}, device: 'cpu', name: 'probe' })
    await expect.poll(async () => (await call('runs.list')).find((r) => r.id === runId)?.status).toBe('done')
    expect(fs.existsSync(path.join(project, 'checkpoints', 'probe', 'dashi.json'))).toBe(true)
    expect(told.some((j) => j.kind === 'train' && j.status === 'done')).toBe(true)
  })

  it('does nothing for thumbnails that the page gave up while they waited', async () => {
    const pictures = path.join(dir, 'many')
    fs.mkdirSync(pictures)
    const noise = sharp({
      create: { width: 2400, height: 1600, channels: 3, background: '#888', noise: { type: 'gaussian', mean: 128, sigma: 40 } },
    })
    const jpeg = await noise.jpeg().toBuffer()
    for (let i = 0; i < 60; i++) fs.writeFileSync(path.join(pictures, `${i}.jpg`), Buffer.concat([jpeg, Buffer.from([i])]))
    const { call } = await desktop.connect()
    const { key } = await call('projects.open', { folder: pictures })
    await expect.poll(async () => (await call('projects.info')).media).toBe(60)
    const leaving = new AbortController()
    const cache = path.join(dir, 'cache', 'thumbnails')
    const made = () => fs.readdirSync(cache, { recursive: true }).filter((n) => /[\\/][0-9a-f]{30}$/.test(String(n))).length
    const before = fs.existsSync(cache) ? made() : 0
    const url = (id: number) => `app://dashi/media/${key}/${id}/small`
    const passed = Array.from({ length: 59 }, (_, i) => desktop.fetch(url(i + 1), 'GET', leaving.signal))
    leaving.abort()
    const wanted = await desktop.fetch(url(60))
    await Promise.allSettled(passed)
    expect([wanted.status, wanted.headers['content-security-policy']]).toEqual([200, expect.stringContaining("default-src 'none'")])
    expect(made() - before).toBeLessThan(20) // those that had been begun, and the one that was wanted
    await expect(desktop.fetch(url(999))).resolves.toMatchObject({ status: 404 })
  })

  it('keeps settings and cache where the other faces do', () => {
    expect(fs.existsSync(path.join(home, 'config'))).toBe(true)
    expect(fs.existsSync(path.join(dir, 'cache'))).toBe(true)
  })

  it.skipIf(process.platform === 'win32')(
    'goes on when its engine is killed: the run says what happened, is taken up again, and the next answer comes from another one',
    async () => {
      const stepping = new Set<string>()
      const { call } = await desktop.connect((event, data) => {
        const { runId, loss } = data as { runId?: string; loss?: number | null }
        if (event === 'run.progress' && runId !== undefined && loss != null) stepping.add(runId)
      })
      await call('projects.open', { folder: project })
      const engines = () => descendants(desktop.pid).filter((p) => p.command.includes('engine-process'))
      const run = async ({ runId }: { runId: string }, status: string) => {
        await expect.poll(async () => (await call('runs.list')).find((r) => r.id === runId)?.status).toBe(status)
        return (await call('runs.list')).find((r) => r.id === runId)!
      }
      const begun = await call('training.start', { recipe: 'ft', settings: { epochs: 10_000 }, device: 'cpu', name: 'long' })
      await run(begun, 'running')
      await expect.poll(() => stepping.has(begun.runId)).toBe(true) // killed before it began, another engine would take it up
      expect(engines()).toHaveLength(1)
      process.kill(engines()[0]!.pid, 'SIGKILL')
      expect((await run(begun, 'failed')).error).toMatch(
        /^the engine's process ended \(killed by SIGKILL, .*\) in the middle of a training; /,
      )
      expect((await call('preview.classify', { mediaId: 1, model: 'checkpoints/probe' })).length).toBeGreaterThan(1)
      const again = await call('training.again', begun)
      await run(again, 'running')
      await expect.poll(() => stepping.has(again.runId)).toBe(true)
      expect(engines()).toHaveLength(1)
      expect(desktop.errors).toBe('')
    },
  )

  it('leaves no process when it quits, the engine’s either; a training that ran is stopped between two steps', async () => {
    const all = [desktop.pid, ...descendants(desktop.pid).map((p) => p.pid)]
    if (process.platform !== 'win32') expect(all.length).toBeGreaterThan(2)
    desktop.quit()
    expect(await desktop.exited).toBe(0)
    expect(all.filter(running)).toEqual([])
    const opened = openProject(project, { readOnly: true })
    expect(listRuns(opened)[0]).toMatchObject({ status: 'cancelled', folder: 'checkpoints/long-2' }) // nothing of the one that was killed was kept, so it began anew, under a name of its own
    opened.close()
    expect(fs.existsSync(path.join(project, 'checkpoints', 'long-2.run', 'state.safetensors'))).toBe(true)
  })

  it('says in a box why it cannot start, and ends with a code', async () => {
    const failing = new Desktop(entry, [], { DASHI_HOME: home, STAND_IN_REFUSES: 'protocol.handle' })
    expect((await failing.hears('errorBox'))['errorBox']).toBe('the protocol app has been intercepted')
    expect(await failing.exited).toBe(1)
  })
})
