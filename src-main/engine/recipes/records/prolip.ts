/**
 * ProLIP (Fahes et al. 2024, "CLIP's visual embedding projector is a few-shot cornucopia", §3.2; astra-vision/ProLIP): the
 * projection W of the image tower into the space of images and texts is all that is trained, by cross-entropy against the
 * zero-shot classifier + λ ‖W − W⁰‖² with λ = 1/N for N images of a class, by Adam on all images at once. The reference
 * varies images anew in each epoch; here that is a setting, and without it their features before W are computed once.
 */
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Architecture, ImageTower } from '../../models/model.ts'
import type { Params } from '../../nn/params.ts'
import { gemm, l2Normalize, mul, reduceSumSquare, sub } from '../../ops/index.ts'
import type { Value } from '../../graph/graph.ts'
import { adamW } from '../../optim/optimizer.ts'
import type { Head } from '../../weights/head.ts'
import { fitFrozen } from '../frozen-fit.ts'
import { startHead } from '../heads.ts'
import { withParts } from '../overlay.ts'
import { featuresPhases, stepsOf } from '../phases.ts'
import { defineRecipe } from '../recipe.ts'
import { Run, type Trained } from '../run.ts'
import { accumulated, augmented, batchSize, epochs, keeping, rate, seeing, setting, warmup } from '../settings.ts'

const settings = z.strictObject({
  hold: setting(
    z.number().min(0).max(1000).default(1),
    'How strongly the projection is held at its start: the squared distance counts so much, divided by the images of a class (0: not)',
    '射影を初期値に引き留める強さ。距離の 2 乗に掛ける係数で、クラスあたりの画像数で割られます（0：引き留めない）',
    { name: ['Hold at the start', '初期値への引き留め'] },
  ),
  epochs: epochs(300),
  batchSize: batchSize(4096),
  accumulate: accumulated,
  lr: rate(1e-5),
  warmup: warmup(0),
  ...augmented('none'),
  ...keeping,
  ...seeing,
})

export default defineRecipe({
  id: 'prolip',
  order: 34.5,
  title: { en: 'Projection of images alone (ProLIP)', ja: '画像の射影だけの調整（ProLIP）' },
  about: {
    en: 'Trains the last matrix of the image tower, held near its start; class names stay the classifier, as they are.',
    ja: '画像タワーの最後の行列だけを、初期値の近くに保ちながら学習します。分類器はクラス名のままです。',
  },
  when: {
    en: 'Choose it for 1 to 16 images a class, as a quick and steady start: it takes seconds, and its rate hardly matters.',
    ja: 'クラスあたり 1～16 枚で、手早く安定した結果がほしいときに。数秒で終わり、学習率にもほとんど左右されません。',
  },
  citation: 'Fahes et al. 2024, CLIP’s visual embedding projector is a few-shot cornucopia, arXiv:2410.05270',
  task: 'classify',
  needs: ['embedImage', 'embedText'],
  settings,
  mark: { label: 'ProLIP', shape: 'steps', light: '#1f5f8a', dark: '#8cc8f2' },
  curve: { phase: 'training', over: 'steps' },
  resumes: 'from the last saved step',
  phases: (s, images) => [
    ...featuresPhases(images),
    { name: 'training', cost: Math.max(1, s.epochs * images('train') * (s.augmentation === 'none' ? 0.01 : 1)), measures: true },
  ],
  steps: stepsOf,
  run: tuneProjection,
})

/** @throws a user error if the image tower does not end in a projection */
export function projectionOf({ image, family }: Architecture): NonNullable<ImageTower['projection']> {
  if (!image.projection) throw userError(sentence('recipe.no-projection', { recipe: 'prolip', family: family.name }))
  return image.projection
}

/** Logits of features [b, width] before the projection, and λ ‖W − W⁰‖². @param start W⁰ [dim, width] */
export function projecting(
  { weight, width }: NonNullable<ImageTower['projection']>,
  { head, start, lambda }: { readonly head: Head; readonly start: Float32Array; readonly lambda: number },
) {
  const shape = [head.dim, width]
  return {
    logits(p: Params, features: Value): Value {
      const projected = l2Normalize(gemm(features, p.get(weight, shape), undefined, { transB: true }))
      const classes = p.graph.constant(head.weight, 'float32', [head.classes.length, head.dim])
      return gemm(projected, classes, p.graph.constant(head.bias, 'float32', [head.classes.length]), { transB: true })
    },
    penalty: (p: Params): Value => mul(reduceSumSquare(sub(p.get(weight, shape), p.graph.constant(start, 'float32', shape))), lambda),
  }
}

async function tuneProjection(run: Run, s: z.output<typeof settings>): Promise<Trained> {
  const { model } = run
  const { image } = model
  const projection = projectionOf(model)
  const { weight, width, pooled } = projection
  const { head } = await startHead(run, 'zero-shot')
  const tower = { ...image, unit: false, config: { ...(image.config as object), before: weight }, embed: pooled }
  const lambda = (s.hold * head.classes.length) / Math.max(1, run.split('train').n)
  const before = new Run({ ...run.o, model: withParts(model, { dim: width, image: tower }) })
  try {
    const { weights, other, ...rest } = await fitFrozen(before, {
      ...{ phase: 'training', settings: s, source: model.weights, trains: weight, optimizer: adamW({ weightDecay: 0 }) },
      ...projecting(projection, { head, start: model.weights.float32(weight), lambda }),
    })
    return {
      ...rest,
      ...{ weights, head, ...(other && { other: { ...other, head } }) },
      notes: { ...rest.notes, parameters: head.dim * width, lambda },
    }
  } finally {
    await before.end()
  }
}
