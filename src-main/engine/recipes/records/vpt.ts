/**
 * Visual prompt tuning (Jia et al. 2022, §3.2; KMnP/vpt src/models/vit_prompt/vit.py): the image tower is frozen; tokens
 * that stand among its patches are trained, and the classifier. No dropout; AdamW instead of SGD.
 */
import { z } from 'zod'
import { Rng } from '../../data/rng.ts'
import { layersOf, VISUAL_PROMPTS, withVisualPrompts } from '../../models/visual-prompts.ts'
import { demandsOfHead, startHead } from '../heads.ts'
import { withParts } from '../overlay.ts'
import { defineRecipe } from '../recipe.ts'
import type { Run, Trained } from '../run.ts'
import { seeing, setting, startingHead, tuning } from '../settings.ts'
import { tune, tuned } from '../tune.ts'

const settings = z.strictObject({
  tokens: setting(z.int().min(1).max(200).default(10), 'Learned tokens among the patches of an image', '画像パッチに添える学習トークン数', {
    name: ['Prompt tokens', 'プロンプトのトークン数'],
  }),
  layers: setting(
    z.enum(['shallow', 'deep']).default('deep'),
    'Tokens for the first layer only (shallow), or other ones for each layer (deep)',
    '最初の層だけにトークンを加える（shallow）か、層ごとに別のトークンを加える（deep）か',
    { name: ['Prompted layers', 'プロンプトを加える層'] },
  ),
  ...tuning(1e-3, 0),
  ...seeing,
  ...startingHead,
})

export default defineRecipe({
  id: 'vpt',
  order: 32,
  title: { en: 'Visual prompt tuning (VPT)', ja: '視覚プロンプト調整（VPT）' },
  about: {
    en: 'Trains tokens that stand among the patches of each image, and the classifier; the image tower stays as it is.',
    ja: '各画像のパッチに添えるトークンと分類器を学習します。画像タワーは変わりません。',
  },
  when: {
    en: 'Choose it with few images, also for a model without a text tower; deep for more images, shallow for the fewest.',
    ja: '画像が少ないときに。テキストタワーのないモデルにも使えます。画像が多めなら deep、ごく少数なら shallow を。',
  },
  citation: 'Jia et al. 2022, Visual prompt tuning, arXiv:2203.12119',
  ...tuned,
  demands: demandsOfHead,
  settings,
  mark: { label: 'Visual prompts', shape: 'hourglass', light: '#3d6b21', dark: '#9fd07f' },
  run: tunePrompts,
})

async function tunePrompts(run: Run, s: z.output<typeof settings>): Promise<Trained> {
  const { names, width } = layersOf(run.model, 'vpt')
  const form = { count: s.tokens, depth: s.layers === 'deep' ? names.length : 1 }
  const model = withParts(run.model, withVisualPrompts(run.model, form))
  const shape = [form.depth, form.count, width]
  const rng = Rng.of(run.o.seed, 0x3b7)
  const bound = Math.sqrt(6 / (3 * model.image.patch ** 2 + width)) // the reference's xavier_uniform
  const data = Float32Array.from({ length: form.depth * form.count * width }, () => rng.uniform(-bound, bound))
  const { head, notes } = await startHead(run, s.head)
  const adapter = { tensors: new Map([[VISUAL_PROMPTS, { shape, data }]]), adapt: <V>(_: string, value: V) => value }
  const { adapter: learned, other, ...rest } = await tune(run, s, { model, head, trains: () => false, adapter })
  const made = (found: ReadonlyMap<string, Float32Array>) => ({
    added: new Map([[VISUAL_PROMPTS, { shape, data: found.get(VISUAL_PROMPTS)! }]]),
    config: { visual_prompts: form },
  })
  return {
    ...rest,
    ...made(learned),
    ...(other && { other: { ...other, ...made(other.adapter) } }),
    notes: { ...rest.notes, ...notes, parameters: data.length },
  }
}
