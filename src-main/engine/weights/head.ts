/**
 * `head.safetensors`: a classifier's last layer, stored separately so that `CLIPModel.from_pretrained` can load the
 * folder. logits [B, C] = features [B, D] · weightᵀ + bias.
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

export interface Head {
  /** One name per row. */
  readonly classes: readonly string[]
  /** Length of a feature vector. */
  readonly dim: number
  /** [classes, dim], row-major. */
  readonly weight: Float32Array
  /** [classes]. */
  readonly bias: Float32Array
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
export function readHead(dir: string): Head {
  const file = path.join(dir, HEAD_FILE)
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
    return { classes, dim: dim!, weight: open.float32('head.weight'), bias: open.float32('head.bias') }
  } finally {
    open.close()
  }
}

/** The tensors of {@link HEAD_FILE}, to be written along with {@link headMetadata}. */
export const headTensors = ({ classes, dim, weight, bias }: Head): TensorsToWrite =>
  fromMemory(
    new Map([
      ['head.weight', { shape: [classes.length, dim], data: weight }],
      ['head.bias', { shape: [classes.length], data: bias }],
    ]),
  )
