/**
 * The memory of training large models: what a process held at most for two steps, all included, beside what was planned, and beside PyTorch
 * where DASHI_PYTHON names a Python that has it (memory.py). The models have random weights: CLIP of ViT-B/32's size (151 M parameters) and
 * of ViT-L/14’s (428 M). A step’s time is the second’s.
 */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { openModel } from '../../src-main/engine/models/checkpoint.ts'
import { outlineOf } from '../../src-main/engine/rehearsal/outline.ts'
import { programRoot } from '../../src-main/program.ts'
import { CLASSES, MB, pictures, ran } from './plan/bench.ts'
import { writeRandom } from './preview.ts'

const MODELS: Readonly<Record<string, object>> = {
  b32: {},
  l14: {
    projection_dim: 768,
    text_config: { hidden_size: 768, intermediate_size: 3072, num_attention_heads: 12 },
    vision_config: { hidden_size: 1024, intermediate_size: 4096, num_hidden_layers: 24, num_attention_heads: 16, patch_size: 14 },
  },
}

interface Case {
  readonly recipe: string
  readonly model: string
  readonly batch: number
  readonly checkpointing?: true
}

const CASES: readonly Case[] = [
  { recipe: 'lora', model: 'l14', batch: 8, checkpointing: true },
  { recipe: 'lora', model: 'l14', batch: 8 },
  { recipe: 'ft', model: 'b32', batch: 32, checkpointing: true },
  { recipe: 'ft', model: 'b32', batch: 32 },
  { recipe: 'captions', model: 'b32', batch: 32, checkpointing: true },
  { recipe: 'captions', model: 'b32', batch: 32 },
  { recipe: 'lora', model: 'b32', batch: 32, checkpointing: true },
  { recipe: 'lora', model: 'b32', batch: 32 },
  { recipe: 'coop', model: 'b32', batch: 32 },
]
const nameOf = ({ model, recipe, checkpointing }: Case) => `${model}-${recipe}${checkpointing ? '-checkpointed' : ''}`
/** Recipes that memory.py knows. */
const COMPARED = new Set(['lora', 'ft', 'captions'])
const STEPS = 2

/** @param only a part of the names of the cases to measure; all by default */
export async function memoryBench(only = ''): Promise<Record<string, number>> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'dashi-bench-'))
  const figures: Record<string, number> = {}
  try {
    for (const of of CASES) {
      const name = nameOf(of)
      if (!name.includes(only)) continue
      const own = await ours(dir, of)
      Object.assign(figures, {
        [`${name}Gigabytes`]: gigabytes(own.peak),
        [`${name}Planned`]: gigabytes(own.planned),
        [`${name}Step`]: own.step,
      })
      process.stderr.write(`${name}: ${gigabytes(own.peak)} GB held, ${gigabytes(own.planned)} planned (${own.parts}), `)
      process.stderr.write(`${own.step.toFixed(1)} s of processor time a step\n`)
      if (!process.env['DASHI_PYTHON'] || !COMPARED.has(of.recipe)) continue
      const theirs = pytorch(process.env['DASHI_PYTHON'], of)
      Object.assign(figures, { [`${name}PytorchGigabytes`]: gigabytes(theirs.peak), [`${name}PytorchStep`]: theirs.step })
      process.stderr.write(`${name}: PyTorch ${gigabytes(theirs.peak)} GB, ${theirs.step.toFixed(1)} s\n`)
    }
    return figures
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}

const gigabytes = (bytes: number) => Number((bytes / 1e9).toFixed(2))

async function ours(dir: string, of: Case) {
  const { recipe, model: id, batch, checkpointing = false } = of
  const model = path.join(dir, id)
  const side = { height: 224, width: 224 }
  const preprocessor = { image_processor_type: 'CLIPImageProcessor', size: { shortest_edge: 224 }, crop_size: side }
  if (!fs.existsSync(model)) await writeRandom(model, { model_type: 'clip', ...MODELS[id] }, preprocessor)
  const settings = { epochs: 1, batchSize: batch, checkpointing }
  const n = STEPS * batch
  const open = await openModel(model)
  const extent = { classes: CLASSES.map((c) => c.name), images: { train: n }, regions: 0 }
  const { memory } = await outlineOf(open, { recipe, settings, extent })
  open.close()
  const out = path.join(dir, `run-${nameOf(of)}`)
  const { peak, step = 0 } = ran(
    {
      ...{ kind: 'train', model, recipe, settings, seed: 1, device: 'cpu', classes: CLASSES, dataHash: null, out },
      ...{ splits: { train: await pictures(dir, n) }, cache: path.join(dir, `cache-${nameOf(of)}`), saveEverySeconds: 1e6 },
    },
    dir,
  )
  fs.rmSync(out, { recursive: true, force: true })
  const parts = Object.entries(memory).map(([part, bytes]) => `${part} ${Math.round(bytes / MB)}`)
  return { peak, step, planned: memory.total, parts: `in MB: ${parts.join(', ')}` }
}

const told = z.object({ peak: z.number(), step: z.number() })

function pytorch(python: string, { recipe, model, batch, checkpointing }: Case) {
  const given = [recipe, model, String(batch), String(STEPS), ...(checkpointing ? ['checkpointing'] : [])]
  return told.parse(
    JSON.parse(execFileSync(python, [path.join(programRoot, 'test', 'bench', 'memory.py'), ...given], { encoding: 'utf8' })),
  )
}
