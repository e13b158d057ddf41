/**
 * `head.safetensors`: a classifier's last layer, stored separately so that `CLIPModel.from_pretrained` can load the
 * folder. logits [B, C] = features [B, D] · weightᵀ + bias, and what a cache of examples adds to them.
 */
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { formatShape } from './header.ts'
import { openSafetensors } from './safetensors.ts'
import { fromMemory } from './tensors.ts'
import type { TensorsToWrite } from './written.ts'

export const HEAD_FILE = 'head.safetensors'
/**
 * Of a detector whose partner names what it finds, in the same form: what its labels' regions add to the classifier that the partner
 * makes of their words (Yu et al. 2023, "Task residual for tuning vision-language models", arXiv:2211.10277, eq. 3).
 */
export const WORDS_FILE = 'label-words.safetensors'

export interface Head {
  /** One name per row. */
  readonly classes: readonly string[]
  /** Length of a feature vector. */
  readonly dim: number
  /** [classes, dim], row-major. */
  readonly weight: Float32Array
  /** [classes]. */
  readonly bias: Float32Array
  readonly cache?: ExampleCache
  /** Prompts that depend on the image (tasks/image-prompts.ts); `weight` is then what they make of a mean image. */
  readonly prompts?: ImagePrompts
}

/** Context [M, width] and the network that shifts it by an image's feature (CoCoOp), as the reference names them. */
export const IMAGE_PROMPTS = [
  'prompt.context',
  'meta_net.linear1.weight',
  'meta_net.linear1.bias',
  'meta_net.linear2.weight',
  'meta_net.linear2.bias',
] as const
export type ImagePromptTensor = (typeof IMAGE_PROMPTS)[number]
export type ImagePrompts = Readonly<Record<ImagePromptTensor, { readonly shape: readonly number[]; readonly data: Float32Array }>>

/**
 * A key-value cache of examples (Zhang et al. 2022, Tip-Adapter, equations 5 and 6), which adds
 * α · exp(−β(1 − features · keysᵀ)) · values to the logits.
 */
export interface ExampleCache {
  /** [n, dim], row-major. */
  readonly keys: Float32Array
  /** [n, classes]: one-hot labels. */
  readonly values: Float32Array
  readonly alpha: number
  readonly beta: number
}

const namesSchema = z.array(z.string())

/** The class names in the head's metadata, which make the file self-describing. */
export function headClasses(file: string, metadata: Readonly<Record<string, string>>): string[] {
  try {
    return namesSchema.parse(JSON.parse(metadata['classes'] ?? 'null'))
  } catch (e) {
    throw dataError(file, sentence('safetensors.classes'), e)
  }
}

export const headMetadata = (classes: readonly string[]) => ({ classes: JSON.stringify(classes), format: 'pt' })

/** The head in checkpoint folder `dir`. */
export function readHead(dir: string, name = HEAD_FILE): Head {
  const file = path.join(dir, name)
  const open = openSafetensors(file)
  try {
    const classes = headClasses(file, open.metadata)
    const shape = (name: string) => {
      const info = open.tensors.get(name)
      if (!info) throw dataError(file, sentence('model.tensor-missing', { tensor: name }))
      return info.shape
    }
    const [rows, dim] = shape('head.weight')
    if (shape('head.weight').length !== 2 || rows !== classes.length)
      throw dataError(file, sentence('tensor.head-rows', { classes: classes.length, found: formatShape(shape('head.weight')) }))
    if (shape('head.bias').length !== 1 || shape('head.bias')[0] !== rows)
      throw dataError(
        file,
        sentence('model.tensor-shape', { tensor: 'head.bias', expected: `[${rows}]`, found: formatShape(shape('head.bias')) }),
      )
    const linear = { classes, dim: dim!, weight: open.float32('head.weight'), bias: open.float32('head.bias') }
    if (open.tensors.has(IMAGE_PROMPTS[0])) {
      const read = (name: ImagePromptTensor) => [name, { shape: shape(name), data: open.float32(name) }] as const
      return { ...linear, prompts: Object.fromEntries(IMAGE_PROMPTS.map(read)) as unknown as ImagePrompts }
    }
    if (!open.tensors.has(KEYS)) return linear
    const n = shape(KEYS)[0]!
    for (const [tensor, expected] of Object.entries({ [KEYS]: [n, dim!], [VALUES]: [n, rows], [SCALES]: [2] }))
      if (formatShape(shape(tensor)) !== formatShape(expected))
        throw dataError(
          file,
          sentence('model.tensor-shape', { tensor, expected: formatShape(expected), found: formatShape(shape(tensor)) }),
        )
    const [alpha, beta] = open.float32(SCALES)
    return { ...linear, cache: { keys: open.float32(KEYS), values: open.float32(VALUES), alpha: alpha!, beta: beta! } }
  } finally {
    open.close()
  }
}

const [KEYS, VALUES, SCALES] = ['cache.keys', 'cache.values', 'cache.alpha_beta'] as const

/** The tensors of {@link HEAD_FILE}, to be written along with {@link headMetadata}. */
export const headTensors = ({ classes, dim, weight, bias, cache, prompts }: Head): TensorsToWrite =>
  fromMemory(
    new Map<string, { readonly shape: readonly number[]; readonly data: Float32Array }>([
      ['head.weight', { shape: [classes.length, dim], data: weight }],
      ['head.bias', { shape: [classes.length], data: bias }],
      ...(cache
        ? ([
            [KEYS, { shape: [cache.keys.length / dim, dim], data: cache.keys }],
            [VALUES, { shape: [cache.keys.length / dim, classes.length], data: cache.values }],
            [SCALES, { shape: [2], data: Float32Array.of(cache.alpha, cache.beta) }],
          ] as const)
        : []),
      ...IMAGE_PROMPTS.flatMap((name) => (prompts ? [[name, prompts[name]] as const] : [])),
    ]),
  )

/** The same classifier of some of its classes, in another order. @param rows of `head`, one for each class */
export function rowsOfHead({ classes, dim, weight, bias, cache, prompts }: Head, rows: readonly number[]): Head {
  const picked = (x: Float32Array, n: number, width: number, at: (i: number, k: number) => number) =>
    Float32Array.from({ length: n * width }, (_, i) => x[at(Math.floor(i / width), i % width)]!)
  const n = cache ? cache.keys.length / dim : 0
  return {
    classes: rows.map((row) => classes[row]!),
    dim,
    weight: picked(weight, rows.length, dim, (k, i) => rows[k]! * dim + i),
    bias: Float32Array.from(rows, (row) => bias[row]!),
    ...(prompts && { prompts }),
    ...(cache && { cache: { ...cache, values: picked(cache.values, n, rows.length, (i, k) => i * classes.length + rows[k]!) } }),
  }
}
