/** Converts models of open_clip, and OpenAI's own state dicts of CLIP, to the layout of `transformers`. */
import fs from 'node:fs'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { inField } from '#shared/sentences/issue.ts'
import { sentence } from '#shared/sentences/table.ts'
import { TOKENIZER_FILES } from '../data/tokenizer.ts'
import { clipVocabulary, tokenizerFiles } from '../data/train-bpe.ts'
import { torchNameOf, writeCheckpoint } from '../weights/checkpoint.ts'
import { DTYPE_BYTES } from '../weights/dtype.ts'
import { elements, formatShape, type TensorSpec } from '../weights/header.ts'
import { readJson } from '../weights/json.ts'
import { isThere, openRegular, readText, VOCABULARY_BYTES } from '../weights/regular.ts'
import { openWeightsFile, type Weights } from '../weights/source.ts'
import { architectureOf, familyOf } from './families.ts'
import { clipConfigOf, configFromShapes, openClipSchema, preprocessorOf, siglipConfigOf, type OpenClipConfig } from './open-clip-config.ts'
import { originOf, type Origin } from './open-clip-names.ts'

interface Conversion {
  /** A folder with `open_clip_config.json` and `open_clip_model.safetensors`, or one file with the tensors of either. */
  readonly source: string
  readonly out: string
  /** Whether the activation is quick GELU, where nothing in the source says so. */
  readonly quickGelu?: boolean
  /** A folder with a tokenizer, or CLIP's `bpe_simple_vocab_16e6.txt.gz`; by default what lies beside the weights. */
  readonly tokenizer?: string
  /** Called as tensors are written. @throws to stop: `out` is then as it was */
  readonly onProgress?: (done: number, total: number) => void
}

interface Planned {
  readonly family: string
  readonly tensors: number
  /** Whether texts can be read, i.e. a tokenizer was found. */
  readonly tokenizer: boolean
}

const CONFIG = 'open_clip_config.json'
const WEIGHTS = ['open_clip_model.safetensors', 'model.safetensors']
const VOCABULARIES = ['bpe_simple_vocab_16e6.txt.gz', 'bpe_simple_vocab_16e6.txt']
/** Tensors of state dicts that are no weights. OpenAI's archives have the first three, and they only. */
const OPENAI = ['input_resolution', 'context_length', 'vocab_size']
const BUFFERS = new Set([...OPENAI, 'attn_mask', 'text.attn_mask'])

/**
 * What converting would read and write, from names and shapes alone: no tensor is read.
 * @returns also the file of the weights, the bytes of all tensors, and whether somebody has to say which activation they were trained with
 * @throws as {@link convertOpenClip} would, but for a value of a tensor
 */
export function planOpenClip(source: string): Planned & { file: string; bytes: number; activationUnknown: boolean } {
  const { weights: file, config } = filesOf(source)
  const weights = openWeightsFile(file)
  try {
    const activationUnknown = config === undefined && weights.has('visual.conv1.weight') && !isOpenAi(weights)
    const { written, plan, specs, tokenizer } = prepared({ source, ...(activationUnknown && { quickGelu: true }) }, weights, false)
    const bytes = specs.reduce((sum, { shape, dtype }) => sum + elements(shape) * DTYPE_BYTES[dtype], 0)
    return { family: familyOf(written)!.name, tensors: plan.size, tokenizer: tokenizer !== undefined, file, bytes, activationUnknown }
  } finally {
    weights.close()
  }
}

/**
 * Writes `out`, a checkpoint of a CLIPModel or SiglipModel with the same outputs; every tensor keeps its type.
 * @throws a data fault naming the file and the field or tensor
 */
