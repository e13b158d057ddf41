/** Gradient checkpointing: the same gradients, from values that onnxruntime really computes once more, late, and does not keep. */
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { Graph, reachableNodes, type Value } from '../../../src-main/engine/graph/graph.ts'
import { clipConfigSchema } from '../../../src-main/engine/models/clip-config.ts'
import { clipTensors, imageEmbedding, logitsPerImage, textEmbedding } from '../../../src-main/engine/models/clip.ts'
import { initialClip } from '../../../src-main/engine/models/clip-init.ts'
import { Params, tensorsInMemory } from '../../../src-main/engine/nn/params.ts'
import { add, matmul } from '../../../src-main/engine/ops/index.ts'
import { workingBytes } from '../../../src-main/engine/runtime/memory.ts'
import { Session, type Tensor, tensor } from '../../../src-main/engine/runtime/session.ts'
import { crossEntropy } from '../../../src-main/engine/tasks/losses.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

const [BATCH, LAYERS] = [4, 3]
const layers = { num_hidden_layers: LAYERS, num_attention_heads: 4 }
const config = clipConfigSchema.parse({
  ...{ model_type: 'clip', projection_dim: 32 },
  text_config: { vocab_size: 64, hidden_size: 32, intermediate_size: 128, max_position_embeddings: 8, ...layers },
  vision_config: { hidden_size: 64, intermediate_size: 256, image_size: 32, patch_size: 8, ...layers },
})
const shapes = clipTensors(config).shapes()
const weights = initialClip(config, shapes, 1)
const source = tensorsInMemory('model', shapes, (name) => weights.get(name)!)
const wave = (n: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898))

const batch: Record<string, Tensor> = {
  pixels: tensor(wave(BATCH * 3 * 32 * 32), 'float32', [BATCH, 3, 32, 32]),
  ids: tensor(
    Int32Array.from({ length: BATCH * 8 }, (_, i) => (i * 31) % 64),
    'int32',
    [BATCH, 8],
  ),
  eos: tensor(Int32Array.of(3, 5, 7, 4), 'int32', [BATCH]),
  labels: tensor(Int32Array.of(0, 1, 2, 3), 'int32', [BATCH]),
}

/** The contrastive loss of both towers with the gradients of what is trained, as outputs named after the parameters. */
function step(checkpointing: boolean, trains: (name: string) => boolean, params = new Params(new Graph(), source, trains)): Graph {
  const { graph } = params
  const image = imageEmbedding(params, config, graph.input('pixels', 'float32', [BATCH, 3, 32, 32]))
  const text = textEmbedding(params, config, graph.input('ids', 'int32', [BATCH, 8]), graph.input('eos', 'int32', [BATCH]))
  const loss = crossEntropy(logitsPerImage(params, image, text), graph.input('labels', 'int32', [BATCH]))
  graph.output('loss', loss)
  const names = params.trainable.map(({ name }) => name)
  const inputs = names.map((name) => graph.inputs.find((v) => v.name === `w:${name}`)!)
  gradients(loss, inputs, { checkpointing }).forEach((g, i) => graph.output(names[i]!, g))
  return graph
}

/** Frozen matrices of the query projections plus the product of two small trained ones, as in LoRA. */
class LowRank extends Params {
  override get(name: string, shape: readonly number[]): Value {
    const value = super.get(name, shape)
    if (!name.endsWith('q_proj.weight')) return value
    const [out, into] = shape as [number, number]
    const own = (part: string, dims: number[]) => {
      const known = this.trainable.some((p) => p.name === name + part)
      if (!known) this.trainable.push({ name: name + part, shape: dims, decay: true })
      return this.graph.inputs.find((v) => v.name === `w:${name}${part}`) ?? this.graph.input(`w:${name}${part}`, 'float32', dims)
    }
    return add(value, matmul(own('.b', [out, 2]), own('.a', [2, into])))
  }
}
const lowRank = () => new LowRank(new Graph(), source)

