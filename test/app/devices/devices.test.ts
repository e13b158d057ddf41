/** What the program says of this machine, keeps of a check, and does with the settings about devices. */
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { devicesFound, type DevicesFound } from '#shared/model/devices.ts'
import { isOpen } from '#shared/model/queue.ts'
import type { Client } from '#shared/contract/rpc.ts'
import { runCli } from '../../../src-main/app/cli/main.ts'
import type { CliContext } from '../../../src-main/app/cli/context.ts'
import { type AppContext, deviceFor } from '../../../src-main/app/context.ts'
import { displaysIn, hasProgram, linuxCards, vulkanDrivers } from '../../../src-main/app/devices/machine.ts'
import { App } from '../../../src-main/app/serve/app.ts'
import { deviceRecords } from '../../../src-main/engine/runtime/index.ts'
import { engine } from '../../helpers/engine.ts'
import { TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'
import { hostIn, openWindow } from '../../helpers/window.ts'

describe('graphics cards', () => {
  const root = temporaryFolder()
  const put = (file: string, text: string) => {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
    fs.writeFileSync(path.join(root, file), text)
  }
  test('are named by NVIDIA’s driver, others by maker and number, each once', () => {
    expect(linuxCards(path.join(root, 'nowhere'))).toEqual([])
    put('sys/class/drm/card0/device/vendor', '0x8086\n')
    put('sys/class/drm/card0/device/device', '0x46a6\n')
    put('sys/class/drm/renderD128/device/vendor', '0x8086\n')
    put('sys/class/drm/renderD128/device/device', '0x46a6\n')
    put('sys/class/drm/card0-HDMI-A-1/status', 'connected')
    expect(linuxCards(root)).toEqual(['Intel 0x46a6'])
    put('proc/driver/nvidia/gpus/0000:01:00.0/information', 'Model: \t\t NVIDIA H100 80GB HBM3\nIRQ: 5\n')
    put('sys/class/drm/card1/device/vendor', '0x10de\n')
    expect(linuxCards(root)).toEqual(['NVIDIA H100 80GB HBM3', 'Intel 0x46a6'])
  })
  test('of which only the device file is there', () => {
    const bare = temporaryFolder()
    fs.mkdirSync(path.join(bare, 'dev'))
    fs.writeFileSync(path.join(bare, 'dev', 'nvidia0'), '')
    expect(linuxCards(bare)).toEqual(['NVIDIA'])
  })
  test('by macOS, and by a Vulkan driver that the environment names', () => {
    expect(displaysIn('{"SPDisplaysDataType":[{"sppci_model":"Apple M2","spdisplays_ndrvs":[]}]}')).toEqual(['Apple M2'])
    expect(displaysIn('not json')).toEqual([])
    put('icd.json', '{"ICD":{"library_path":"./libvk_swiftshader.so","api_version":"1.0.5"}}')
    const file = path.join(root, 'icd.json')
    expect(vulkanDrivers({ VK_ICD_FILENAMES: `${file}${path.delimiter}${root}/none.json` })).toEqual(['SwiftShader (Vulkan in software)'])
    expect(vulkanDrivers({})).toEqual([])
  })
  test('a program is looked for on the path', () => {
    expect(hasProgram(path.basename(process.execPath), { PATH: path.dirname(process.execPath) })).toBe(true)
    expect(hasProgram('no-such-program', { PATH: `${path.delimiter}/bin` })).toBe(false)
  })
})

describe('how to have a device', () => {
  const here = { platform: 'linux', arch: 'x64', installation: 'source', graphics: ['NVIDIA H100'], has: () => true } as const
  const way = (id: string, at: object = {}) => deviceRecords.find((d) => d.id === id)!.way!({ ...here, ...at })
  test('CUDA by a command of this installation, where a card of NVIDIA can use it', () => {
    expect(way('cuda')).toMatchObject({ possible: true, command: 'npm run cuda' })
    expect(way('cuda', { installation: 'npm' }).command).toContain('npm rebuild onnxruntime-node')
    for (const not of [{ graphics: ['AMD 0x1'] }, { platform: 'win32' }, { arch: 'arm64' }, { installation: 'desktop' }])
      expect(way('cuda', not)).toMatchObject({ possible: false, command: null })
  })
  test('a Vulkan driver for WebGPU, where there is a card', () => {
    expect(way('webgpu')).toMatchObject({ possible: true, command: expect.stringContaining('apt-get install libvulkan1') })
    expect(way('webgpu', { has: () => false })).toMatchObject({ possible: true, command: null })
    expect(way('webgpu', { graphics: [] })).toMatchObject({ possible: false })
  })
})

test('the device of what names none is that of the settings', () => {
  expect([deviceFor({}), deviceFor({ device: () => 'webgpu' }), deviceFor({ device: () => 'webgpu' }, 'cpu')]).toEqual([
    'auto',
    'webgpu',
    'cpu',
  ])
})

describe('a check', () => {
  let [dir, app] = ['', undefined as App | undefined]
  let call: Client['call']
  let models: AppContext
  beforeEach(async () => {
    dir = temporaryFolder()
    const host = hostIn(dir)
    models = { engine: await engine(), nano: TINY_CLIP, cache: host.cacheFolder }
    app = new App({ host, models })
    ;({ call } = openWindow(app))
  })
  afterEach(async () => {
    vi.restoreAllMocks()
    await app!.close()
  })
  const ended = (jobId: string) =>
    vi.waitFor(
      async () => {
        const job = (await call('jobs.list', {})).find((j) => j.id === jobId)!
        expect(isOpen(job)).toBe(false)
        return job
      },
      { timeout: 60_000, interval: 50 },
    )

  test('needs no project, is one at a time, and what it found is kept', async () => {
    const before = await call('devices.find', {})
    expect(devicesFound.parse(before)).toMatchObject({ last: null, machine: { cores: expect.any(Number) } })
    expect(before.devices.find((d) => d.id === 'cpu')).toMatchObject({ there: true, way: null })
    expect(before.devices.some((d) => d.id === 'auto')).toBe(false)
    const [one, two] = [await call('devices.check', {}), await call('devices.check', { bench: true })]
    expect(two).toEqual(one)
    expect(await ended(one.jobId)).toMatchObject({ kind: 'devices', status: 'done', project: null })
    const { last } = await call('devices.find', {})
    expect(last!.devices[0]).toMatchObject({ device: 'cpu', ok: true })
    expect(last!.at).toBeLessThanOrEqual(Date.now())
  })

  test('that is cancelled leaves nothing behind', async () => {
    const { jobId } = await call('devices.check', { bench: true })
    await call('jobs.cancel', { id: jobId })
    expect((await ended(jobId)).status).toBe('cancelled')
    expect((await call('devices.find', {})).last).toBeNull()
  })

  test('of another onnxruntime or card is not shown, and figures stay until they are measured anew', async () => {
    await ended((await call('devices.check', {})).jobId)
    const file = path.join(models.cache, 'devices.json')
    const kept = JSON.parse(fs.readFileSync(file, 'utf8')) as { key: string; checked: NonNullable<DevicesFound['last']> }
    const product = { size: 1024, gflops: 12 }
    kept.checked.devices[0]!.product = product
    fs.writeFileSync(file, JSON.stringify(kept))
    await ended((await call('devices.check', {})).jobId)
    expect((await call('devices.find', {})).last!.devices[0]!.product).toEqual(product)
    fs.writeFileSync(file, JSON.stringify({ ...kept, key: 'another' }))
    expect((await call('devices.find', {})).last).toBeNull()
    fs.writeFileSync(file, '{')
    expect((await call('devices.find', {})).last).toBeNull()
  })

  test('in the terminal, as text and as JSON', async () => {
    const said: string[] = []
    vi.spyOn(process.stdout, 'write').mockImplementation((text) => said.push(String(text)) > 0)
    vi.spyOn(process.stderr, 'write').mockReturnValue(true)
    expect(await runCli(['devices'], async () => models as CliContext)).toBe(0)
    expect(said.join('')).toMatch(/not checked yet/)
    said.length = 0
    await runCli(['devices', '--check', '--json'], async () => models as CliContext)
    expect(devicesFound.parse(JSON.parse(said.join(''))).last!.devices[0]).toMatchObject({ device: 'cpu', ok: true })
    said.length = 0
    await runCli(['devices'], async () => models as CliContext)
    expect(said.join('')).toMatch(/cpu\W+reference/)
    expect(said.join('')).not.toContain('not checked yet')
  })
})
