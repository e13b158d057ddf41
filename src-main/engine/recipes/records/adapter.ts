/**
 * Bottleneck adapters (models/bottleneck.ts): the image tower is frozen but for them, and in Houlsby's form for its norms,
 * which the paper trains too (§2.1); and the classifier. They start near nothing: truncated normal weights of deviation 0.01,
 * biases 0.
 */
import { z } from 'zod'
import { Rng } from '../../data/rng.ts'
import { bottleneckTensors, withBottlenecks } from '../../models/bottleneck.ts'
import { demandsOfHead, startHead } from '../heads.ts'
import { type OwnTensor, withParts } from '../overlay.ts'
import { defineRecipe } from '../recipe.ts'
import { trainedTensors } from '../reparametrise.ts'
import type { Run, Trained } from '../run.ts'
import { seeing, setting, startingHead, tuning } from '../settings.ts'
import { tune, tuned } from '../tune.ts'

const DEVIATION = 0.01

const settings = z.strictObject({
  form: setting(
    z.enum(['houlsby', 'pfeiffer']).default('pfeiffer'),
    'Where they stand: after each attention and MLP, with norms trained too (houlsby), or after each MLP (pfeiffer)',
    '置く場所：各アテンションと各 MLP の後（houlsby、正規化層も学習）、または各 MLP の後だけ（pfeiffer）',
    { name: ['Form', '形式'] },
  ),
  width: setting(z.int().min(1).max(4096).default(16), 'Hidden units of an adapter', 'アダプターの隠れユニット数', {
    name: ['Adapter width', 'アダプターの幅'],
  }),
  ...tuning(1e-3, 0),
  ...seeing,
  ...startingHead,
})

export default defineRecipe({
  id: 'adapter',
  order: 6.4,
  title: { en: 'Bottleneck adapters', ja: 'ボトルネックアダプター' },
  about: {
    en: 'Trains small networks between the layers of the image tower, and the classifier; they stay in the checkpoint, unmerged.',
    ja: '画像タワーの層の間に挟む小さなネットワークと分類器を学習します。チェックポイントに残り、重みへの統合はできません。',
  },
  when: {
    en: 'Choose it where LoRA learns too little and images are many; not if other programs are to read the model.',
    ja: '画像が多く、LoRA では足りないときに。ほかのプログラムでモデルを使う場合には向きません。',
  },
  citation: 'Houlsby et al. 2019, Parameter-efficient transfer learning for NLP, arXiv:1902.00751',
  ...tuned,
  demands: demandsOfHead,
  settings,
  mark: { label: 'Adapters', shape: 'ell', light: '#1f6f5c', dark: '#6fd3b8' },
  run: tuneAdapters,
})

async function tuneAdapters(run: Run, s: z.output<typeof settings>): Promise<Trained> {
  const form = { form: s.form, width: s.width }
  const model = withParts(run.model, withBottlenecks(run.model, form, 'adapter'))
  const tensors = new Map(
    [...bottleneckTensors(run.model, form, 'adapter')].map(([name, { shape, kind }], i): [string, OwnTensor] => {
      const rng = Rng.of(run.o.seed, 0xada, i)
      const n = shape.reduce((product, d) => product * d, 1)
      return [name, { shape, data: Float32Array.from({ length: n }, () => (kind === 'bias' ? 0 : DEVIATION * truncated(rng))) }]
    }),
  )
  const { head, notes } = await startHead(run, s.head)
  const trained = await tune(run, s, {
    ...{ model, head, adapter: { tensors, adapt: <V>(_: string, value: V) => value } },
    trains: (_, { part, ofNorm }) => s.form === 'houlsby' && part === 'image' && ofNorm === true,
  })
  const { adapter: learned, other, ...rest } = trained
  const made = (found: ReadonlyMap<string, Float32Array>) => ({
    added: trainedTensors(tensors, found),
    config: { bottleneck_adapters: form },
  })
  const parameters = [...learned.values(), ...rest.weights.values()].reduce((sum, { length }) => sum + length, 0)
  return {
    ...rest,
    ...made(learned),
    ...(other && { other: { ...other, ...made(other.adapter) } }),
    notes: { ...rest.notes, ...notes, parameters },
  }
}

/** A normal number within two deviations. */
function truncated(rng: Rng): number {
  for (;;) {
    const x = rng.normal()
    if (Math.abs(x) <= 2) return x
  }
}
