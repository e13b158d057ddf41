/** A uniform soup of eight checkpoints, beside the time that reading their files once takes, and writing one of them. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Helper } from '../../src-main/engine/merge/together.ts'
import { mergeCheckpoints } from '../../src-main/engine/merge/merge.ts'
import { writeSafetensors } from '../../src-main/engine/weights/safetensors.ts'
import type { TensorsToWrite } from '../../src-main/engine/weights/written.ts'

/** Megabytes a checkpoint; eight of them lie in the temp folder while this runs. */
const MEGABYTES = Number(process.env['DASHI_BENCH_SOUP_MB'] ?? 350)
const COUNT = 8
const REPEATS = 5

/** Shapes in the proportions of a CLIP: a few large embeddings, matrices, many small vectors. */
function shapes(bytes: number): Map<string, number[]> {
  const width = 768
  const shapes = new Map<string, number[]>([
    ['text_model.embeddings.token_embedding.weight', [Math.round((bytes * 0.28) / 4 / width), width]],
  ])
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

let state = 1
const noise = new Float32Array((1 << 20) + COUNT).map(
  () => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32 - 0.5) * 0.1,
)

/** The noise from its `k`-th number on, over and over. Makes no garbage that a later look at the memory would count. */
const noiseTensors = (spec: ReadonlyMap<string, number[]>, k: number): TensorsToWrite => ({
  specs: [...spec].map(([name, shape]) => ({ name, dtype: 'F32', shape })),
  *produce({ shape }) {
    const n = shape.reduce((a, b) => a * b, 1)
    for (let i = 0; i < n; i += 1 << 20) yield noise.subarray(k, k + Math.min(1 << 20, n - i))
  },
})

/** Reads every byte of `files` once, sequentially. */
function readOnce(files: readonly string[]) {
  const buffer = new Uint8Array(16 << 20)
  for (const file of files) {
    const fd = fs.openSync(file, 'r')
    while (fs.readSync(fd, buffer, 0, buffer.length, null) > 0);
    fs.closeSync(fd)
  }
}

/** Writes a file of `bytes`, and waits until the device has it. */
function writeOnce(file: string, bytes: number) {
  const buffer = new Uint8Array(1 << 20)
  const fd = fs.openSync(file, 'w')
  for (let left = bytes; left > 0; left -= buffer.length) fs.writeSync(fd, buffer, 0, Math.min(left, buffer.length))
  fs.fsyncSync(fd)
  fs.closeSync(fd)
}

/** Makes the system forget what it holds of files, where this process may (root on Linux). @returns whether it did */
function dropCaches(): boolean {
  try {
    fs.writeFileSync('/proc/sys/vm/drop_caches', '1')
    return true
  } catch {
    return false
  }
}

const median = (xs: readonly number[]) => [...xs].sort((a, b) => a - b)[xs.length >> 1]!

interface Timed {
  readonly wall: number
  readonly cpu: number
}

/** Wall-clock and processor seconds; the latter say something on a machine that is busy with other things too. */
async function seconds(work: () => unknown): Promise<Timed> {
  const cpu0 = process.cpuUsage()
  const t0 = performance.now()
  await work()
  const { user, system } = process.cpuUsage(cpu0)
  return { wall: (performance.now() - t0) / 1000, cpu: (user + system) / 1e6 }
}

/** The most resident memory during `work` over that before it, in bytes. */
async function peakOf(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage.rss()
  let peak = before
  const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 5)
  await work()
  clearInterval(watch)
  return peak - before
}

/**
 * All times are medians of runs that alternate, each into a folder that is not there yet.
 *
 * From the page cache (the files were just read): `soupReadSeconds`, `soupMergeSeconds`, `soupRatio`; `soupMergeAloneSeconds`,
 * without the second thread; `soupWriteSeconds`, the floor: a file as large as the result, written and fsynced, nothing else;
 * and the processor seconds of reading and merging. The aim of 1.5 is not to be had here: the cache is read at memory
 * speed, so that the floor by itself takes about as long as reading all eight (`soupWriteRatio`: floor over reading), and
 * reading and the floor together are over 1.5 before one number is added.
 *
 * From the device, where this process may empty the page cache (root on Linux; left out elsewhere): `soupColdReadSeconds`,
 * `soupColdMergeSeconds`, `soupColdRatio` (aim: ≤ 1.5). This is what somebody meets whose checkpoints lie on a disk.
 *
 * `soupPeakExtraMB`: resident memory over that before, in a run that is not timed; `soupLargestTensorMB` (aim: peak under 4
 * of these); `soupCheckpointMB`.
 */
export async function soupBench(helper: Helper): Promise<Record<string, number>> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'dashi-soup-'))
  try {
    const spec = shapes(MEGABYTES * 1e6)
    const dirs = Array.from({ length: COUNT }, (_, k) => path.join(dir, `checkpoint-${k}`))
    const files = dirs.map((d) => path.join(d, 'model.safetensors'))
    for (const [k, d] of dirs.entries()) {
      fs.mkdirSync(d)
      fs.writeFileSync(path.join(d, 'config.json'), '{"model_type":"bench"}')
      await writeSafetensors(files[k]!, noiseTensors(spec, k))
    }
    const bytes = fs.statSync(files[0]!).size
    const out = path.join(dir, 'soup')
    const merge = (helper?: Helper) => mergeCheckpoints({ method: { name: 'uniform' }, ingredients: dirs, out, helper })
    const works = {
      read: () => readOnce(files),
      write: () => writeOnce(out, bytes),
      merge: () => merge(helper),
      alone: () => merge(),
    }
    const timed: Record<string, Timed[]> = {}
    const time = async (key: string, work: () => unknown) => {
      ;(timed[key] ??= []).push(await seconds(work))
      fs.rmSync(out, { recursive: true, force: true })
    }
    const peak = await peakOf(() => merge(helper))
    fs.rmSync(out, { recursive: true })
    readOnce(files)
    for (let i = 0; i < REPEATS; i++) for (const [key, work] of Object.entries(works)) await time(key, work)
    if (dropCaches())
      for (let i = 0; i < REPEATS; i++)
        for (const key of ['read', 'merge'] as const) {
          dropCaches()
          await time(`cold-${key}`, works[key])
        }
    const wall = (key: string) => median(timed[key]!.map((x) => x.wall))
    const cpu = (key: string) => median(timed[key]!.map((x) => x.cpu))
    return {
      soupReadSeconds: wall('read'),
      soupWriteSeconds: wall('write'),
      soupMergeSeconds: wall('merge'),
      soupMergeAloneSeconds: wall('alone'),
      soupRatio: wall('merge') / wall('read'),
      soupWriteRatio: wall('write') / wall('read'),
      soupReadCpuSeconds: cpu('read'),
      soupMergeCpuSeconds: cpu('merge'),
      ...(timed['cold-read'] && {
        soupColdReadSeconds: wall('cold-read'),
        soupColdMergeSeconds: wall('cold-merge'),
        soupColdRatio: wall('cold-merge') / wall('cold-read'),
      }),
      soupPeakExtraMB: peak / 1e6,
      soupLargestTensorMB: Math.max(...[...spec.values()].map((s) => s.reduce((a, b) => a * b, 4))) / 1e6,
      soupCheckpointMB: bytes / 1e6,
    }
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}
