import { userError, errorLine } from '#shared/errors.ts'
import { say, sentence, type Sentence } from '#shared/sentences/table.ts'
import type { Device } from '#shared/model/job.ts'
import { Graph } from '../graph/graph.ts'
import { adamW } from '../optim/optimizer.ts'
import { gelu, layerNorm, linear, reshape } from '../ops/index.ts'
import { crossEntropy } from '../tasks/losses.ts'
import { deviceRecord } from './device-records.ts'
import { bundledProviders, type Provider, Session, tensor } from './session.ts'
import { Trainer } from './train.ts'

/** Largest relative difference between a provider's probe loss curve and the CPU's. */
export const TOLERANCE = 1e-3
const STEPS = 4

export interface ProviderCheck {
  readonly provider: Provider
  readonly ok: boolean
  /** Why it cannot be used. */
  readonly problem?: Sentence
  /** Largest relative difference of its losses from the CPU's; null if it gave none. */
  readonly error: number | null
  /** Time of a large matrix product in seconds: distinguishes a graphics card from software rendering. */
  readonly seconds: number
}

/**
 * Trains a small network for a few steps on the provider and on the CPU and compares the losses. A provider can be
 * silently wrong, so none is used before it has agreed with the CPU once in this process.
 */
export function checkProvider(provider: Provider): Promise<ProviderCheck> {
  let known = checks.get(provider)
  if (!known) checks.set(provider, (known = compare(provider)))
  return known
}
const checks = new Map<Provider, Promise<ProviderCheck>>()

/** Checks it anew, whatever was found before; later choices are by this check. */
export function recheckProvider(provider: Provider): Promise<ProviderCheck> {
  checks.delete(provider)
  chosen.clear()
  return checkProvider(provider)
}

async function compare(provider: Provider): Promise<ProviderCheck> {
  try {
    const [expected, found] = [await probe('cpu'), await probe(provider)]
    const error = Math.max(...expected.map((x, i) => Math.abs(x - found[i]!) / Math.abs(x)))
    if (error <= TOLERANCE) return { provider, ok: true, error, seconds: await matmulSeconds(provider) }
    const differs = { device: provider, found: found.at(-1)!, expected: expected.at(-1)!, steps: STEPS }
    return {
      ...{ provider, ok: false, seconds: Infinity, error: Number.isFinite(error) ? error : null },
      problem: sentence('device.differs', differs),
    }
  } catch (e) {
    const reason = errorLine(e).replace(/^.* was false\. /, '')
    return { provider, ok: false, seconds: Infinity, error: null, problem: sentence('device.does-not-start', { device: provider, reason }) }
  }
}

const chosen = new Map<Device, Promise<{ provider: Provider; notes: string[] }>>()

/**
 * The provider to run on. A named one must pass the check, otherwise the choice is refused with the reason; `auto`
 * takes the first that passes and is faster than the CPU. Decided once per process.
 */
export function chooseProvider(device: Device): Promise<{ provider: Provider; notes: string[] }> {
  let choice = chosen.get(device)
  if (!choice) chosen.set(device, (choice = decide(device)))
  return choice
}

async function decide(device: Device): Promise<{ provider: Provider; notes: string[] }> {
  const { chooses, hint } = deviceRecord(device)
  if (device === 'cpu') return { provider: 'cpu', notes: [] }
  const bundled = bundledProviders()
  if (!chooses) {
    if (!bundled.includes(device))
      throw userError(sentence('device.unavailable', { device, devices: bundled.join(', '), hint: hint ? ` (${hint})` : '' }))
    const check = await checkProvider(device)
    if (!check.ok) throw userError(sentence('device.failed', { device, problem: check.problem ?? '' }))
    return { provider: device, notes: [] }
  }
  const notes: string[] = []
  for (const provider of bundled) {
    if (provider === 'cpu') continue
    const check = await checkProvider(provider)
    if (check.ok && check.seconds < (await matmulSeconds('cpu'))) return { provider, notes }
    notes.push(check.problem ? say(check.problem) : `${provider} is slower than the CPU here`)
  }
  return { provider: 'cpu', notes }
}

/** Losses of a few AdamW steps of a two-layer network on fixed data. */
async function probe(provider: Provider): Promise<number[]> {
  const wave = (n: number, k: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * k + k))
  const shapes = new Map([
    ['a.weight', [32, 16]],
    ['a.bias', [32]],
    ['n.weight', [32]],
    ['n.bias', [32]],
    ['b.weight', [4, 32]],
  ])
  const trainer = await Trainer.create(
    {
      build(graph) {
        const w = new Map([...shapes].map(([name, shape]) => [name, graph.input(`w:${name}`, 'float32', shape)]))
        const h = gelu(linear(reshape(graph.input('x', 'float32', [8, 2, 8]), [8, 16]), w.get('a.weight')!, w.get('a.bias')))
        const logits = linear(layerNorm(h, w.get('n.weight')!, w.get('n.bias')!, { eps: 1e-5 }), w.get('b.weight')!)
        const parameters = [...shapes].map(([name, shape]) => ({ name, shape, decay: shape.length > 1 }))
        return { loss: crossEntropy(logits, graph.input('labels', 'int32', [8])), parameters }
      },
    },
    (name) =>
      wave(
        shapes.get(name)!.reduce((a, b) => a * b, 1),
        name.length * 0.37,
      ),
    { optimizer: adamW(), clipNorm: 1, session: { provider } },
  )
  const feeds = {
    x: tensor(wave(128, 0.11), 'float32', [8, 2, 8]),
    labels: tensor(Int32Array.from([0, 1, 2, 3, 3, 2, 1, 0]), 'int32', [8]),
  }
  const losses: number[] = []
  for (let i = 0; i < STEPS; i++) losses.push((await trainer.step(feeds, 0.01)).loss)
  await trainer.release()
  return losses
}

/**
 * Seconds for a [1024, 1024] product; extrapolated from a small one if that is slow, since software rendering would
 * take minutes.
 */
export async function matmulSeconds(provider: Provider): Promise<number> {
  const small = await productSeconds(provider, 128)
  return small > 0.02 ? small * 8 ** 3 : productSeconds(provider, 1024)
}

/** Seconds for an [n, n] product, the best of three. */
async function productSeconds(provider: Provider, n: number): Promise<number> {
  const graph = new Graph()
  const shape = [n, n]
  graph.output('y', linear(graph.input('a', 'float32', shape), graph.input('b', 'float32', shape)))
  const session = await Session.create(graph, { provider })
  const a = tensor(new Float32Array(n * n).fill(0.5), 'float32', shape)
  let best = Infinity
  for (let i = 0; i < 4; i++) {
    const start = performance.now()
    await session.run({ a, b: a })
    if (i > 0) best = Math.min(best, (performance.now() - start) / 1000)
  }
  await session.release()
  return best
}
