/** A sweep of six runs beside one run: what the runs share is computed once. */
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import type { Item, TrainJob } from '../../src-shared/model/job.ts'
import { Rng } from '../../src-main/engine/data/rng.ts'
import { runJob } from '../../src-main/engine/jobs/run-job.ts'
import { programRoot } from '../../src-main/program.ts'

const CLASSES = 8
const SPLITS = { train: 24, val: 8, heldOut: 8, id: 12, ood: 12 }
/** As a photograph from a phone, scaled down for sharing. */
const [WIDTH, HEIGHT] = [1600, 1200]

/** JPEGs whose class can be told by their colours, in the splits of the sample. @param share of the images of each split */
async function pictures(dir: string, share: number): Promise<Record<string, Item[]>> {
  const splits: Record<string, Item[]> = {}
  for (const [s, [split, perClass]] of Object.entries(SPLITS).entries())
    splits[split] = await Promise.all(
      Array.from({ length: share * perClass * CLASSES }, async (_, i): Promise<Item> => {
        const rng = Rng.of(s, i)
        const label = i % CLASSES
        const pixels = Uint8Array.from({ length: 40 * 30 * 3 }, (_, k) => 128 + 60 * Math.sin(label + (k % 3)) + 60 * (rng.uniform() - 0.5))
        const file = path.join(dir, `${split}-${i}.jpg`)
        const raw = { raw: { width: 40, height: 30, channels: 3 as const } }
        await sharp(pixels, raw).resize(WIDTH, HEIGHT).jpeg().toFile(file)
        return { file, label, hash: `${split}-${i}` }
      }),
    )
  return splits
}

/** What is varied in each sweep: six runs of it. */
const sweeps: Record<
  string,
  { readonly recipe: string; readonly settings: object; readonly varied: readonly { settings?: object; seed?: number }[] }
> = {
  /** Probes that differ in how hard they are solved: features are shared. */
  Lp: { recipe: 'lp', settings: {}, varied: [100, 200, 400, 600, 800, 1000].map((iterations) => ({ settings: { iterations } })) },
  /** Ingredients of a soup, two epochs each: features, the probe and the decoded images are shared. */
  LpFt: {
    recipe: 'lp-ft',
    settings: { epochs: 2 },
    varied: [3e-5, 1e-4].flatMap((lr) => [0, 1, 2].map((seed) => ({ settings: { lr }, seed }))),
  },
}

/**
 * For each sweep: `one…Seconds` of a run by itself, `six…Seconds` of six, and their ratio (aim: ≤ 4 where features and the
 * probe are shared); the same by processor time, which says more on a busy machine. Each starts with an empty cache.
 * @param fast a quarter of the images
 */
export async function sweepBench(fast = false): Promise<Record<string, number>> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'dashi-sweep-'))
  try {
    const figures: Record<string, number> = {}
    const photographs = await pictures(dir, fast ? 1 / 4 : 1)
    let round = 0
    const train = async (name: string, count: number) => {
      const { recipe, settings, varied } = sweeps[name]!
      const place = path.join(dir, `${name}-${count}`)
      round++
      // Other hashes, so that no image is decoded already.
      const splits = Object.fromEntries(
        Object.entries(photographs).map(([s, items]) => [s, items.map((i) => ({ ...i, hash: `${i.hash} ${round}` }))]),
      )
      const [started, cpu] = [performance.now(), process.cpuUsage()]
      for (const [i, { settings: own, seed = 0 }] of varied.slice(0, count).entries())
        await runJob(
          {
            ...{ kind: 'train', model: path.join(programRoot, 'resources', 'nano'), out: path.join(place, String(i)), recipe, seed },
            ...{ settings: { ...settings, ...own }, device: 'cpu', splits, dataHash: null, cache: path.join(place, 'cache') },
            ...{ classes: Array.from({ length: CLASSES }, (_, c) => ({ name: `class ${c}` })), saveEverySeconds: 60 },
          } as TrainJob,
          { onProgress: () => undefined, isCancelled: () => false },
        )
      const { user, system } = process.cpuUsage(cpu)
      return { wall: (performance.now() - started) / 1000, cpu: (user + system) / 1e6 }
    }
    await train('Lp', 1) // the first use of the libraries
    fs.rmSync(path.join(dir, 'Lp-1'), { recursive: true })
    for (const name of Object.keys(sweeps)) {
      const one = await train(name, 1)
      const six = await train(name, 6)
      figures[`one${name}Seconds`] = one.wall
      figures[`six${name}Seconds`] = six.wall
      figures[`sweep${name}Ratio`] = six.wall / one.wall
      figures[`sweep${name}CpuRatio`] = six.cpu / one.cpu
    }
    return figures
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}
