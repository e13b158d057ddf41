/** The tiny form of `npm run bench -- gpu`, which every machine can run, and its report. */
import fs from 'node:fs'
import path from 'node:path'
import { expect, test, vi } from 'vitest'
import { temporaryFolder } from '../../helpers/pictures.ts'
import { gpuBench, ratiosOf } from './bench.ts'
import { type GpuReport, gpuReport } from './report.ts'

const dir = temporaryFolder()
vi.spyOn(process.stderr, 'write').mockReturnValue(true)

/** Stands for a Python with PyTorch, whose script answers with this. */
function pythonThatSays(text: string): string {
  const file = path.join(dir, `python-${text.length}`)
  fs.writeFileSync(file, `#!/bin/sh\n[ "$1" = -c ] && exit 0\ncat <<'END'\n${text}\nEND\n`, { mode: 0o755 })
  return file
}
async function reportWith(python: string): Promise<{ report: GpuReport; summary: Record<string, number> }> {
  const file = path.join(dir, 'some', 'where', 'gpu.json')
  const summary = await gpuBench({ file, tiny: true, python })
  return { report: gpuReport.parse(JSON.parse(fs.readFileSync(file, 'utf8'))), summary }
}
const torch = (imagesPerSecond: number) => {
  const part = { seconds: 1, runs: 1, imagesPerSecond, gflops: 1 }
  const networks = [{ network: 'tiny', batch: 4, parameters: 1, step: part, features: part }]
  return { version: '2.0', device: 'cpu', name: 'CPU', precision: 'float32', networks } as const
}

test.skipIf(process.platform === 'win32')('the report says which form it is, and stands beside PyTorch where that is there', async () => {
  const { report, summary } = await reportWith(pythonThatSays(JSON.stringify(torch(10))))
  expect(report).toMatchObject({ form: 'tiny', note: expect.stringContaining('tiny form') })
  const cpu = report.devices.find((d) => d.device === 'cpu')!
  expect(cpu.networks.map((n) => n.network)).toEqual(['tiny'])
  expect(cpu.product!.gflops).toBeGreaterThan(0)
  const step = cpu.networks[0]!.step.imagesPerSecond
  expect(report.ratios).toEqual([expect.objectContaining({ device: 'cpu', network: 'tiny', step: step / 10 })])
  expect(summary['cpu tiny step images/s']).toBeCloseTo(step, -Math.floor(Math.log10(step)) + 1)
  expect(summary['full']).toBe(0)
})

test.skipIf(process.platform === 'win32')('without PyTorch, or where its script fails, it says so', async () => {
  expect((await reportWith(path.join(dir, 'no-python'))).report).toMatchObject({
    torch: { missing: expect.stringContaining('no torch') },
    ratios: [],
  })
  expect((await reportWith(pythonThatSays('{'))).report).toMatchObject({ torch: { missing: expect.stringContaining('gpu.py failed') } })
})

test('a card is compared with PyTorch’s card only, the CPU with its CPU', () => {
  const part = { seconds: 1, runs: 1, imagesPerSecond: 30, gflops: 1 }
  const networks = [{ network: 'tiny', batch: 4, parameters: 1, step: part, features: part, nodes: null }]
  const usual = { ok: true, problem: null, error: null, speed: null, product: null, networks }
  const devices = [
    { ...usual, device: 'webgpu' },
    { ...usual, device: 'cpu' },
  ]
  const of = (device: string) => ratiosOf({ torch: { ...torch(20), device }, devices })
  expect(of('cuda')).toEqual([{ device: 'webgpu', network: 'tiny', step: 1.5, features: 1.5 }])
  expect(of('cpu')).toEqual([{ device: 'cpu', network: 'tiny', step: 1.5, features: 1.5 }])
})
