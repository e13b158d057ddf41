import fs from 'node:fs'
import path from 'node:path'
import { clipTensors } from '../../src-main/engine/models/clip.ts'
import { clipConfigSchema } from '../../src-main/engine/models/clip-config.ts'
import { sizeOf } from '../../src-main/engine/graph/graph.ts'
import { writeSafetensors } from '../../src-main/engine/weights/safetensors.ts'
import { fromMemory } from '../../src-main/engine/weights/tensors.ts'
import { programRoot } from '../../src-main/program.ts'

/**
 * A model of the size of OpenAI's CLIP ViT-B/32: 151 million random weights, with Nano's tokenizer.
 * @returns the number of weights
 */
export async function writeLargeClip(dir: string): Promise<number> {
  fs.cpSync(path.join(programRoot, 'resources', 'nano'), dir, {
    recursive: true,
    filter: (f) => !/(safetensors|dashi\.json|README\.md|curve\..*)$/.test(f),
  })
  const preparation = path.join(dir, 'preprocessor_config.json')
  const size = { size: { shortest_edge: 224 }, crop_size: { height: 224, width: 224 } }
  fs.writeFileSync(preparation, JSON.stringify({ ...(JSON.parse(fs.readFileSync(preparation, 'utf8')) as object), ...size }))
  const { eos_token_id } = (JSON.parse(fs.readFileSync(path.join(dir, 'config.json'), 'utf8')) as { text_config: { eos_token_id: number } })
    .text_config
  const config = {
    model_type: 'clip',
    projection_dim: 512,
    logit_scale_init_value: 2.6592,
    text_config: { eos_token_id },
    vision_config: {},
  } // sizes are the schema's defaults
  fs.writeFileSync(path.join(dir, 'config.json'), JSON.stringify(config))
  let state = 1
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32 - 0.5
  let count = 0
  const tensors = new Map(
    [...clipTensors(clipConfigSchema.parse(config)).shapes()].map(([name, shape]) => {
      const data = new Float32Array(sizeOf(shape))
      count += data.length
      if (name === 'logit_scale') data.fill(2.6592)
      else if (/norm\d?\.weight$/.test(name)) data.fill(1)
      else if (!name.endsWith('.bias')) for (let i = 0; i < data.length; i++) data[i] = random() * 0.07
      return [name, { shape, data }]
    }),
  )
  await writeSafetensors(path.join(dir, 'model.safetensors'), fromMemory(tensors), { format: 'pt' })
  return count
}
