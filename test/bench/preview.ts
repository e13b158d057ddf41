import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { Detecting } from '../../src-main/engine/detection/detecting.ts'
import { sizeOf } from '../../src-main/engine/graph/graph.ts'
import { openModel } from '../../src-main/engine/models/checkpoint.ts'
import { architectureOf } from '../../src-main/engine/models/families.ts'
import { writeSafetensors } from '../../src-main/engine/weights/safetensors.ts'
import { fromMemory } from '../../src-main/engine/weights/tensors.ts'
import { programRoot } from '../../src-main/program.ts'

interface Config extends Record<string, unknown> {
  readonly vision_config: { readonly image_size: number } & Record<string, unknown>
}

/** A model of random weights with Nano's tokenizer. `config`: what differs from transformers' defaults. */
export async function writeRandom(dir: string, config: Record<string, unknown>, preprocessor: object): Promise<void> {
  fs.cpSync(path.join(programRoot, 'resources', 'nano'), dir, {
    recursive: true,
    filter: (f) => !/\.(safetensors|md|csv|svg)$|dashi\.json$/.test(f),
  })
  fs.writeFileSync(path.join(dir, 'config.json'), JSON.stringify(config))
  fs.writeFileSync(path.join(dir, 'preprocessor_config.json'), JSON.stringify(preprocessor))
  let state = 1
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32 - 0.5
  const tensors = [...architectureOf(config).tensors].map(([name, { shape, kind }]) => {
    const data = new Float32Array(sizeOf(shape))
    if (kind === 'norm') data.fill(name.endsWith('.weight') ? 1 : 0)
    else if (kind !== 'bias' && kind !== 'scalar') for (let i = 0; i < data.length; i++) data[i] = random() * 0.07
    return [name, { shape, data }] as const
  })
  await writeSafetensors(path.join(dir, 'model.safetensors'), fromMemory(new Map(tensors)), { format: 'pt' })
}

function writeDetector(dir: string, config: Config): Promise<void> {
  const side = config.vision_config.image_size
  const size = { height: side, width: side }
  return writeRandom(dir, { model_type: 'owlv2', ...config }, { image_processor_type: 'Owlv2ImageProcessor', size })
}

const median = (xs: number[]) => [...xs].sort((a, b) => a - b)[Math.floor(xs.length / 2)]!

/** Milliseconds of the median of `times` calls. */
export async function timed(times: number, call: (i: number) => Promise<unknown>): Promise<number> {
  const took: number[] = []
  for (let i = 0; i < times; i++) {
    const start = performance.now()
    await call(i)
    took.push(performance.now() - start)
  }
  return Number(median(took).toFixed(1))
}

const words = (...names: string[]) => ({ classes: names.map((name) => ({ name })) })

/** What a user waits for: a first image, another image, other words on it, the same words again with another threshold. */
async function figures(dir: string, prefix: string, images: number): Promise<Record<string, number>> {
  const files = await Promise.all(
    Array.from({ length: images + 1 }, async (_, i) => {
      const file = path.join(dir, `${i}.png`)
      const noise = { type: 'gaussian', mean: 128, sigma: 20 + i } as const
      await sharp({ create: { width: 640, height: 480, channels: 3, background: '#888', noise } })
        .png()
        .toFile(file)
      return file
    }),
  )
  const model = await openModel(dir)
  const detecting = Detecting.with(model, 'bench')
  const first = await timed(1, () => detecting.find(files[0]!, words('dog', 'red apple', 'wheel')))
  const image = await timed(images, (i) => detecting.find(files[i + 1]!, words('dog', 'red apple', 'wheel')))
  const other = await timed(9, (i) => detecting.find(files[1]!, words(`dog ${i}`, `apple ${i}`, `wheel ${i}`)))
  const again = await timed(9, (i) => detecting.find(files[1]!, words('dog', 'red apple', 'wheel'), { threshold: i / 10 }))
  await detecting.release()
  model.close()
  return { [`${prefix}FirstMs`]: first, [`${prefix}ImageMs`]: image, [`${prefix}WordsMs`]: other, [`${prefix}ThresholdMs`]: again }
}

/** A detector of Nano's size, then one of the size of OWLv2-B/16 (3600 boxes), and the process's memory after each. */
export async function previewBench(): Promise<Record<string, number>> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'dashi-bench-'))
  const megabytes = () => Math.round(process.resourceUsage().maxRSS / 1024)
  try {
    const small = path.join(dir, 'small')
    await writeDetector(small, {
      projection_dim: 192,
      text_config: { hidden_size: 192, intermediate_size: 768, num_hidden_layers: 4, num_attention_heads: 6, max_position_embeddings: 32 },
      vision_config: {
        hidden_size: 192,
        intermediate_size: 768,
        num_hidden_layers: 6,
        num_attention_heads: 6,
        image_size: 192,
        patch_size: 12,
      },
    })
    const nano = await figures(small, 'nano', 9)
    const nanoMegabytes = megabytes()
    const large = path.join(dir, 'large')
    await writeDetector(large, { vision_config: { image_size: 960 } })
    return { ...nano, nanoMegabytes, ...(await figures(large, 'large', 1)), largeMegabytes: megabytes() }
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}
