import fs from 'node:fs'
import path from 'node:path'
import type { Graph } from '../../src-main/engine/graph/graph.ts'
import { clipConfigSchema, type ClipConfig } from '../../src-main/engine/models/clip-config.ts'
import { clipTensors, eosIndex } from '../../src-main/engine/models/clip.ts'
import { Params } from '../../src-main/engine/nn/params.ts'
import { tensor, type Tensor } from '../../src-main/engine/runtime/session.ts'
import { openWeights, type Weights } from '../../src-main/engine/weights/source.ts'
import { decode, golden, goldenPath, type GoldenTensor, type HostArray } from './golden.ts'

/** A checkpoint that `transformers` saved, and its answers (test/parity/engine/clip.py). */
export interface ClipGolden {
  readonly folder: string
  readonly config: ClipConfig
  readonly weights: Weights
  readonly expected: {
    readonly texts: string[]
    readonly inputIds: GoldenTensor
    readonly textEmbeds: GoldenTensor
    readonly cases: { readonly pixels: GoldenTensor; readonly imageEmbeds: GoldenTensor; readonly logitsPerImage: GoldenTensor }[]
  }
}

export const CHECKPOINTS = ['quick', 'gelu', 'fp16', 'bf16', 'sharded', 'resized', 'hub']

export function openClip(name: string): ClipGolden {
  const folder = goldenPath(`clip/${name}`)
  const config = clipConfigSchema.parse(JSON.parse(fs.readFileSync(path.join(folder, 'config.json'), 'utf8')))
  return { folder, config, weights: openWeights(folder), expected: golden(`clip/${name}/expected.json`) }
}

/** The checkpoint's weights for a graph, memory-mapped from their files except for the trained ones. */
export const paramsOf = (graph: Graph, { weights, config }: ClipGolden, trainable: (name: string) => boolean = () => false): Params =>
  new Params(graph, weights, trainable, { decays: clipTensors(config).decays })

export const feed = (t: GoldenTensor | HostArray): Tensor => {
  const { data, dtype, shape } = typeof t.data === 'string' ? decode(t as GoldenTensor) : (t as HostArray)
  return tensor(data, dtype, shape)
}

/** The index of the end-of-text token in each row of ids [B, T]. */
export function eosOf(ids: GoldenTensor, config: ClipConfig): Tensor {
  const [b, t] = ids.shape as [number, number]
  const all = decode(ids).data as Int32Array
  return tensor(
    Int32Array.from({ length: b }, (_, i) => eosIndex(all.subarray(i * t, (i + 1) * t), config.text_config.eos_token_id)),
    'int32',
    [b],
  )
}
