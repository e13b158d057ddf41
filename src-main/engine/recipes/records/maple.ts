/**
 * MaPLe (maple-prompts.ts): both towers are frozen but for their prompts. In the checkpoint, what stands among the patches are
 * visual prompts (models/visual-prompts.ts), and what the text tower makes of the class names is the classifier. As in coop.ts, a
 * prompt does not end in a full stop; the gradient's norm is clipped.
 */
import { z } from 'zod'
import { textTower } from '../../models/families.ts'
import { VISUAL_PROMPTS } from '../../models/visual-prompts.ts'
import type { Graph } from '../../graph/graph.ts'
import { Params } from '../../nn/params.ts'
import { sgd } from '../../optim/optimizer.ts'
import { evaluated } from '../../runtime/infer.ts'
import { nearestWords, startContext } from '../../tasks/prompts.ts'
import { fromMemory } from '../../weights/tensors.ts'
import { CONTEXT, MaplePrompts, startMaple } from '../maple-prompts.ts'
import { overlay } from '../overlay.ts'
import { defineRecipe } from '../recipe.ts'
import { trainedTensors } from '../reparametrise.ts'
import type { Run, Trained } from '../run.ts'
import { batchSize, contextual, epochs, momentum, seeing, setting, tuning, warmup } from '../settings.ts'
import { tune, tuned } from '../tune.ts'

const settings = z.strictObject({
  ...contextual(2),
  depth: setting(
    z.int().min(1).max(100).default(9),
    'How many of the first layers of both towers have tokens of their own, at most all',
    '両方のタワーで、独自のトークンを加える最初の層の数（最大で全層）',
    { name: ['Prompted layers', 'プロンプトを加える層'] },
  ),
  ...tuning(0.0035, 5e-4),
  epochs: epochs(5),
  batchSize: batchSize(4),
  warmup: warmup(0.2),
  momentum,
  ...seeing,
})

export default defineRecipe({
  id: 'maple',
  order: 32.5,
  title: { en: 'Prompts of both towers (MaPLe)', ja: '両タワーのプロンプト調整（MaPLe）' },
  about: {
    en: 'Learns tokens for the layers of the text tower, and how they look among the patches of images; both towers stay as they are.',
    ja: 'テキストタワーの各層のトークンと、それを画像パッチに添える形へ移す写像を学習します。両方のタワーは変わりません。',
  },
  when: {
    en: 'Choose it for 4 to 16 images a class where CoOp learns too little and unusual pictures are to come.',
    ja: 'クラスあたり 4～16 枚で、CoOp では足りず、見慣れない画像も来るときに。',
  },
  citation: 'Khattak et al. 2023, MaPLe: multi-modal prompt learning, arXiv:2210.03117',
  ...tuned,
  needs: ['embedImage', 'embedText'],
  settings,
  mark: { label: 'MaPLe', shape: 'fork', light: '#5a4a12', dark: '#dccb7d' },
  run: tunePrompts,
})

async function tunePrompts(run: Run, s: z.output<typeof settings>): Promise<Trained> {
  const { model } = run
  const { seed, provider } = run.o
  const classes = run.o.classes.map((c) => c.name)
  const { width } = textTower(model, 'maple')
  const prompts = new MaplePrompts(model, classes, s, provider)
  const context = startContext(model, { init: s.init, contextLength: s.contextLength, seed, recipe: 'maple' })
  const tensors = startMaple(prompts, context, seed)
  const { adapter, other, ...rest } = await tune(run, s, {
    ...{ model: prompts.model(), head: prompts, trains: () => false, adapter: { tensors, adapt: <V>(_: string, value: V) => value } },
    optimizer: sgd({ momentum: s.momentum, weightDecay: s.weightDecay }),
  })
  const made = async (found: ReadonlyMap<string, Float32Array>) => {
    const learned = trainedTensors(tensors, found)
    const params = (graph: Graph) => new Params(graph, overlay(model.weights, learned))
    const near = await nearestWords(model, learned.get(CONTEXT)!.data, 'maple')
    const form = { count: s.contextLength, depth: prompts.depth }
    const visual = await evaluated((graph) => prompts.visual(params(graph)))
    return {
      added: new Map([[VISUAL_PROMPTS, { shape: [form.depth, form.count, visual.length / (form.depth * form.count)], data: visual }]]),
      config: { visual_prompts: form },
      head: { classes, dim: model.dim, weight: await evaluated((graph) => prompts.weight(params(graph))), bias: prompts.bias },
      tensors: { 'prompt.safetensors': fromMemory(learned) },
      files: { 'prompt.json': `${JSON.stringify({ position: 'end', width, depth: form.depth, nearest: [{ context: near }] }, null, 2)}\n` },
      prompt: near.map(({ word }) => word).join(' '),
    }
  }
  const { prompt, ...last } = await made(adapter)
  const parameters = [...tensors.values()].reduce((n, { data }) => n + data.length, 0)
  return {
    ...rest,
    ...last,
    notes: { ...rest.notes, parameters, prompt },
    ...(other && { other: { ...other, ...(await made(other.adapter)) } }),
  }
}