export async function convertOpenClip(asked: Conversion): Promise<Planned> {
  const weights = openWeightsFile(filesOf(asked.source).weights)
  try {
    const { config, written, plan, specs, tokenizer } = prepared(asked, weights, true)
    let done = 0
    await writeCheckpoint(asked.out, {
      config: { ...written, dtype: torchNameOf(specs.map((spec) => spec.dtype)) },
      files: { 'preprocessor_config.json': `${JSON.stringify(preprocessorOf(config), null, 2)}\n`, ...tokenizer },
      weights: {
        specs,
        produce: ({ name, shape }) => {
          asked.onProgress?.(done++, specs.length)
          return produced(weights, plan.get(name)!.origin, shape)
        },
      },
      record: { base: null, recipe: null, seed: null, dataHash: null, device: null, metrics: {}, templates: [], classes: [] },
    })
    return { family: familyOf(written)!.name, tensors: plan.size, tokenizer: tokenizer !== undefined }
  } finally {
    weights.close()
  }
}

/** @param values whether every value is looked at too, which reads the whole file */
function prepared(asked: Omit<Conversion, 'out'>, weights: Weights, values: boolean) {
  const { weights: file, config: configFile, folder } = filesOf(asked.source)
  const config = configFile === undefined ? shapedLike(weights, isQuick(weights, asked)) : readJson(configFile, openClipSchema)
  const written = config.model_cfg.vision_cfg.timm_model_name ? siglipConfigOf(config, weights) : clipConfigOf(config)
  const tokenizer = tokenizerFrom(asked.tokenizer ?? folder, config)
  const plan = planOf(weights, written, configFile ?? file)
  if (values) for (const { origin } of plan.values()) for (const of of origin.of) weights.checkFinite(of)
  const specs = [...plan].map(([name, { shape, origin }]): TensorSpec => ({ name, shape, dtype: weights.info(origin.of[0]!).dtype }))
  return { config, written, plan, specs, tokenizer }
}

/** @throws what is missing, or that a pickle is never opened */
function filesOf(source: string): { weights: string; config?: string; folder: string } {
  const found = fs.statSync(source, { throwIfNoEntry: false })
  if (!found) throw dataError(source, sentence('model.no-such-file'))
  const pickle = /\.(bin|pt|pth|ckpt|pkl|pickle)$/i
  const refuse = (file: string) => dataError(file, sentence('open-clip.pickle'))
  if (!found.isDirectory()) {
    if (pickle.test(source)) throw refuse(source)
    const beside = path.join(path.dirname(source), CONFIG)
    return { weights: source, config: isThere(beside) ? beside : undefined, folder: path.dirname(source) }
  }
  const names = fs.readdirSync(source)
  const tensors = names.filter((name) => name.endsWith('.safetensors'))
  const chosen = WEIGHTS.find((name) => tensors.includes(name)) ?? (tensors.length === 1 ? tensors[0] : undefined)
  if (chosen === undefined) {
    const other = names.find((name) => pickle.test(name))
    throw other ? refuse(path.join(source, other)) : dataError(source, sentence('open-clip.no-weights', { weights: WEIGHTS[0]! }))
  }
  return {
    weights: path.join(source, chosen),
    config: names.includes(CONFIG) ? path.join(source, CONFIG) : undefined,
    folder: source,
  }
}

/** Whether they are OpenAI's own, all of which were trained with quick GELU. */
const isOpenAi = (weights: Weights) => OPENAI.every((name) => weights.has(name))

/** @throws if nothing says which activation the weights were trained with: their names and shapes are the same for both */
function isQuick(weights: Weights, { quickGelu }: Pick<Conversion, 'quickGelu'>): boolean {
  if (!weights.has('visual.conv1.weight')) throw dataError(weights.source, sentence('open-clip.no-config', { config: CONFIG }))
  if (quickGelu !== undefined) return quickGelu
  if (isOpenAi(weights)) return true
  throw dataError(weights.source, sentence('open-clip.activation', { config: CONFIG }))
}

interface PlannedTensor {
  readonly shape: readonly number[]
  readonly origin: Origin
}

