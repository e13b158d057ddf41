import { z } from 'zod'
import { weighedByQuality } from './caption-quality.ts'
import { augmented, averaged, batchSize, checkpointed, clipped, decay, epochs, keeping, rate, setting, warmup } from './settings.ts'

/** How many pairs are told apart from each other in an update (contrast-trainer.ts). */
export const effective = setting(
  z.int().min(0).max(65_536).default(0),
  'Images told apart from each other in one update, encoded a batch at a time with the gradient of one large batch (0: a batch)',
  '1 回の更新で互いに区別する画像数。1 バッチずつ符号化し、大きな 1 バッチと同じ勾配になります（0：バッチサイズと同じ）',
  { name: ['Effective batch', '実効バッチサイズ'] },
)

/** Batches of an update that are compared with each other. */
export const slicesOf = (s: { readonly batchSize: number; readonly effectiveBatch: number }): number =>
  Math.max(1, Math.ceil(s.effectiveBatch / s.batchSize))

/** Training by pairs of images and captions, of any of its losses (caption-tune.ts). */
export const captionTuning = (lr: number) => ({
  epochs: epochs(10),
  batchSize: batchSize(64),
  effectiveBatch: effective,
  lr: rate(lr),
  warmup: warmup(0.1),
  weightDecay: decay(0.1),
  clipNorm: clipped,
  ema: averaged,
  ...checkpointed,
  ...weighedByQuality,
  ...keeping,
})

/** Of recipes that train the image tower. */
export const varied = augmented('light')

export const pairLoss = {
  loss: setting(
    z.enum(['softmax', 'sigmoid']).default('softmax'),
    'Loss: each image picks its caption among those of its batch and the other way round (CLIP), or each pair is judged by itself (SigLIP)',
    '損失：バッチの中から互いの相手を当てる（CLIP）、または組ごとに合うかどうかを判定する（SigLIP）',
    { name: ['Loss', '損失'] },
  ),
  temperature: setting(
    z.number().positive().max(100).default(10),
    'With sigmoid, what similarities are multiplied by at first, where the model brings no bias of its own',
    'sigmoid のとき、類似度に掛ける値の初期値。モデル自身にバイアスがないときに使います',
    { name: ['Scale at first', '倍率の初期値'], advanced: true },
  ),
  bias: setting(
    z.number().min(-100).max(100).default(-10),
    'With sigmoid, what is added to them at first, where the model brings no bias of its own',
    'sigmoid のとき、それに足す値の初期値。モデル自身にバイアスがないときに使います',
    { name: ['Bias at first', 'バイアスの初期値'], advanced: true },
  ),
}
