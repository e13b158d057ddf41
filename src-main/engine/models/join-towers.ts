/** Makes a dual encoder (dual-encoder.ts) of the image tower of one model and the text tower of another. */
import { existsSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { Rng } from '../data/rng.ts'
import { TOKENIZER_FILES } from '../data/tokenizer.ts'
import { CONFIG_FILE, torchNameOf, writeCheckpoint } from '../weights/checkpoint.ts'
import type { TensorSpec } from '../weights/header.ts'
import { readJson } from '../weights/json.ts'
import { isThere, readText, VOCABULARY_BYTES } from '../weights/regular.ts'
import { openWeights, type Weights } from '../weights/source.ts'
import { TEXT_PROJECTION, towerTypes, VISUAL_PROJECTION } from './dual-encoder.ts'
import { architectureOf } from './families.ts'
import { preprocessorFileIn } from './preparation.ts'

interface Joining {
  /** Folders in the layout of `transformers`: a model that has the tower, or the tower alone. */
  readonly image: string
  readonly text: string
  readonly out: string
  /** Length of the embeddings; by default the image tower's width. */
  readonly dim?: number
  readonly seed: number
}

/** transformers' initial temperature: 1/0.07. */
const LOGIT_SCALE = 2.6592

/**
 * Writes `out`, a checkpoint of a VisionTextDualEncoderModel. Towers keep their values and types; the projections are drawn from
 * the seed: that of images with orthonormal rows or columns, so that at their full width (dim ≥ the tower's) a locked tower's
 * cosines stay what they are (Zhai et al. 2022 lock the tower without a projection), that of texts normal with variance 1/width.
 * @throws a data fault naming the file and the field or tensor
 */
export async function joinTowers({ image, text, out, dim, seed }: Joining): Promise<{ tensors: number; dim: number }> {
  const [seen, read] = [towerIn(image, 'image'), towerIn(text, 'text')]
  const sources = { image: openWeights(image), text: openWeights(text) }
  try {
    const config = {
      model_type: 'vision-text-dual-encoder',
      architectures: ['VisionTextDualEncoderModel'],
      logit_scale_init_value: LOGIT_SCALE,
      vision_config: seen.config,
      text_config: read.config,
    }
    const projection_dim = dim ?? widthOf(image, { ...config, projection_dim: 1 })
    const { tensors } = described(image, { ...config, projection_dim })
    const drawn = new Map([
      [`${VISUAL_PROJECTION}.weight`, (shape: readonly number[]) => orthonormal(Rng.of(seed, 0), shape)],
      [`${TEXT_PROJECTION}.weight`, (shape: readonly number[]) => normal(Rng.of(seed, 1), shape)],
      ['logit_scale', () => Float32Array.of(LOGIT_SCALE)],
    ])
    const from = new Map<string, { weights: Weights; name: string }>()
    const specs = [...tensors].flatMap(([name, { shape, part }]): TensorSpec[] => {
      if (drawn.has(name)) return [{ name, shape, dtype: 'F32' }]
      const side = part === 'text' ? 'text' : 'image'
      const weights = sources[side]
      const found = originals(name, side === 'text' ? read.type : seen.type).find((other) => weights.has(other))
      if (found === undefined && name.endsWith('embeddings.mask_token')) return []
      if (found === undefined && name.includes('.pooler.'))
        throw dataError(weights.listing, sentence('join.no-pooler', { tensor: name.slice(name.indexOf('pooler')) }))
      const origin = { weights, name: found ?? name }
      from.set(name, origin)
      return [{ name, shape, dtype: weights.expectShape(origin.name, shape).dtype }]
    })
    await writeCheckpoint(out, {
      files: {
        [CONFIG_FILE]: written({ ...config, projection_dim, dtype: torchNameOf(specs.map((spec) => spec.dtype)) }, [image, text]),
        'preprocessor_config.json': preprocessorOf(image),
        ...tokenizerOf(text),
      },
      weights: {
        specs,
        produce({ name, shape }) {
          const origin = from.get(name)
          return origin ? origin.weights.bytes(origin.name) : drawn.get(name)!(shape)
        },
      },
      record: { base: null, recipe: null, seed, dataHash: null, device: null, metrics: {}, templates: [], classes: [] },
    })
    return { tensors: specs.length, dim: projection_dim }
  } finally {
    sources.image.close()
    sources.text.close()
  }
}

const fields = z.looseObject({ model_type: z.string() })
const whole = z.looseObject({
  model_type: z.string(),
  vision_config: fields.partial().optional(),
  text_config: fields.partial().optional(),
})

/** How a folder's configuration describes the tower. @throws if it has none that can be joined */
function towerIn(folder: string, side: 'image' | 'text'): { type: string; config: Record<string, unknown> } {
  const file = path.join(folder, CONFIG_FILE)
  const { vision_config, text_config, ...alone } = readJson(file, whole)
  const types = towerTypes[side]
  const own = side === 'image' ? vision_config : text_config
  const isClip = alone.model_type === 'clip' && own
  const said = isClip ? { ...own, model_type: side === 'image' ? 'clip_vision_model' : 'clip_text_model' } : alone
  if (!types.includes(said.model_type))
    throw dataError(
      file,
      sentence('join.no-tower', { side, expected: [...types, 'clip'].join(', '), found: JSON.stringify(said.model_type) }),
    )
  const { architectures: _, transformers_version: __, dtype: ___, torch_dtype: ____, ...config } = said as Record<string, unknown>
  return { type: said.model_type, config }
}

/** The names that a tensor of the whole model may have in a folder of the tower's: its own, without the prefix, or in a classifier. */
function originals(name: string, type: string): string[] {
  const alone = name.slice(name.indexOf('.') + 1)
  return [name, alone, `${type}.${alone}`]
}

/** @throws a data fault naming the field that the schema refuses */
function described(folder: string, config: Record<string, unknown>) {
  try {
    return architectureOf(config)
  } catch (e) {
    if (!(e instanceof z.ZodError)) throw e
    const { path: at, message } = e.issues[0]!
    throw dataError(path.join(folder, CONFIG_FILE), sentence('in-field', { field: at.join('.'), problem: message }), e)
  }
}

const widthOf = (folder: string, config: Record<string, unknown>): number =>
  described(folder, config).tensors.get(`${VISUAL_PROJECTION}.weight`)!.shape[1]!

/** A number that stands as `1.0` in a file stays so: transformers refuses `1`, as JavaScript writes it, for some fields. */
function written(config: object, folders: readonly string[]): string {
  const texts = folders.map((folder) => readText(path.join(folder, CONFIG_FILE), VOCABULARY_BYTES))
  const decimals = new Set(texts.flatMap((text) => [...text.matchAll(/"(\w+)"\s*:\s*-?\d+\.0+\b/g)].map(([, key]) => key)))
  const plain = JSON.stringify(config, null, 2)
  return `${plain.replace(/"(\w+)": -?\d+(?=,?\n)/g, (entry, key: string) => (decimals.has(key) ? `${entry}.0` : entry))}\n`
}

/** How the image tower's folder prepares pictures. @throws if it does not say */
function preprocessorOf(folder: string): string {
  const file = preprocessorFileIn(folder)
  if (!existsSync(file)) throw dataError(file, sentence('model.no-preprocessor'))
  if (path.basename(file) === 'preprocessor_config.json') return readText(file, VOCABULARY_BYTES)
  const { image_processor } = readJson(file, z.looseObject({ image_processor: z.record(z.string(), z.unknown()) }))
  return `${JSON.stringify(image_processor, null, 2)}\n`
}

/** @throws if the text tower's folder has no tokenizer */
function tokenizerOf(folder: string): Record<string, string> {
  const there = TOKENIZER_FILES.filter((name) => isThere(path.join(folder, name)))
  if (!there.some((name) => name === 'tokenizer.json' || name === 'vocab.json'))
    throw dataError(path.join(folder, 'tokenizer.json'), sentence('model.no-such-file'))
  return Object.fromEntries(there.map((name) => [name, readText(path.join(folder, name), VOCABULARY_BYTES)]))
}

function normal(rng: Rng, [rows, width]: readonly number[]): Float32Array {
  return Float32Array.from({ length: rows! * width! }, () => rng.normal() * width! ** -0.5)
}

/** [rows, columns] with orthonormal rows, or columns where they are fewer, by Gram-Schmidt on normal numbers. */
function orthonormal(rng: Rng, [rows, columns]: readonly number[]): Float32Array {
  const [few, many] = [Math.min(rows!, columns!), Math.max(rows!, columns!)]
  const basis: Float64Array[] = []
  for (let i = 0; i < few; i++) {
    const v = Float64Array.from({ length: many }, () => rng.normal())
    // Twice, since one pass leaves rounding errors where vectors are many.
    for (let pass = 0; pass < 2; pass++)
      for (const u of basis) {
        const along = u.reduce((sum, x, k) => sum + x * v[k]!, 0)
        u.forEach((x, k) => (v[k]! -= along * x))
      }
    const length = Math.hypot(...v)
    basis.push(v.map((x) => x / length))
  }
  const isWide = rows! <= columns!
  return Float32Array.from({ length: rows! * columns! }, (_, i) => {
    const [r, c] = [Math.floor(i / columns!), i % columns!]
    return isWide ? basis[r]![c]! : basis[c]![r]!
  })
}