/** Where each tensor comes from, checked against the shapes that the configuration leads to. */
function planOf(weights: Weights, config: { readonly model_type: string }, file: string): Map<string, PlannedTensor> {
  const { tensors } = named(file, () => architectureOf(config))
  const prefix = weights.has('text.token_embedding.weight') ? 'text.' : ''
  const plan = new Map<string, PlannedTensor>()
  const used = new Set<string>()
  for (const [name, { shape }] of tensors) {
    const origin = originOf(name, prefix, config.model_type === 'siglip')
    const rows = origin.of.reduce((n, of) => n + (weights.info(of).shape[0] ?? 1), 0)
    const found = [rows / (origin.thirds ?? 1), ...weights.info(origin.of[0]!).shape.slice(1)]
    const expected = origin.transposed ? shape.toReversed() : shape
    if (formatShape(squeezed(found)) !== formatShape(squeezed(expected)))
      throw dataError(
        weights.source,
        sentence('model.tensor-shape', { tensor: origin.of.join(', '), expected: formatShape(expected), found: formatShape(found) }),
      )
    for (const of of origin.of) used.add(of)
    plan.set(name, { shape, origin })
  }
  const extra = weights.names().find((name) => !used.has(name) && !BUFFERS.has(name))
  if (extra) throw dataError(weights.source, sentence('model.tensor-extra', { tensor: extra }))
  return plan
}

/** @throws a data fault if the shapes are those of no CLIP */
const shapedLike = (weights: Weights, quick: boolean): OpenClipConfig => named(weights.source, () => configFromShapes(weights, quick))

/** @throws a data fault naming the field that the schema refuses */
function named<T>(file: string, read: () => T): T {
  try {
    return read()
  } catch (e) {
    if (!(e instanceof z.ZodError)) throw e
    const issue = e.issues[0]!
    throw dataError(file, inField(issue.path.join('.'), issue.message), e)
  }
}

const squeezed = (shape: readonly number[]) => shape.filter((n) => n !== 1)

/** The bytes of a tensor: parts of others, or one transposed. */
function* produced(weights: Weights, { of, thirds, third = 0, transposed }: Origin, shape: readonly number[]): Generator<Uint8Array> {
  for (const name of of) {
    const bytes = weights.bytes(name)
    const part = bytes.byteLength / (thirds ?? 1)
    if (transposed) yield transpose(bytes, shape as [number, number], DTYPE_BYTES[weights.info(name).dtype])
    else yield bytes.subarray(third * part, (third + 1) * part)
  }
}

/** Bytes of a matrix [columns, rows] as those of [rows, columns]. */
function transpose(bytes: Uint8Array, [rows, columns]: readonly [number, number], size: number): Uint8Array {
  const out = new Uint8Array(elements([rows, columns]) * size)
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const from = (c * rows + r) * size
      for (let i = 0; i < size; i++) out[(r * columns + c) * size + i] = bytes[from + i]!
    }
  return out
}

/** The tokenizer's files; undefined if there is none. */
function tokenizerFrom(place: string, { model_cfg: { text_cfg: t } }: OpenClipConfig): Record<string, string> | undefined {
  const isFolder = fs.statSync(place, { throwIfNoEntry: false })?.isDirectory()
  const within = (name: string) => path.join(place, name)
  const own = isFolder ? TOKENIZER_FILES.filter((name) => isThere(within(name))) : []
  if (own.some((name) => name === 'tokenizer.json' || name === 'vocab.json'))
    return Object.fromEntries(own.map((name) => [name, readText(within(name), VOCABULARY_BYTES)]))
  const vocabulary = isFolder ? VOCABULARIES.map(within).find(isThere) : place
  if (vocabulary === undefined) return undefined
  return tokenizerFiles(clipVocabulary(readVocabulary(vocabulary), vocabulary), t.context_length)
}

function readVocabulary(file: string): string {
  if (!file.endsWith('.gz')) return readText(file, VOCABULARY_BYTES)
  const { fd, size } = openRegular(file)
  try {
    if (size > VOCABULARY_BYTES) throw dataError(file, sentence('model.file-too-large', { limit: VOCABULARY_BYTES, found: size }))
    return gunzipSync(fs.readFileSync(fd), { maxOutputLength: VOCABULARY_BYTES }).toString('utf8')
  } catch (e) {
    throw dataError(file, sentence('open-clip.vocabulary'), e)
  } finally {
    fs.closeSync(fd)
  }
}
