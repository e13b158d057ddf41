/** Networks of random weights on which devices are measured: only their sizes matter. */
import { Graph, sizeOf, type Value } from '../graph/graph.ts'
import { type ClipConfig, clipConfigSchema } from '../models/clip-config.ts'
import { clipTensors, imageEmbedding } from '../models/clip.ts'
import { Params, tensorsInMemory } from '../nn/params.ts'
import { linear } from '../nn/transformer.ts'
import type { Task } from '../runtime/task.ts'
import { crossEntropy } from '../tasks/losses.ts'

const CLASSES = 100

interface Size {
  readonly width: number
  readonly layers: number
  readonly heads: number
  /** Side of an image and of a patch in pixels. */
  readonly image: number
  readonly patch: number
  readonly batch: number
}

/** CLIP's image tower with a linear head. `tiny` takes seconds where software computes what a graphics card should. */
export const networkSizes = {
  tiny: { width: 64, layers: 1, heads: 2, image: 32, patch: 8, batch: 4 },
  small: { width: 384, layers: 12, heads: 6, image: 128, patch: 16, batch: 16 },
  'vit-s-16': { width: 384, layers: 12, heads: 6, image: 224, patch: 16, batch: 32 },
  'vit-b-32': { width: 768, layers: 12, heads: 12, image: 224, patch: 32, batch: 64 },
} as const satisfies Record<string, Size>
export type NetworkName = keyof typeof networkSizes

export interface Network {
  readonly name: NetworkName
  readonly batch: number
  /** Tokens of an image, the class token included. */
  readonly tokens: number
  readonly task: Task
  readonly initial: (name: string) => Float32Array
  /** The tower's output [batch, width], with weights that the graph holds. */
  features(graph: Graph, batch: number): Value
  /** A batch [batch, 3, side, side] of noise. */
  readonly pixels: Float32Array
  readonly labels: Int32Array
  readonly side: number
  readonly parameters: number
}

export function networkOf(name: NetworkName): Network {
  const { width, layers, heads, image, patch, batch }: Size = networkSizes[name]
  const config = clipConfigSchema.parse({
    model_type: 'clip',
    projection_dim: width,
    text_config: { vocab_size: 8, hidden_size: 8, num_hidden_layers: 1, num_attention_heads: 1 },
    vision_config: {
      ...{ hidden_size: width, intermediate_size: 4 * width, num_hidden_layers: layers, num_attention_heads: heads },
      ...{ image_size: image, patch_size: patch, hidden_act: 'gelu' },
    },
  })
  const shapes = clipTensors(config).shapes().set('head.weight', [CLASSES, width]).set('head.bias', [CLASSES])
  const weights = new Map<string, Float32Array>()
  const initial = (tensor: string): Float32Array => {
    let known = weights.get(tensor)
    if (!known) weights.set(tensor, (known = startOf(tensor, shapes.get(tensor)!)))
    return known
  }
  const source = tensorsInMemory(name, shapes, initial)
  return {
    ...{ name, batch, side: image, initial },
    tokens: 1 + (image / patch) ** 2,
    task: { build: (graph) => lossOf(new Params(graph, source, () => true), config, batch, image) },
    features: (graph, rows) => imageEmbedding(new Params(graph, source), config, graph.input('pixels', 'float32', [rows, 3, image, image])),
    pixels: noise(batch * 3 * image * image, 1),
    labels: Int32Array.from({ length: batch }, (_, i) => i % CLASSES),
    parameters: lossOf(new Params(new Graph(), source, () => true), config, 1, image).parameters.reduce((n, p) => n + sizeOf(p.shape), 0),
  }
}

function lossOf(p: Params, config: ClipConfig, batch: number, side: number) {
  const pixels = p.graph.input('pixels', 'float32', [batch, 3, side, side])
  const logits = linear(p, 'head', imageEmbedding(p, config, pixels), CLASSES)
  const labels = p.graph.input('labels', 'int32', [batch])
  return { loss: crossEntropy(logits, labels), parameters: p.trainable }
}

/** Norms begin as ones, biases as zeros, all else with a small spread. */
function startOf(name: string, shape: readonly number[]): Float32Array {
  const n = sizeOf(shape)
  if (name.endsWith('.bias')) return new Float32Array(n)
  if (/norm\d?\.weight$/.test(name)) return new Float32Array(n).fill(1)
  return noise(n, 0.035)
}

/** Uniform in ±`most`; a block of it is repeated, since numbers that are all different would take long to make. */
export function noise(n: number, most: number): Float32Array {
  const block = Math.min(n, 1 << 16)
  const out = new Float32Array(n)
  let state = 12345
  for (let i = 0; i < block; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    out[i] = most * (state / 2 ** 31 - 1)
  }
  for (let at = block; at < n; at += block) out.copyWithin(at, 0, Math.min(block, n - at))
  return out
}