const feedsOf = (graph: Graph) => ({
  ...batch,
  ...Object.fromEntries(
    graph.inputs.flatMap((v, i) => {
      if (!v.name.startsWith('w:')) return []
      const size = v.shape.reduce((a, b) => a * b, 1)
      const data = weights.get(v.name.slice(2)) ?? wave(size).map((x) => 0.01 * x * ((i % 5) + 1))
      return [[v.name, tensor(data, 'float32', v.shape)] as const]
    }),
  ),
})

async function run(graph: Graph): Promise<Map<string, Float32Array>> {
  const session = await Session.create(graph, { threads: 1 })
  const out = await session.run(feedsOf(graph))
  await session.release()
  return new Map(Object.entries(out).map(([name, t]) => [name, Float32Array.from(t.data as Float32Array)]))
}

const all = () => true
const cases: [string, (checkpointing: boolean) => Graph][] = [
  ['of all weights', (on) => step(on, all)],
  ['of biases alone', (on) => step(on, (name) => name.endsWith('.bias'))],
  ['of the last layers', (on) => step(on, (name) => name.includes(`layers.${LAYERS - 1}.`))],
  ['of low-rank updates', (on) => step(on, all, lowRank())],
]

describe('the gradient', () => {
  test.each(cases)('%s is the same', async (_, graph) => {
    const [plain, anew] = [await run(graph(false)), await run(graph(true))]
    expect([...anew.keys()]).toEqual([...plain.keys()])
    for (const [name, values] of plain) {
      const most = values.reduce((m, x) => Math.max(m, Math.abs(x)), 1e-3)
      const off = anew.get(name)!.reduce((m, x, i) => Math.max(m, Math.abs(x - values[i]!)), 0)
      expect(off / most, name).toBeLessThan(1e-6)
    }
  })
})

test('no value of a block but what leaves it is read by the gradient of the block', () => {
  const graph = step(true, all)
  const blocks = new Map<Value, number>()
  const nodes = reachableNodes(graph.outputs.map(({ value }) => value))
  for (const node of nodes) if (node.block !== undefined) for (const v of node.outputs) blocks.set(v, node.block)
  const crossing = new Set<Value>()
  for (const node of nodes) for (const v of node.inputs) if (blocks.has(v) && node.block !== blocks.get(v)) crossing.add(v)
  expect(new Set(blocks.values()).size).toBe(2 * LAYERS)
  expect(crossing.size).toBe(2 * LAYERS)
})

test('the values within blocks are not held from the first time to the gradient', () => {
  // Without the gradients themselves, which are most of what so small a model holds.
  const held = (graph: Graph) => workingBytes(graph, 1, { kept: true })
  for (const [, graph] of cases.filter(([name]) => name !== 'of the last layers'))
    expect(held(graph(true)) / held(graph(false))).toBeLessThan(0.75)
})

test('onnxruntime computes them twice, the second time when the gradient arrives', async () => {
  const ran = async (checkpointing: boolean) => {
    const dir = temporaryFolder()
    const graph = step(checkpointing, all)
    const session = await Session.create(graph, { threads: 1, profile: path.join(dir, 'profile') })
    await session.run(feedsOf(graph))
    session.endProfiling()
    await session.release()
    const [file] = readdirSync(dir)
    const events = JSON.parse(readFileSync(path.join(dir, file!), 'utf8')) as { cat: string; name: string; ts: number }[]
    return events
      .filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'))
      .sort((a, b) => a.ts - b.ts)
      .map(({ name }) => name)
  }
  const softmax = (names: readonly string[]) => names.filter((name) => /\/Softmax_\d+_kernel_time$/.test(name))
  const [plain, anew] = [await ran(false), await ran(true)]
  expect([softmax(plain).length, softmax(anew).length]).toEqual([2 * LAYERS, 4 * LAYERS])
  const softmaxOf = (layer: number) =>
    anew.findIndex((name) => new RegExp(`vision_model\\.encoder\\.layers\\.${layer}\\..*/again/Softmax`).test(name))
  const [later, again] = [softmaxOf(1), softmaxOf(0)]
  expect(later).toBeGreaterThan(0)
  expect(again).toBeGreaterThan(later)
  expect(anew.slice(later, again).some((name) => /vision_model\.encoder\.layers\.1\..*\/grad\//.test(name))).toBe(true)
})
