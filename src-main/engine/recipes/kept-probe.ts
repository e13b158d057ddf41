/** Linear probes that were solved before, on disk beside the features they were solved on. */
import { createHash } from 'node:crypto'
import path from 'node:path'
import { z } from 'zod'
import { fingerprint } from '../data/cache.ts'
import { Encodings } from '../data/encodings.ts'

export interface KeptProbe {
  /** [classes, dim] and [classes], on raw features. */
  readonly weight: Float32Array
  readonly bias: Float32Array
  readonly c: number
  /** Of each value of C that was tried. */
  readonly objectives: number[]
}

/** Everything that the solution depends on, and nothing else: not where the images are, nor what the classes are called. */
interface Problem {
  readonly features: Float32Array
  readonly labels: Int32Array
  readonly judged: Float32Array
  readonly judgedLabels: Int32Array
  readonly settings: Readonly<Record<string, number>>
}

/** Of all probes together; the least recently used go first. */
const MOST_BYTES = 64 << 20
const VERSION = 2
const meta = z.object({ c: z.number(), objectives: z.array(z.number()) })

const hash = ({ buffer, byteOffset, byteLength }: Float32Array | Int32Array) =>
  createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex')

/** @param cache the folder of cached features; nothing is kept without one */
export function keptProbe(cache: string, { features, labels, judged, judgedLabels, settings }: Problem) {
  const store = cache ? new Encodings({ folder: path.join(cache, 'probes'), bytes: MOST_BYTES }) : undefined
  const key = fingerprint({ version: VERSION, data: [features, labels, judged, judgedLabels].map(hash), settings })
  return {
    async get(): Promise<KeptProbe | undefined> {
      const found = await store?.get(key)
      const parsed = meta.safeParse(found?.meta)
      const [weight, bias] = [found?.tensors['weight'], found?.tensors['bias']]
      return parsed.success && weight && bias ? { ...parsed.data, weight: weight.data, bias: bias.data } : undefined
    },
    async put({ weight, bias, c, objectives }: KeptProbe): Promise<void> {
      const dims = [bias.length, weight.length / bias.length]
      await store?.put(key, {
        meta: { c, objectives },
        tensors: { weight: { dims, data: weight }, bias: { dims: [bias.length], data: bias } },
      })
    },
  }
}
