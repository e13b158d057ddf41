/** Settings that keep a fine-tuning from overfitting, or near the model that it starts from. All of them are off unless chosen. */
import { z } from 'zod'
import { setting } from '#shared/model/words.ts'

const share = z.number().positive().max(10)

/** Of every recipe that trains on pictures step by step (mix.ts, teacher.ts). */
export const regularising = {
  mix: setting(
    z.enum(['none', 'mixup', 'cutmix', 'both']).default('none'),
    'Blend each picture and its label with another of the batch (mixup), or paste a part of that one into it (cutmix); both: one of ' +
      'them a batch. Choose it where training overfits and runs for many epochs',
    'バッチ内の別の画像とラベルごと混ぜる（mixup）、または別の画像の一部を貼る（cutmix）。both：バッチごとにどちらか。過学習し、エポック数が多いときに',
    { name: ['Mixed pictures', '画像の混合'], advanced: true },
  ),
  mixupAlpha: setting(
    share.default(0.2),
    'With mixup, shares come from Beta(alpha, alpha): the larger, the more alike',
    'mixup の割合は Beta(α, α) から。大きいほど半々に近づきます',
    { name: ['Mixup alpha', 'mixup の α'], advanced: true },
  ),
  cutmixAlpha: setting(
    share.default(1),
    'With cutmix, the kept share of the area comes from Beta(alpha, alpha); 1: all shares are as likely',
    'cutmix で残す面積の割合は Beta(α, α) から。1：どの割合も等確率',
    { name: ['CutMix alpha', 'cutmix の α'], advanced: true },
  ),
  distill: setting(
    z.enum(['none', 'logits', 'features', 'both']).default('none'),
    'Hold what the base says of the same picture: its logits (LwF; its own classifier’s, else the zero-shot ones), its feature, or both. ' +
      'Choose it to forget less where its knowledge is still needed; a step takes about a third longer',
    '同じ画像に対する元のモデルの出力を保つ：ロジット（LwF。元の分類器、なければゼロショット）、特徴量、または両方。元の知識を忘れさせたくないときに。1 ステップが約 3 割長くなります',
    { name: ['Distil from the base', '元のモデルからの蒸留'], advanced: true },
  ),
  distillWeight: setting(
    z.number().positive().max(1000).default(1),
    'Weight (lambda) of that loss beside the task’s',
    'タスクの損失に対する、その損失の重み（λ）',
    { name: ['Distillation weight', '蒸留の重み'], advanced: true },
  ),
  distillTemperature: setting(
    z.number().min(0.1).max(100).default(2),
    'With logits, they are divided by it: the larger, the more the less likely classes count',
    'ロジットをこの値で割ります。大きいほど可能性の低いクラスも重く数えます',
    { name: ['Distillation temperature', '蒸留の温度'], advanced: true },
  ),
}

/** Of recipes that train the model's own tensors (start-point.ts, depth.ts). */
export const anchoring = {
  l2sp: setting(
    z.boolean().default(false),
    'Draw the weights towards those of the base instead of towards zero; takes the place of weight decay. Choose it with few images',
    '重みをゼロではなく元のモデルの重みへ引き寄せます（L2-SP）。重み減衰の代わりになります。画像が少ないときに',
    { name: ['Near the base (L2-SP)', '元の重みを保つ（L2-SP）'], advanced: true },
  ),
  l2spAlpha: setting(
    z.number().min(0).max(1000).default(0.1),
    'With L2-SP, half the squared distance to the base counts so much',
    'L2-SP で、元の重みとの距離の 2 乗の半分に掛ける係数',
    { name: ['L2-SP alpha', 'L2-SP の α'], advanced: true },
  ),
  l2spBeta: setting(
    z.number().min(0).max(1000).default(0.01),
    'With L2-SP, half the squared length of the classifier counts so much',
    'L2-SP で、分類器の長さの 2 乗の半分に掛ける係数',
    { name: ['L2-SP beta', 'L2-SP の β'], advanced: true },
  ),
  layerDecay: setting(
    z.number().positive().max(1).default(1),
    'Factor of the learning rate from each layer to the one below it (1: all alike; BEiT 0.65). Choose it for large models, whose first ' +
      'layers need least change',
    '1 つ下の層へ移るごとに学習率に掛ける係数（1：全層同じ。BEiT は 0.65）。最初のほうの層をあまり変えたくない大きなモデルに',
    { name: ['Layer-wise rate decay', '層ごとの学習率の減衰'], advanced: true },
  ),
  unfreezeEvery: setting(
    z.int().min(0).max(1000).default(0),
    'Train the classifier alone at first, then one block more after so many epochs, the last one first (0: all at once; ULMFiT 1). ' +
      'Choose it where a new classifier would disturb good features',
    '最初は分類器だけを、以後この数のエポックごとに後ろから 1 ブロックずつ加えて学習します（0：最初から全部。ULMFiT は 1）。新しい分類器が良い特徴量を乱しそうなときに',
    { name: ['Unfreeze a block every', 'ブロック解凍の間隔'], advanced: true },
  ),
}

type Values<S extends Record<string, z.ZodType>> = { readonly [K in keyof S]: z.output<S[K]> }
export type Regularising = Values<typeof regularising>
export type Anchoring = Values<typeof anchoring>

/** Settings without those of regularisers that are off: they change nothing. */
export function withoutIdle(settings: Record<string, unknown>): Record<string, unknown> {
  const { mix = 'none', mixupAlpha, cutmixAlpha, distill = 'none', distillWeight, distillTemperature, ...others } = settings
  const { l2sp = false, l2spAlpha, l2spBeta, layerDecay = 1, unfreezeEvery = 0, ...more } = others
  const { randOps, randMagnitude, reducedShare = 0, patchShare, sideShare, textTokens, ...also } = more
  const { extraViews = 'none', viewsWeight, viewsTemperature, ...rest } = also
  return {
    ...rest,
    ...(mix !== 'none' && { mix, ...(mix !== 'cutmix' && { mixupAlpha }), ...(mix !== 'mixup' && { cutmixAlpha }) }),
    ...(distill !== 'none' && { distill, distillWeight, ...(distill !== 'features' && { distillTemperature }) }),
    ...(l2sp === true && { l2sp, l2spAlpha, l2spBeta }),
    ...(rest['augmentation'] === 'randaugment' && { randOps, randMagnitude }),
    ...(reducedShare !== 0 && { reducedShare, patchShare, sideShare, textTokens }),
    ...(extraViews !== 'none' && {
      extraViews,
      ...((extraViews === 'slip' || extraViews === 'neighbours') && { viewsWeight }),
      ...(extraViews === 'slip' && { viewsTemperature }),
    }),
    ...(layerDecay !== 1 && { layerDecay }),
    ...(unfreezeEvery !== 0 && { unfreezeEvery }),
  }
}
