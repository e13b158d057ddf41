/** The job that checks and measures devices, on the CPU; test/engine/runtime/webgpu.test.ts has it on a second one. */
import { describe, expect, test } from 'vitest'
import type { JobProgress } from '#shared/model/job.ts'
import { countNodes, nodesOf } from '../../../src-main/engine/gauge/nodes.ts'
import { measureNetwork, measureProduct } from '../../../src-main/engine/gauge/measure.ts'
import { networkOf } from '../../../src-main/engine/gauge/networks.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { bundledProviders } from '../../../src-main/engine/runtime/session.ts'

const m = { provider: 'cpu', seconds: 0.3, isCancelled: () => false }

test('a check lists every device that is there, the CPU first, and measures nothing', async () => {
  const said: JobProgress[] = []
  const { checked } = await runJob({ kind: 'devices', bench: false }, { onProgress: (p) => said.push(p), isCancelled: () => false })
  expect(checked.devices.map((d) => d.device).sort()).toEqual([...bundledProviders()].sort())
  expect(checked.devices[0]).toEqual({ device: 'cpu', ok: true, problem: null, error: null, speed: null, product: null, networks: [] })
  expect(checked).toMatchObject({ tolerance: 1e-3, runtime: expect.stringMatching(/^\d+\.\d+\.\d+/) })
  expect(said.map(({ phase, part }) => [phase, part])).toEqual([
    ...checked.devices.map((d) => ['self-check', d.device]),
    ['self-check', undefined],
  ])
  expect(said.at(-1)).toMatchObject({ done: 1, total: 1 })
})

test('it stops where it is cancelled', async () => {
  await expect(runJob({ kind: 'devices', bench: true }, { onProgress: () => undefined, isCancelled: () => true })).rejects.toMatchObject({
    fault: 'cancelled',
  })
})

describe('the figures', () => {
  const tiny = networkOf('tiny')
  test('are those of the network that is named: CLIP’s image tower and a head', () => {
    // Patches 64·3·8², positions 17·64, class token 64, two norms 2·128, a layer of 12·64² + 13·64, projection 64², head 65·100.
    expect(tiny.parameters).toBe(64 * 192 + 17 * 64 + 64 + 256 + (12 * 64 ** 2 + 13 * 64) + 64 ** 2 + 65 * 100)
    expect(networkOf('vit-s-16').parameters / 1e6).toBeCloseTo(21.9, 0)
    expect(networkOf('vit-b-32').parameters / 1e6).toBeCloseTo(88, 0)
  })
  test('follow from the seconds', async () => {
    const { step, features, batch, parameters } = await measureNetwork(tiny, m)
    expect(step.imagesPerSecond).toBeCloseTo(batch / step.seconds)
    expect(step.gflops).toBeCloseTo((6 * parameters * 17 * batch) / step.seconds / 1e9)
    expect(features.gflops).toBeCloseTo((2 * parameters * 17 * batch) / features.seconds / 1e9)
    expect(features.seconds).toBeLessThan(step.seconds)
    expect(await measureProduct(128, m)).toBeGreaterThan(0.01)
  })
  test('count the nodes of one step', async () => {
    const { device, cpu, copies } = await nodesOf(tiny, 'cpu')
    expect(device).toBeGreaterThan(50)
    expect([cpu, copies]).toEqual([0, 0])
  })
})

test('a node of the CPU in another device’s step is a fallback, and a copy is a copy', () => {
  const node = (op: string, provider: string, end = '_kernel_time') => ({
    cat: 'Node',
    name: `${op}_1${end}`,
    args: { op_name: op, provider },
  })
  const gpu = 'WebGpuExecutionProvider'
  const events = [
    ...[node('MatMul', gpu), node('MatMul', gpu), node('MatMul', gpu, '_fence_before')],
    ...[node('LogSoftmax', 'CPUExecutionProvider'), node('MemcpyToHost', gpu), node('MemcpyFromHost', gpu)],
    { cat: 'Session', name: 'model_run_kernel_time' },
  ]
  expect(countNodes(events, 'webgpu')).toEqual({ device: 2, cpu: 1, copies: 2, fallbacks: { LogSoftmax: 1 } })
  expect(countNodes([node('MatMul', 'CPUExecutionProvider')], 'cpu')).toEqual({ device: 1, cpu: 0, copies: 0, fallbacks: {} })
})
