/**
 * `npm run bench -- gpu [--report FILE] [--tiny]`: the self-check, then a training step and features of two ViTs on every device, weights
 * and state in its memory, beside PyTorch where Python has it. Without a graphics card it measures a tiny network instead.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import type { CheckedDevice } from '#shared/model/devices.ts'
import { say } from '#shared/sentences/table.ts'
import { thisMachine } from '../../../src-main/app/devices/machine.ts'
import { measureNetwork, measureProduct } from '../../../src-main/engine/gauge/measure.ts'
import { type NetworkName, networkOf, networkSizes } from '../../../src-main/engine/gauge/networks.ts'
import { nodesOf } from '../../../src-main/engine/gauge/nodes.ts'
import { checkProvider, matmulSeconds } from '../../../src-main/engine/runtime/devices.ts'
import { bundledProviders, type Provider, threadCount } from '../../../src-main/engine/runtime/session.ts'
import { runtimeVersion } from '../../../src-main/engine/runtime/version.ts'
import { programRoot } from '../../../src-main/program.ts'
import { type GpuReport, gpuReport, torchFigures } from './report.ts'

/** Seconds after which nothing more is begun: eight minutes are the limit. */
const LATEST = 380
/** Seconds for a part: the step of a network, or its features. */
const PATIENCE = { full: 15, tiny: 2 }
/** Longer for a product of [1024, 1024], in seconds: not a graphics card, but software. */
const SLOW = 0.5

export interface GpuBench {
  /** Where the report is written; out/gpu.json unless told. */
  readonly file?: string
  /** The tiny form even where there is a card. */
  readonly tiny?: boolean
  readonly python?: string
}

export async function gpuBench({ file = path.join(programRoot, 'out', 'gpu.json'), tiny = false, python = 'python3' }: GpuBench = {}) {
  const began = performance.now()
  const since = () => (performance.now() - began) / 1000
  const { devices, slow } = await checked()
  const cards = devices.filter((d) => d.ok && d.device !== 'cpu' && !slow.has(d.device))
  const form = cards.length && !tiny ? 'full' : 'tiny'
  const note =
    form === 'full' ? null : cards.length ? 'the tiny form was asked for' : 'no graphics card computes here: the tiny form, in software'
  if (note) tell(note)
  const report: GpuReport = {
    ...{ schema: 1, at: new Date().toISOString(), form, note, machine: await thisMachine() },
    ...{ node: process.versions.node, runtime: runtimeVersion() ?? '', threads: threadCount(), seconds: 0, devices, leftOut: [] },
    torch: { missing: 'not tried yet' },
    ratios: [],
  }
  const keep = () => {
    report.seconds = since()
    mkdirSync(path.dirname(path.resolve(file)), { recursive: true })
    writeFileSync(file, `${JSON.stringify(gpuReport.parse(report), null, 1)}\n`)
  }
  const names: NetworkName[] = form === 'full' ? ['vit-s-16', 'vit-b-32'] : ['tiny']
  // Cards first, so that a CPU that is slow does not take their time.
  for (const at of [...devices.keys()].sort((a, b) => Number(devices[a]!.device === 'cpu') - Number(devices[b]!.device === 'cpu'))) {
    const { device, ok, problem } = devices[at]!
    const why = !ok ? say(problem!) : form === 'full' && slow.has(device) ? 'computes in software' : null
    if (why) report.leftOut.push({ device, what: 'everything', why })
    else devices[at] = await measured(devices[at]!, names, form, { late: () => since() > LATEST, report })
    keep() // a driver may end the process while the next one is measured
  }
  report.torch = torchOf(python, names, PATIENCE[form])
  report.ratios = ratiosOf(report)
  keep()
  tell(`report: ${file}`)
  return summaryOf(report)
}

const tell = (line: string) => process.stderr.write(`${line}\n`)

