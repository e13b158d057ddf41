/**
 * One side of the bench `step`, in a process of its own: `node step-run.js CASE` makes one step at each line of its input and answers with
 * its seconds, elapsed and of the processors, and the most that the process has held over what it held before the model was made.
 */
import readline from 'node:readline'
import { clipConfigSchema } from '../../../src-main/engine/models/clip-config.ts'
import { clipTensors, imageEmbedding, logitsPerImage, textEmbedding } from '../../../src-main/engine/models/clip.ts'
import { initialClip } from '../../../src-main/engine/models/clip-init.ts'
import { Params, tensorsInMemory } from '../../../src-main/engine/nn/params.ts'
import { linear } from '../../../src-main/engine/nn/transformer.ts'
import { adamW } from '../../../src-main/engine/optim/optimizer.ts'
import { BatchSession } from '../../../src-main/engine/runtime/infer.ts'
import { tensor } from '../../../src-main/engine/runtime/session.ts'
import type { Task } from '../../../src-main/engine/runtime/task.ts'
import { Trainer } from '../../../src-main/engine/runtime/train.ts'
import { contrastive, crossEntropy } from '../../../src-main/engine/tasks/losses.ts'
import { type CaseName, cases } from './cases.ts'

const CLASSES = 10
const { batch, config: given, kind } = cases[process.argv[2] as CaseName]
const config = clipConfigSchema.parse({ model_type: 'clip', ...given })
const side = config.vision_config.image_size
const noise = (n: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * 12.9898))

const base = process.memoryUsage.rss()
const step = kind === 'features' ? await features() : await training(kind === 'captions')
for await (const _line of readline.createInterface({ input: process.stdin })) {
  const [began, before] = [performance.now(), process.cpuUsage()]
  await step()
  const { user, system } = process.cpuUsage(before)
  const peak = 1024 * process.resourceUsage().maxRSS - base
  process.stdout.write(`${JSON.stringify({ seconds: (performance.now() - began) / 1000, processor: (user + system) / 1e6, peak })}\n`)
}

function weights() {
  const head = new Map([
    ['head.weight', [CLASSES, config.projection_dim]],
    ['head.bias', [CLASSES]],
  ] as const)
  const shapes = clipTensors(config).shapes()
  const initial = initialClip(config, shapes, 1)
  for (const [name, shape] of head) initial.set(name, noise(shape.reduce<number>((a, b) => a * b, 1)))
  return { source: tensorsInMemory('random', new Map([...shapes, ...head]), (name) => initial.get(name)!), initial }
}

async function training(captions: boolean) {
  const { source, initial } = weights()
  const context = config.text_config.max_position_embeddings
  const task: Task = {
    build(graph) {
      const p = new Params(graph, source, () => true)
      const image = imageEmbedding(p, config, graph.input('pixels', 'float32', [batch, 3, side, side]))
      if (!captions) {
        const logits = linear(p, 'head', image, CLASSES)
        return { loss: crossEntropy(logits, graph.input('labels', 'int32', [batch])), parameters: p.trainable }
      }
      const text = textEmbedding(p, config, graph.input('ids', 'int32', [batch, context]), graph.input('eos', 'int32', [batch]))
      return { loss: contrastive(logitsPerImage(p, image, text)), parameters: p.trainable }
    },
  }
  const trainer = await Trainer.create(task, (name) => initial.get(name)!, { optimizer: adamW({ weightDecay: 0.1 }), clipNorm: 1 })
  initial.clear()
  const whole = (n: number, of: (i: number) => number) => Int32Array.from({ length: n }, (_, i) => of(i))
  const feeds = {
    pixels: tensor(noise(batch * 3 * side * side), 'float32', [batch, 3, side, side]),
    labels: tensor(
      whole(batch, (i) => i % CLASSES),
      'int32',
      [batch],
    ),
    ids: tensor(
      whole(batch * context, (i) => (i * 7919) % 49000),
      'int32',
      [batch, context],
    ),
    eos: tensor(
      whole(batch, () => context - 1),
      'int32',
      [batch],
    ),
  }
  return () => trainer.step(feeds, 1e-5)
}

async function features() {
  const { source, initial } = weights()
  const session = await BatchSession.create(batch, ['pixels'], (g, b) => ({
    y: imageEmbedding(new Params(g, source), config, g.input('pixels', 'float32', [b, 3, side, side])),
  }))
  initial.clear()
  const pixels = noise(batch * 3 * side * side)
  return () => session.run(batch, (row, { pixels: into }) => void (row === 0 && (into as Float32Array).set(pixels)))
}
