import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { NetworkFigures } from '#shared/model/devices.ts'
import type { ResultOf } from '#shared/model/job.ts'
import { goldenPath, relativeError } from '../../helpers/golden.ts'
import { shapePictures, shapesJob, temporaryFolder } from '../../helpers/pictures.ts'
import { runProgram } from '../../helpers/programs.ts'

// Chromium brings SwiftShader, a Vulkan driver in software, and Dawn needs Vulkan's loader.
const DRIVER = '/usr/lib/chromium/vk_swiftshader_icd.json'
const here =
  fs.existsSync(DRIVER) &&
  ['/usr/lib/x86_64-linux-gnu', '/usr/lib/aarch64-linux-gnu', '/usr/lib64'].some((d) => fs.existsSync(`${d}/libvulkan.so.1`))
if (!here) console.warn('WebGPU is not tested here: it needs the packages chromium and libvulkan1')

interface Tiny {
  losses: number[]
  locations: Record<string, string>
  final: Record<string, number[]>
  nodes: Record<string, number>
}
interface Answer {
  bundled: string[]
  check: { ok: boolean; problem?: string; seconds: number }
  chosen: string
  auto: { provider: string; notes: string[] }
  tiny: { cpu: Tiny; webgpu: Tiny }
  accumulated: { cpu: Tiny; webgpu: Tiny }
  devices: ResultOf<'devices'>
  nodes: NonNullable<NetworkFigures['nodes']>
  jobs: { device: string; loss: number[]; logits: Record<string, number[]>; seconds: number }[]
}

describe.skipIf(!here)('WebGPU, in software', () => {
  let answer: Answer
  beforeAll(async () => {
    const dir = temporaryFolder()
    const splits = await shapePictures(path.join(dir, 'pictures'))
    const job = (device: 'cpu' | 'webgpu') =>
      shapesJob(splits, {
        model: goldenPath('clip/hub'),
        out: path.join(dir, device),
        cache: path.join(dir, `cache-${device}`),
        device,
        settings: { epochs: 2, batchSize: 4, lr: 1e-3, ema: 0.5, labelSmoothing: 0.1 },
      })
    fs.writeFileSync(path.join(dir, 'jobs.json'), JSON.stringify([job('cpu'), job('webgpu')]))
    const { code, stdout, stderr } = await runProgram('webgpu', [path.join(dir, 'jobs.json')], {
      env: { VK_ICD_FILENAMES: DRIVER, XDG_RUNTIME_DIR: '/tmp' },
    })
    expect(code, stderr).toBe(0)
    answer = JSON.parse(stdout) as Answer
    if (process.env['DASHI_SHOW'])
      console.log(
        JSON.stringify(
          {
            ...answer,
            jobs: answer.jobs.map(({ loss, seconds, device }) => ({ loss, seconds, device })),
            tiny: answer.tiny.webgpu.nodes,
            accumulated: answer.accumulated.webgpu.nodes,
          },
          null,
          1,
        ),
      )
  })

  test('passes the check before its first use', () => {
    expect(answer.check).toMatchObject({ ok: true })
    expect(answer.chosen).toBe('webgpu')
  })

  test('is measured beside the CPU, on a network that software can bear', () => {
    const [cpu, webgpu] = answer.devices.checked.devices
    expect(webgpu).toMatchObject({ device: 'webgpu', ok: true, problem: null, product: { size: 128 } })
    expect(webgpu!.error).toBeLessThan(answer.devices.checked.tolerance)
    expect(webgpu!.speed).toBeLessThan(1)
    expect(webgpu!.networks.map((n) => n.network)).toEqual(['tiny'])
    expect(cpu!.networks.map((n) => n.network)).toEqual(['small', 'tiny'])
    expect(cpu!.networks[1]!.step.imagesPerSecond).toBeGreaterThan(webgpu!.networks[0]!.step.imagesPerSecond)
  })

  test('runs every node of a step itself', () => {
    const { device, cpu, fallbacks } = answer.nodes
    expect([cpu, fallbacks]).toEqual([0, {}])
    expect(device).toBeGreaterThan(100)
  })

  test('is not chosen by `auto`, being slower than the CPU', () => {
    expect(answer.bundled).toContain('webgpu')
    expect(answer.auto).toEqual({ provider: 'cpu', notes: ['webgpu is slower than the CPU here'] })
  })

  test.each(['tiny', 'accumulated'] as const)('trains a network as the CPU does: %s', (what) => {
    const { cpu, webgpu } = answer[what]
    expect(new Set(cpu.losses).size).toBe(cpu.losses.length)
    expect(relativeError(webgpu.losses, cpu.losses)).toBeLessThan(1e-3)
    for (const [name, data] of Object.entries(cpu.final)) expect(relativeError(webgpu.final[name]!, data), name).toBeLessThan(1e-3)
  })

  test('keeps weights, moments and averages on the device', () => {
    const { locations } = answer.tiny.webgpu
    expect(Object.keys(locations)).toHaveLength(4 * 5)
    expect(new Set(Object.values(locations))).toEqual(new Set(['gpu-buffer']))
  })

  test('fine-tunes a CLIP as the CPU does', () => {
    const [cpu, webgpu] = answer.jobs
    expect([cpu!.device, webgpu!.device]).toEqual(['cpu', 'webgpu'])
    expect(cpu!.loss).toHaveLength(6)
    expect(relativeError(webgpu!.loss, cpu!.loss)).toBeLessThan(1e-3)
    for (const [split, logits] of Object.entries(cpu!.logits))
      expect(relativeError(webgpu!.logits[split]!, logits), split).toBeLessThan(1e-3)
  })
})