async function checked() {
  const devices: CheckedDevice[] = []
  const slow = new Set<Provider>()
  const cpu = await matmulSeconds('cpu')
  const usual = { product: null, networks: [] }
  for (const device of bundledProviders()) {
    if (device === 'cpu') {
      devices.push({ device, ok: true, problem: null, error: null, speed: null, ...usual })
      continue
    }
    const { ok, problem = null, error, seconds } = await checkProvider(device)
    if (seconds > SLOW) slow.add(device)
    devices.push({ device, ok, problem, error, speed: ok ? cpu / seconds : null, ...usual })
    tell(`${device}: ${problem ? say(problem) : `agrees with the CPU, error ${error!.toExponential(1)}`}`)
  }
  return { devices, slow }
}

async function measured(
  known: CheckedDevice,
  names: readonly NetworkName[],
  form: GpuReport['form'],
  { late, report }: { readonly late: () => boolean; readonly report: GpuReport },
): Promise<CheckedDevice> {
  const { device } = known
  const m = { provider: device, seconds: PATIENCE[form], isCancelled: () => false }
  const size = form === 'full' ? 2048 : 128
  const networks: CheckedDevice['networks'] = []
  let product: CheckedDevice['product'] = null
  const attempt = async (what: string, part: () => Promise<void>) => {
    if (late()) return void report.leftOut.push({ device, what, why: 'the time was up' })
    try {
      await part()
    } catch (e) {
      report.leftOut.push({ device, what, why: e instanceof Error ? e.message.split('\n')[0]! : String(e) })
    }
  }
  await attempt('product', async () => void (product = { size, gflops: await measureProduct(size, m) }))
  for (const name of names)
    await attempt(name, async () => {
      const network = networkOf(name)
      const figures = await measureNetwork(network, m)
      networks.push({ ...figures, nodes: device === 'cpu' ? null : await nodesOf(network, device) })
      const { step, features } = figures
      tell(`${device} ${name}: ${step.imagesPerSecond.toFixed(1)} images/s trained, ${features.imagesPerSecond.toFixed(1)} features/s`)
    })
  return { ...known, product, networks }
}

/** PyTorch's figures, or why there are none. */
function torchOf(python: string, names: readonly NetworkName[], seconds: number): GpuReport['torch'] {
  const sizes = Object.fromEntries(names.map((name) => [name, networkSizes[name]]))
  try {
    execFileSync(python, ['-c', 'import torch'], { stdio: 'ignore', timeout: 60_000 })
  } catch {
    return { missing: `${python} has no torch` }
  }
  try {
    const script = path.join(programRoot, 'test', 'bench', 'gpu.py')
    const said = execFileSync(python, [script, JSON.stringify({ sizes, seconds })], { encoding: 'utf8', timeout: 90_000 })
    return torchFigures.parse(JSON.parse(said))
  } catch (e) {
    return { missing: `gpu.py failed: ${e instanceof Error ? e.message.split('\n')[0]! : String(e)}` }
  }
}

/** A card beside PyTorch's card, the CPU beside its CPU. */
export function ratiosOf({ torch, devices }: Pick<GpuReport, 'torch' | 'devices'>): GpuReport['ratios'] {
  if ('missing' in torch) return []
  const onCpu = torch.device === 'cpu'
  return devices
    .filter(({ device }) => (device === 'cpu') === onCpu)
    .flatMap(({ device, networks }) =>
      networks.flatMap(({ network, step, features }) => {
        const other = torch.networks.find((n) => n.network === network)
        if (!other) return []
        const over = (of: { imagesPerSecond: number }, by: { imagesPerSecond: number }) => of.imagesPerSecond / by.imagesPerSecond
        return [{ device, network, step: over(step, other.step), features: over(features, other.features) }]
      }),
    )
}

const short = (x: number) => Number(x.toPrecision(3))

function summaryOf({ devices, ratios, seconds, form }: GpuReport): Record<string, number> {
  const figures: Record<string, number> = { full: Number(form === 'full'), seconds: short(seconds) }
  for (const { device, error, networks } of devices) {
    if (error !== null) figures[`${device} error`] = short(error)
    for (const { network, step, features } of networks) {
      figures[`${device} ${network} step images/s`] = short(step.imagesPerSecond)
      figures[`${device} ${network} features images/s`] = short(features.imagesPerSecond)
    }
  }
  for (const { device, network, step, features } of ratios) {
    figures[`${device} ${network} step over PyTorch`] = short(step)
    figures[`${device} ${network} features over PyTorch`] = short(features)
  }
  return figures
}
