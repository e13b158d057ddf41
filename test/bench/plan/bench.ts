/**
 * A plan beside what the training then took: parameters, steps, peak memory and seconds, each in a process of its own, on Nano and on
 * a ViT-S of random weights. Memory is what the process held at most over what it held before, with a state saved after every step.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import type { Item, Job, TrainJob } from '#shared/model/job.ts'
import type { Pace } from '#shared/model/outline.ts'
import { secondsOf } from '../../../src-main/app/training/plan/paces.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { outlineOf } from '../../../src-main/engine/rehearsal/outline.ts'
import { programRoot } from '../../../src-main/program.ts'
import { writeSmallClip } from '../small-clip.ts'

export const CLASSES = Array.from({ length: 10 }, (_, i) => ({ name: `class ${i}` }))
export const MB = 2 ** 20

interface Case {
  readonly model: string
  readonly recipe: string
  readonly settings: Record<string, unknown>
  readonly train: number
  /** Compare its time as well: it is long enough for that. */
  readonly timed?: true
}

const cases = (nano: string, small: string): Case[] => [
  { model: nano, recipe: 'lp', settings: {}, train: 192, timed: true },
  { model: nano, recipe: 'ft', settings: { epochs: 2, batchSize: 8 }, train: 32 },
  { model: nano, recipe: 'ft', settings: { epochs: 8, batchSize: 32 }, train: 192, timed: true },
  { model: nano, recipe: 'ft', settings: { epochs: 2, batchSize: 96 }, train: 192 },
  { model: nano, recipe: 'ft', settings: { epochs: 1, batchSize: 16, accumulate: 2, ema: 0.9 }, train: 64 },
  { model: nano, recipe: 'norm-only', settings: { epochs: 1, batchSize: 32 }, train: 96 },
  { model: nano, recipe: 'lora', settings: { epochs: 1, batchSize: 32 }, train: 96 },
  { model: nano, recipe: 'coop', settings: { epochs: 1, batchSize: 32 }, train: 96 },
  { model: small, recipe: 'lp', settings: {}, train: 96 },
  { model: small, recipe: 'ft', settings: { epochs: 1, batchSize: 8, head: 'random' }, train: 32 },
  { model: small, recipe: 'ft', settings: { epochs: 4, batchSize: 16, head: 'random' }, train: 96, timed: true },
  { model: small, recipe: 'ft', settings: { epochs: 1, batchSize: 32, head: 'random' }, train: 96 },
  { model: small, recipe: 'lora', settings: { epochs: 1, batchSize: 16, head: 'random' }, train: 48 },
  { model: small, recipe: 'norm-only', settings: { epochs: 1, batchSize: 16, head: 'random' }, train: 48 },
]

export async function pictures(dir: string, n: number): Promise<Item[]> {
  return Promise.all(
    Array.from({ length: n }, async (_, i): Promise<Item> => {
      const file = path.join(dir, `${i}.png`)
      const data = Uint8Array.from({ length: 160 * 160 * 3 }, (_v, k) => (k * 7919 + i * 101) % 251)
      await sharp(data, { raw: { width: 160, height: 160, channels: 3 } })
        .png()
        .toFile(file)
      return { file, label: i % CLASSES.length, captions: [`picture ${i}`] }
    }),
  )
}

interface Took {
  readonly peak: number
  readonly seconds: number
  readonly step?: number
  readonly notes?: Record<string, unknown>
  readonly pace?: Pace
}

export function ran(job: Job, dir: string): Took {
  const file = path.join(dir, 'job.json')
  fs.writeFileSync(file, JSON.stringify(job))
  const program = path.join(programRoot, 'out', 'tools', 'plan-run.js')
  const { stdout, stderr, status } = spawnSync(process.execPath, [program, file], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as Took
}

/** @param only a part of the names of the cases to measure, e.g. `nano-lp`; all by default */
export async function planBench(only = ''): Promise<Record<string, number>> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'dashi-bench-'))
  try {
    const small = path.join(dir, 'vit-s')
    await writeSmallClip(small, 128)
    const items = await pictures(dir, 200)
    const ratios: Record<string, number> = {}
    const [memory, time]: [number[], number[]] = [[], []]
    for (const [n, { model, recipe, settings, train, timed }] of cases(path.join(programRoot, 'resources', 'nano'), small).entries()) {
      const name = `${path.basename(model)}-${recipe}-${String(settings['batchSize'] ?? '')}`
      if (!name.includes(only)) continue
      const open = await openModel(model)
      const images = { train, val: 8 }
      const outline = await outlineOf(open, { recipe, settings, extent: { classes: CLASSES.map((c) => c.name), images, regions: 0 } })
      open.close()
      const job: TrainJob = {
        ...{ kind: 'train', model, recipe, settings, seed: 1, device: 'cpu', classes: CLASSES, dataHash: null },
        out: path.join(dir, `run-${n}`),
        splits: { train: items.slice(0, train), val: items.slice(192, 200) },
        cache: path.join(dir, `cache-${n}`),
        saveEverySeconds: timed ? 30 : 0,
      }
      const rehearsal = () => secondsOf(ran({ ...job, kind: 'rehearse' }, dir).pace!, outline, images)
      // Before and after, since other programs use this machine too.
      const planned = timed && [rehearsal()]
      const took = ran(job, dir)
      planned?.push(rehearsal())
      const ratio = outline.memory.total / took.peak
      memory.push(ratio)
      ratios[`${name}Memory`] = Number(ratio.toFixed(2))
      const expected = planned && (planned[0]! + planned[1]!) / 2
      if (expected) time.push((ratios[`${name}Time`] = Number((expected / took.seconds).toFixed(2))))
      process.stderr.write(
        `${name}: ${outline.steps} steps planned, ${String(took.notes?.['steps'] ?? 0)} made; ` +
          `${Math.round(outline.memory.total / MB)} MB planned, ${Math.round(took.peak / MB)} held; ` +
          `${planned ? planned.map((s) => s.toFixed(1)).join(' and ') : '-'} s planned, ${took.seconds.toFixed(1)} taken\n`,
      )
      fs.rmSync(job.out, { recursive: true, force: true })
    }
    const within = (xs: number[], share: number) => xs.filter((x) => x >= 1 - share && x <= 1 + share).length / xs.length
    return { ...ratios, memoryWithin20: Number(within(memory, 0.2).toFixed(2)), timeWithin30: Number(within(time, 0.3).toFixed(2)) }
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}
