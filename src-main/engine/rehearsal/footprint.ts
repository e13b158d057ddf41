/**
 * How much memory a training holds at most, over an idle process: weights and optimiser by their sizes, activations by the liveness of
 * the step's values. What the process and its allocators add is fitted to measured peaks (`npm run bench -- plan`).
 */
import type { Memory } from '#shared/model/outline.ts'
import { outputSize } from '../data/preprocess.ts'
import { ANY } from '../graph/any-batch.ts'
import { Graph, sizeOf } from '../graph/graph.ts'
import { imageFeature, type Model, paramsFor } from '../models/model.ts'
import { keepsArena, packedBytes, storedBytes, workingBytes } from '../runtime/memory.ts'
import type { StepOutline } from '../runtime/outline.ts'
import { batchOf } from '../tasks/embed.ts'

const MB = 2 ** 20
/** onnxruntime, libvips, the heap and the threads that decode and vary images, once they are in use. */
const PROGRAM = 145 * MB
/** The session that measures the result, while the arena of the training is still there. */
const AFTERWARDS = 35 * MB
/** onnxruntime's arena grows by doubling and is never given back. */
const ARENA = 1.8
/** Copies of the state that wait to be collected: V8 looks when this much has been allocated outside its heap. */
const UNCOLLECTED = 64 * MB

export interface Held {
  readonly step: StepOutline | undefined
  /** Images of all splits, and of a batch. */
  readonly images: number
  readonly batch: number
  /** Whether the device keeps weights and state in its own memory. */
  readonly onDevice: boolean
}

export function footprint(model: Model, held: Held): Memory {
  const { height, width } = outputSize(model.preprocess)
  const picture = 4 * 3 * height * width
  const stages = [evaluating(model, held.images, picture), ...(held.step ? [training(held.step, held, picture)] : [])]
  const largest = stages.reduce((a, b) => (sum(b) > sum(a) ? b : a))
  return { ...largest, total: sum(largest) }
}

type Parts = Omit<Memory, 'total'>
const sum = (m: Parts): number => Object.values(m).reduce((a, b) => a + b, 0)

/** The gradients are part of the working set: they are what a step gives. On a device, they may be held twice, also clipped. */
function training({ graphs, parameters, slots }: StepOutline, { batch, onDevice }: Held, picture: number): Parts {
  const trained = 4 * parameters.reduce((n, p) => n + sizeOf(p.shape), 0)
  const working = Math.max(...graphs.map((g) => (onDevice ? workingBytes(g, 1, { kept: true }) + trained : workingBytes(g))))
  const arena = !onDevice && graphs.every((g) => keepsArena(g))
  const saved = slots * trained
  // An arena stays while the state is copied; without one, the step's values have been given back by then.
  const saving = saved + Math.min(saved, UNCOLLECTED)
  return {
    weights: Math.max(...graphs.map((g) => Math.max(storedBytes(g), packedBytes(g)))) + trained,
    moments: (slots - 1) * trained,
    gradients: trained,
    activations: working * (arena ? ARENA : 1) - trained,
    pictures: 2 * batch * picture,
    saving: arena || onDevice ? saving : Math.max(0, saving - working),
    program: PROGRAM + AFTERWARDS,
  }
}

/** Embedding images, which comes before training where features are needed, and after it to measure the result. */
function evaluating(model: Model, images: number, picture: number): Parts {
  const { height, width } = outputSize(model.preprocess)
  const batch = batchOf(32, images, model.image.activations(height, width))
  const graph = new Graph()
  const pixels = graph.input('pixels', 'float32', [ANY, 3, height, width])
  graph.output('y', imageFeature(model, paramsFor(model, graph, model.weights, undefined, 'stored'), pixels))
  return {
    weights: Math.max(storedBytes(graph), packedBytes(graph)),
    moments: 0,
    gradients: 0,
    activations: workingBytes(graph, batch) * (keepsArena(graph, batch) ? ARENA : 1),
    pictures: 3 * batch * picture + 4 * images * model.dim,
    saving: 0,
    program: PROGRAM,
  }
}
