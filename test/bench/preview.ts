import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { Detecting } from '../../src-main/engine/detection/detecting.ts'
import { sizeOf } from '../../src-main/engine/graph/graph.ts'
import { openModel } from '../../src-main/engine/models/checkpoint.ts'
import { architectureOf } from '../../src-main/engine/models/families.ts'
import { Assembled } from '../../src-main/engine/regions/assembled.ts'
import { writeSafetensors } from '../../src-main/engine/weights/safetensors.ts'
import { programRoot } from '../../src-main/program.ts'

/**
 * A model of random weights with the tokenizer of another folder, Nano's by default. `config`: what differs from transformers'
 * defaults. Tensors are made one at a time, so that a later look at the largest memory is of the model's use.
 */
export async function writeRandom(
  dir: string,
  config: Record<string, unknown>,
  preprocessor: object,
  tokenizer = path.join(programRoot, 'resources', 'nano'),
): Promise<void> {
  fs.cpSync(tokenizer, dir, { recursive: true, filter: (f) => !/\.(safetensors|md|csv|svg)$|(dashi|expected)\.json$/.test(f) })
  fs.writeFileSync(path.join(dir, 'config.json'), JSON.stringify(config))
  fs.writeFileSync(path.join(dir, 'preprocessor_config.json'), JSON.stringify(preprocessor))
  let state = 1
  const random = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32 - 0.5
  const { tensors } = architectureOf(config)
  const produce = ({ name }: { readonly name: string }) => {
    const { shape, kind } = tensors.get(name)!
    const data = new Float32Array(sizeOf(shape))
    if (kind === 'norm' || name.endsWith('.running_var')) data.fill(name.endsWith('.bias') ? 0 : 1)
    else if (kind !== 'bias' && kind !== 'scalar') for (let i = 0; i < data.length; i++) data[i] = random() * 0.07
    return data
  }
  const specs = [...tensors].map(([name, { shape }]) => ({ name, dtype: 'F32' as const, shape }))
  await writeSafetensors(path.join(dir, 'model.safetensors'), { specs, produce }, { format: 'pt' })
}

/** A detector of the size of OWLv2-B/16. */
export function writeOwlv2(dir: string): Promise<void> {
  const side = 960
  const size = { height: side, width: side }
  return writeRandom(
    dir,
    { model_type: 'owlv2', vision_config: { image_size: side } },
    { image_processor_type: 'Owlv2ImageProcessor', size },
  )
}

export const median = (xs: number[]) => [...xs].sort((a, b) => a - b)[Math.floor(xs.length / 2)]!

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

/**
 * What a user waits for: a first image, another image, other words on it, the same words again with another threshold. The pictures
 * are left in `dir`; `times`: of the last two.
 */
async function figures(model: string, dir: string, prefix: string, images: number, times = 9): Promise<Record<string, number>> {
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
  const opened = await openModel(model)
  const detecting = Assembled.of(opened, 'bench') ?? Detecting.with(opened, 'bench')
  const first = await timed(1, () => detecting.find(files[0]!, words('dog', 'red apple', 'wheel')))
  const image = await timed(images, (i) => detecting.find(files[i + 1]!, words('dog', 'red apple', 'wheel')))
  const other = await timed(times, (i) => detecting.find(files[1]!, words(`dog ${i}`, `apple ${i}`, `wheel ${i}`)))
  const again = await timed(times, (i) => detecting.find(files[1]!, words('dog', 'red apple', 'wheel'), { threshold: i / 10 }))
  await detecting.release()
  opened.close()
  return { [`${prefix}FirstMs`]: first, [`${prefix}ImageMs`]: image, [`${prefix}WordsMs`]: other, [`${prefix}ThresholdMs`]: again }
}

/** The largest memory that the process had so far. */
export const megabytes = () => Math.round(process.resourceUsage().maxRSS / 1024)

/** The nano detector in the box with its partners, then a detector of the size of OWLv2-B/16 (3600 boxes), and the process's memory after each. */
export async function previewBench(): Promise<Record<string, number>> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'dashi-bench-'))
  try {
    const nano = await figures(path.join(programRoot, 'resources', 'nano-detect'), dir, 'nano', 9)
    const nanoMegabytes = megabytes()
    const large = path.join(dir, 'large')
    await writeOwlv2(large)
    return { ...nano, nanoMegabytes, ...(await figures(large, dir, 'large', 1)), largeMegabytes: megabytes() }
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}

/**
 * Grounding DINO of its smallest published size (Swin-T, 900 queries) on pictures of 800 × 1066, and the largest memory of the
 * process that did nothing else: to be asked for alone.
 */
export async function groundingBench(): Promise<Record<string, number>> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'dashi-bench-'))
  try {
    const before = megabytes()
    await writeRandom(
      dir,
      { model_type: 'grounding-dino' },
      { image_processor_type: 'GroundingDinoImageProcessor', size: { shortest_edge: 800, longest_edge: 1333 } },
      path.join(programRoot, 'test', 'parity', 'models', 'grounding'),
    )
    return { beforeMegabytes: before, ...(await figures(dir, dir, 'grounding', 1, 1)), groundingMegabytes: megabytes() }
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
}
