/** A uniform soup of eight checkpoints, beside the time that reading their files once takes. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { mergeCheckpoints } from '../../src-main/engine/merge/merge.ts'
import { writeCheckpoint } from '../../src-main/engine/weights/checkpoint.ts'
import type { TensorSource } from '../../src-main/engine/weights/tensors.ts'

/** Megabytes a checkpoint; eight of them lie in the temp folder while this runs. */
const MEGABYTES = Number(process.env['DASHI_BENCH_SOUP_MB'] ?? 350)
const COUNT = 8
const REPEATS = 3

/** Shapes in the proportions of a CLIP: a few large embeddings, matrices, many small vectors. */
function shapes(bytes: number): Map<string, number[]> {
  const width = 768
  const shapes = new Map<string, number[]>([['text_model.embeddings.token_embedding.weight', [Math.round(bytes * 0.28 / 4 / width), width]]])
  let left = bytes / 4 - shapes.get('text_model.embeddings.token_embedding.weight')![0]! * width
  for (let layer = 0; left > 12 * width * width; layer++) {
    const at = `vision_model.encoder.layers.${layer}`
    for (const p of ['q_proj', 'k_proj', 'v_proj', 'out_proj']) {
      shapes.set(`${at}.self_attn.${p}.weight`, [width, width])
      shapes.set(`${at}.self_attn.${p}.bias`, [width])
    }
    shapes.set(`${at}.mlp.fc1.weight`, [4 * width, width]).set(`${at}.mlp.fc1.bias`, [4 * width])
    shapes.set(`${at}.mlp.fc2.weight`, [width, 4 * width]).set(`${at}.mlp.fc2.bias`, [width])
    for (const p of ['layer_norm1', 'layer_norm2']) shapes.set(`${at}.${p}.weight`, [width]).set(`${at}.${p}.bias`, [width])
    left -= 12 * width * width + 13 * width
  }
  return shapes.set('rest.weight', [Math.max(1, Math.round(left / width)), width])
}

function randomTensors(spec: ReadonlyMap<string, number[]>, seed: number): TensorSource {
  let state = seed
  const noise = new Float32Array(1 << 20).map(() => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32 - 0.5) * 0.1)
  return {
    specs: [...spec].map(([name, shape]) => ({ name, dtype: 'F32', shape })),
    *produce({ shape }) {
      const n = shape.reduce((a, b) => a * b, 1)
      for (let i = 0; i < n; i += noise.length) yield noise.subarray(0, Math.min(noise.length, n - i))
    },
  }
}

/** Reads every byte of `files` once, sequentially, `step` bytes at a time. @returns bytes read */
function readOnce(files: readonly string[], step = 16 << 20): number {
  const buffer = new Uint8Array(step)
  let total = 0
  for (const file of files) {
    const fd = fs.openSync(file, 'r')
    for (let n; (n = fs.readSync(fd, buffer, 0, buffer.length, null)) > 0; ) total += n
    fs.closeSync(fd)
  }
  return total
}

const median = (xs: number[]) => [...xs].sort((a, b) => a - b)[xs.length >> 1]!
/** Wall-clock and processor seconds; the latter say something on a machine that is busy with other things too. */
async function seconds(work: () => unknown) {
  const cpu0 = process.cpuUsage()
  const t0 = performance.now()
  await work()
  const { user, system } = process.cpuUsage(cpu0)
  return { wall: (performance.now() - t0) / 1000, cpu: (user + system) / 1e6 }
}

/**
 * Keys: `soupReadSeconds`, `soupMergeSeconds` (medians of runs that alternate, so that both find the same cache), `soupRatio`
 * (aim: ≤ 1.5), `soupReadCachedSeconds` (the same reading into a buffer that stays in the processor's cache, so that the data never
 * arrive in memory: the lower bound), the processor seconds of both, `soupPeakExtraMB` (resident memory over that before), `soupLargestTensorMB` (aim: peak under 4 of these),
 * `soupCheckpointMB`.
 */
export async function soupBench(): Promise<Record<string, number>> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'dashi-soup-'))
  try {
    const spec = shapes(MEGABYTES * 1e6)
    const dirs = Array.from({ length: COUNT }, (_, k) => path.join(dir, `checkpoint-${k}`))
    const record = { base: null, recipe: null, seed: null, dataHash: null, device: null, metrics: {}, templates: [], classes: [] }
    for (const [k, d] of dirs.entries()) await writeCheckpoint(d, { config: { model_type: 'bench' }, sign: false, weights: randomTensors(spec, k + 1), record })
    const files = dirs.map((d) => path.join(d, 'model.safetensors'))
    const out = path.join(dir, 'soup')
    const merge = () => mergeCheckpoints({ method: { name: 'uniform' }, ingredients: dirs, out })
    readOnce(files)
    const before = process.memoryUsage.rss()
    let peak = before
    const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5)
    const reads: { wall: number; cpu: number }[] = []
    const cached: typeof reads = []
    const merges: typeof reads = []
    for (let i = 0; i < REPEATS; i++) {
      reads.push(await seconds(() => readOnce(files)))
      cached.push(await seconds(() => readOnce(files, 1 << 20)))
      merges.push(await seconds(merge))
    }
    clearInterval(watch)
    const wall = (xs: typeof reads) => median(xs.map((x) => x.wall))
    const cpu = (xs: typeof reads) => median(xs.map((x) => x.cpu))
    return {
      soupReadSeconds: wall(reads),
      soupMergeSeconds: wall(merges),
      soupRatio: wall(merges) / wall(reads),
      soupReadCachedSeconds: wall(cached),
      soupReadCpuSeconds: cpu(reads),
      soupMergeCpuSeconds: cpu(merges),
      soupPeakExtraMB: (peak - before) / 1e6,
      soupLargestTensorMB: Math.max(...[...spec.values()].map((s) => s[0]! * s[1]! * 4).filter(Number.isFinite)) / 1e6,
      soupCheckpointMB: fs.statSync(files[0]!).size / 1e6,
    }
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}
