/** Checks the devices of this machine, and measures them if asked. */
import { cancelled, errorLine } from '#shared/errors.ts'
import type { CheckedDevice } from '#shared/model/devices.ts'
import type { DevicesJob, JobProgress, ResultOf } from '#shared/model/job.ts'
import { sentence } from '#shared/sentences/table.ts'
import { measureNetwork, measureProduct } from '../gauge/measure.ts'
import { type NetworkName, networkOf } from '../gauge/networks.ts'
import { matmulSeconds, recheckProvider, TOLERANCE } from '../runtime/devices.ts'
import { bundledProviders, type Provider, threadCount } from '../runtime/session.ts'
import { runtimeVersion } from '../runtime/version.ts'
import type { JobHooks } from './hooks.ts'

/** Seconds for each part of the benchmark. */
const PATIENCE = 6
/** A device that takes longer for a product of [1024, 1024] is software, or as slow: the usual network would take minutes. */
const SLOW = 0.5

/** The CPU comes first: it is what the others are compared with. */
export async function devicesJob({ bench }: DevicesJob, { onProgress, isCancelled }: JobHooks): Promise<ResultOf<'devices'>> {
  const there = [...bundledProviders()].sort((a, b) => Number(b === 'cpu') - Number(a === 'cpu'))
  let done = 0
  const tell = (phase: JobProgress['phase'], device: Provider) => {
    if (isCancelled()) throw cancelled()
    onProgress({ phase, part: device, done: done++, total: there.length * (bench ? 2 : 1) })
  }
  const devices: CheckedDevice[] = []
  const slow = new Set<Provider>()
  const cpu = await matmulSeconds('cpu')
  for (const device of there) {
    tell('self-check', device)
    const { ok, problem = null, error, seconds } = device === 'cpu' ? reference(cpu) : await recheckProvider(device)
    if (seconds > SLOW) slow.add(device)
    devices.push({ ...{ device, ok, problem, error }, speed: ok && device !== 'cpu' ? cpu / seconds : null, product: null, networks: [] })
  }
  if (bench)
    for (const [i, known] of devices.entries()) {
      tell('benchmark', known.device)
      if (!known.ok) continue
      // The CPU is measured on each network that another device is measured on.
      const others = devices.filter((d) => d.ok && d.device !== 'cpu').map((d) => slow.has(d.device))
      const tiny = known.device === 'cpu' ? others.includes(true) : slow.has(known.device)
      const usual = !slow.has(known.device)
      devices[i] = await measured(known, [...(usual ? (['small'] as const) : []), ...(tiny ? (['tiny'] as const) : [])], isCancelled)
    }
  onProgress({ phase: bench ? 'benchmark' : 'self-check', done: 1, total: 1 })
  return {
    kind: 'devices',
    checked: { at: Date.now(), runtime: runtimeVersion() ?? '', tolerance: TOLERANCE, threads: threadCount(), devices },
  }
}

const reference = (seconds: number) => ({ ok: true, problem: null, error: null, seconds })

async function measured(known: CheckedDevice, names: readonly NetworkName[], isCancelled: () => boolean): Promise<CheckedDevice> {
  const m = { provider: known.device, seconds: PATIENCE, isCancelled }
  const size = names.includes('small') ? 1024 : 128
  try {
    const product = { size, gflops: await measureProduct(size, m) }
    const networks = []
    for (const name of names) networks.push({ ...(await measureNetwork(networkOf(name), m)), nodes: null })
    return { ...known, product, networks }
  } catch (e) {
    if (isCancelled()) throw cancelled()
    return { ...known, problem: sentence('device.not-measured', { device: known.device, reason: errorLine(e) }) }
  }
}
