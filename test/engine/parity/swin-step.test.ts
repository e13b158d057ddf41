/** A step of fine-tuning Swin has PyTorch's loss and gradients: test/parity/engine/swin.py. */
import { expect, test } from 'vitest'
import { gradients } from '../../../src-main/engine/autodiff.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { paramsFor } from '../../../src-main/engine/models/model.ts'
import { linear } from '../../../src-main/engine/nn/transformer.ts'
import { Session } from '../../../src-main/engine/runtime/session.ts'
import { crossEntropy } from '../../../src-main/engine/tasks/losses.ts'
import { feed } from '../../helpers/clip.ts'
import { floats, golden, goldenPath, type GoldenTensor, normError } from '../../helpers/golden.ts'

interface Step {
  readonly pixels: GoldenTensor
  readonly labels: GoldenTensor
  readonly loss: number
  readonly gradients: Record<string, GoldenTensor>
}

test('loss within 1e-5, each gradient within 1e-3 of PyTorch’s', async () => {
  const step = golden<Step>('swin-step.json')
  const model = await openModel(goldenPath('families/swin'))
  const graph = new Graph()
  const p = paramsFor(model, graph, model.weights, () => true)
  const features = model.image.embed(p, graph.input('pixels', 'float32', step.pixels.shape))
  const loss = crossEntropy(linear(p, 'classifier', features, 3), graph.input('labels', 'int32', step.labels.shape))
  const inputs = p.trainable.map(({ name }) => graph.inputs.find((v) => v.name === `w:${name}`)!)
  gradients(loss, inputs).forEach((grad, i) => graph.output(`d:${p.trainable[i]!.name}`, grad))
  graph.output('loss', loss)
  const session = await Session.create(graph, { threads: 1 })
  const weights = Object.fromEntries(
    p.trainable.map(({ name, shape }) => [`w:${name}`, feed({ dtype: 'float32', shape, data: model.weights.float32(name) })]),
  )
  const found = await session.run({ pixels: feed(step.pixels), labels: feed(step.labels), ...weights })
  await session.release()
  model.close()
  expect(Math.abs((found['loss']!.data as Float32Array)[0]! - step.loss)).toBeLessThan(1e-5)
  expect(p.trainable.map(({ name }) => name).sort()).toEqual(Object.keys(step.gradients).sort())
  // A bias on the keys shifts all logits of a query alike: its gradient is 0, and the computed one is rounding.
  for (const [name, expected] of Object.entries(step.gradients))
    if (!name.endsWith('.key.bias')) expect(normError(found[`d:${name}`]!.data as Float32Array, floats(expected)), name).toBeLessThan(1e-3)
})
