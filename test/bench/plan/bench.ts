/**
 * A plan beside what the training then took: parameters, steps, peak memory and seconds, each in a process of its own, on Nano and on
 * a ViT-S of random weights. Memory is what the process held at most over what it held before, with a state saved after every step.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import type { Item, TrainJob } from '#shared/model/job.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { outlineOf } from '../../../src-main/engine/rehearsal/outline.ts'
import { programRoot } from '../../../src-main/program.ts'
import { writeRandom } from '../preview.ts'

const CLASSES = Array.from({ length: 10 }, (_, i) => ({ name: `class ${i}` }))
const MB = 2 ** 20

interface Case {
  readonly model: string
  readonly recipe: string
  readonly settings: Record<string, unknown>
  readonly train: number
}

const cases = (nano: string, small: string): Case[] => [
  { model: nano, recipe: 'lp', settings: {}, train: 96 },
  { model: nano, recipe: 'ft', settings: { epochs: 2, batchSize: 8 }, train: 32 },
  { model: nano, recipe: 'ft', settings: { epochs: 2, batchSize: 32 }, train: 96 },
  { model: nano, recipe: 'ft', settings: { epochs: 2, batchSize: 96 }, train: 192 },
  { model: nano, recipe: 'ft', settings: { epochs: 1, batchSize: 16, accumulate: 2, ema: 0.9 }, train: 64 },
  { model: nano, recipe: 'norm-only', settings: { epochs: 1, batchSize: 32 }, train: 96 },
  { model: nano, recipe: 'lora', settings: { epochs: 1, batchSize: 32 }, train: 96 },
  { model: nano, recipe: 'coop', settings: { epochs: 1, batchSize: 32 }, train: 96 },
  { model: small, recipe: 'lp', settings: {}, train: 96 },
  { model: small, recipe: 'ft', settings: { epochs: 1, batchSize: 8 }, train: 32 },
  { model: small, recipe: 'ft', settings: { epochs: 1, batchSize: 16 }, train: 64 },
  { model: small, recipe: 'ft', settings: { epochs: 1, batchSize: 32 }, train: 96 },
  { model: small, recipe: 'ft', settings: { epochs: 1, batchSize: 64 }, train: 128 },
  { model: small, recipe: 'lora', settings: { epochs: 1, batchSize: 16 }, train: 48 },
  { model: small, recipe: 'norm-only', settings: { epochs: 1, batchSize: 16 }, train: 48 },
]

async function pictures(dir: string, n: number): Promise<Item[]> {
  return Promise.all(
    Array.from({ length: n }, async (_, i): Promise<Item> => {
      const file = path.join(dir, `${i}.png`)
      const data = Uint8Array.from({ length: 160 * 160 * 3 }, (_v, k) => (k * 7919 + i * 101) % 251)
      await sharp(data, { raw: { width: 160, height: 160, channels: 3 } })
        .png()
        .toFile(file)
      return { file, label: i % CLASSES.length }
    }),
  )
}

function trained(job: TrainJob, dir: string) {
  const file = path.join(dir, 'job.json')
  fs.writeFileSync(file, JSON.stringify(job))
  const { stdout, stderr, status } = spawnSync(process.execPath, [path.join(programRoot, 'out', 'tools', 'plan-run.js'), file], {
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  return JSON.parse(stdout) as {
    peak: number
    trained: number
    base: number
    seconds: number
    steps: number
    step: number
    notes: Record<string, unknown>
  }
}

export async function planBench(): Promise<Record<string, number>> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'dashi-bench-'))
  try {
    const small = path.join(dir, 'vit-s')
    await writeRandom(
      small,
      {
        model_type: 'clip',
        projection_dim: 384,
        text_config: {
          vocab_size: 4096,
          hidden_size: 128,
          intermediate_size: 512,
          num_hidden_layers: 2,
          num_attention_heads: 4,
          max_position_embeddings: 32,
          eos_token_id: 1,
          bos_token_id: 0,
        },
        vision_config: {
          hidden_size: 384,
          intermediate_size: 1536,
          num_hidden_layers: 12,
          num_attention_heads: 6,
          image_size: 128,
          patch_size: 16,
          hidden_act: 'gelu',
        },
      },
      { image_processor_type: 'CLIPImageProcessor', size: { shortest_edge: 128 }, crop_size: { height: 128, width: 128 } },
    )
    const items = await pictures(dir, 200)
    let [worst, n] = [0, 0]
    for (const { model, recipe, settings, train } of cases(path.join(programRoot, 'resources', 'nano'), small)) {
      const given = { head: 'random', ...settings }
      const own = ['ft', 'lora', 'norm-only'].includes(recipe) && model === small ? given : settings
      const open = await openModel(model)
      const images = { train, val: 8 }
      const outline = await outlineOf(open, { recipe, settings: own, extent: { classes: CLASSES.map((c) => c.name), images, regions: 0 } })
      open.close()
      const job: TrainJob = {
        kind: 'train',
        model,
        out: path.join(dir, `run-${n++}`),
        recipe,
        settings: own,
        seed: 1,
        device: 'cpu',
        classes: CLASSES,
        splits: { train: items.slice(0, train), val: items.slice(192, 200) },
        dataHash: null,
        cache: path.join(dir, `cache-${n}`),
        saveEverySeconds: 0,
      }
      const found = trained(job, dir)
      const ratio = outline.memory.total / found.peak
      worst = Math.max(worst, Math.abs(Math.log(ratio)))
      const { memory } = outline
      const mb = Object.fromEntries(Object.entries(memory).map(([k, v]) => [k, Math.round(v / MB)]))
      process.stderr.write(
        `${path.basename(model)} ${recipe} ${JSON.stringify(settings)}: planned ${outline.steps} steps, ${mb['total']} MB (${JSON.stringify(mb)}); ` +
          `took ${found.steps} steps of ${Math.round(found.step)} ms, ${Math.round(found.peak / MB)} MB (training ${Math.round(found.trained / MB)}, base ${Math.round(found.base / MB)}): ${ratio.toFixed(2)}\n`,
      )
      fs.rmSync(job.out, { recursive: true, force: true })
    }
    return { worstMemoryRatio: Number(Math.exp(worst).toFixed(3)) }
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}
