/** The application behind the desktop's windows, a process of its own: whatever becomes of it, the windows stay and find it again. */
import path from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { programRoot } from '../../src-main/program.ts'
import { shapesProject } from '../app/cli/terminal.ts'
import { Desktop } from '../helpers/electron/desktop.ts'
import { temporaryFolder } from '../helpers/pictures.ts'
import { descendants, running } from '../helpers/processes.ts'

const entry = path.join(programRoot, 'out', 'main', 'electron.js')
/** The process of the application behind it. */
const applicationOf = ({ pid }: Desktop) => descendants(pid).find((p) => p.command.includes('app-process'))!.pid

describe.skipIf(process.platform === 'win32')('the application as a process of its own', () => {
  let project: string
  let folders: NodeJS.ProcessEnv
  const opened: Desktop[] = []
  beforeAll(async () => {
    const dir = temporaryFolder()
    project = await shapesProject(dir)
    folders = { DASHI_HOME: path.join(dir, 'home'), DASHI_CACHE: path.join(dir, 'cache') }
  })
  afterEach(() => opened.splice(0).forEach((d) => d.kill()))
  const begin = (env: NodeJS.ProcessEnv = {}) => {
    const desktop = new Desktop(entry, [project], { ...folders, DASHI_NODE: process.execPath, ...env })
    opened.push(desktop)
    return desktop
  }
  const start = async (env?: NodeJS.ProcessEnv) => {
    const desktop = begin(env)
    await desktop.hears('window')
    return desktop
  }

  it('is started again after it was killed; its page is told that the connection was lost, and goes on by another', async () => {
    const desktop = await start()
    const first = await desktop.connect()
    const { instance, project: asked } = await first.call('app.hello')
    expect(asked).toBe(project)
    const { key } = await first.call('projects.open', { folder: project })
    const application = applicationOf(desktop)
    process.kill(application, 'SIGKILL')
    await desktop.hears('closed')
    await expect(first.call('app.hello')).rejects.toThrow('connection was lost')
    const second = await desktop.connect()
    const hello = await second.call('app.hello')
    expect(hello.instance).not.toBe(instance)
    expect(hello.project).toBe(project)
    expect((await second.call('projects.open', { folder: project })).key).toBe(key)
    expect((await desktop.fetch(`app://dashi/media/${key}/1/image`)).status).toBe(200)
  })

  it('writes down its work and ends when the windows were killed', async () => {
    const desktop = await start()
    const { call } = await desktop.connect()
    await call('projects.open', { folder: project })
    await call('training.start', { recipe: 'ft', settings: {}, device: 'cpu', name: 'cut short' })
    const application = applicationOf(desktop)
    desktop.kill()
    await desktop.exited
    await expect.poll(() => running(application)).toBe(false)
    const next = await (await start()).connect()
    await next.call('projects.open', { folder: project })
    expect((await next.call('runs.list')).find((r) => r.name === 'cut short')?.status).toBe('cancelled')
  })

  it('says in a box that it ends again and again, and gives up', async () => {
    const desktop = begin({ DASHI_NODE: '/bin/false' })
    expect((await desktop.hears('errorBox'))['errorBox']).toBe('the application ended with code 1')
    expect(await desktop.exited).toBe(1)
  })

  it('runs in Electron itself where no Node is to be had', async () => {
    const desktop = await start({ DASHI_NODE: '', PATH: '' })
    const { call } = await desktop.connect()
    const { key, info } = await call('projects.open', { folder: project })
    expect(info.media).toBeGreaterThan(20)
    expect((await desktop.fetch(`app://dashi/media/${key}/1/image`)).status).toBe(200)
    const { runId } = await call('training.start', { recipe: 'zero-shot', settings: {}, device: 'cpu', name: 'in a utility process' })
    await expect.poll(async () => (await call('runs.list')).find((r) => r.id === runId)?.status).toBe('done')
    desktop.quit()
    expect(await desktop.exited).toBe(0)
  })
})
