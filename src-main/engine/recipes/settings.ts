/** Settings shared by several recipes. Forms, `--set key=value` and help are generated from a recipe's schema. */
import { z } from 'zod'
import { seeingShape } from '#shared/model/seeing.ts'
import { setting } from '#shared/model/words.ts'
import { classWeightings } from '../tasks/balance.ts'
import { anchoring, regularising } from './regularising.ts'

export { setting }

export const epochs = (n: number) =>
  setting(z.int().min(1).max(10_000).default(n), 'Passes over the training images', '学習画像を通す回数', {
    name: ['Epochs', 'エポック数'],
  })
export const batchSize = (n: number) =>
  setting(z.int().min(1).max(4096).default(n), 'Images a step', '1 ステップの画像数', { name: ['Batch size', 'バッチサイズ'] })
export const rate = (lr: number) =>
  setting(z.number().positive().max(10).default(lr), 'Peak learning rate', '学習率の最大値', { name: ['Learning rate', '学習率'] })
export const warmup = (share: number) =>
  setting(z.number().min(0).max(1).default(share), 'Share of the steps in which the rate rises', '学習率を上げていくステップの割合', {
    name: ['Warm-up', 'ウォームアップ'],
    advanced: true,
  })
export const decay = (wd: number) =>
  setting(z.number().min(0).max(1).default(wd), 'Weight decay', '重み減衰', { name: ['Weight decay', '重み減衰'], advanced: true })

/** Of the matrices that a recipe for regions may train beside the image tower (beside.ts). */
export const rank = setting(z.int().min(1).max(1024).default(8), 'With lora, rank of the update', 'lora のときの更新の階数', {
  name: ['LoRA rank', 'LoRA の階数'],
  advanced: true,
})

/** How much each class counts (tasks/balance.ts). */
export const weighing = {
  classWeights: setting(
    z.enum(classWeightings).default('none'),
    'Whether rare classes count more: not, in inverse proportion to their images, or by their effective number of images',
    '少ないクラスを重く数えるか：しない、画像数に反比例、または有効サンプル数による',
    { name: ['Class weights', 'クラスの重み'], advanced: true },
  ),
  beta: setting(
    z.number().min(0).max(0.99999).default(0.99),
    'With effective, how soon more images of a class add nothing new (0: every class counts the same)',
    'effective のとき、同じクラスの画像が増えても新しい情報が増えなくなる速さ（0：全クラス同じ重み）',
    { name: ['Beta', 'β'], advanced: true },
  ),
}

export const sampling = setting(
  z.enum(['shuffled', 'balanced']).default('shuffled'),
  'How training images are drawn: each once per pass, or each class equally often',
  '学習画像の選び方：1 回ずつ、またはどのクラスも同じ回数',
  { name: ['Sampling', '画像の選び方'], advanced: true },
)

const augmentations = ['none', 'light', 'strong', 'randaugment'] as const
/** How training pictures are varied (views.ts). */
export const augmented = (usual: (typeof augmentations)[number]) => ({
  augmentation: setting(
    z.enum(augmentations).default(usual),
    'How much training pictures are varied; randaugment: as light, then by operations drawn at random',
    '学習画像をどれだけ変化させるか。randaugment：light に加えて、無作為に選んだ操作を施します',
    { name: ['Augmentation', 'データ拡張'] },
  ),
  randOps: setting(
    z.int().min(1).max(10).default(2),
    'With randaugment, operations on a picture (N)',
    'randaugment のとき、1 枚に施す操作の数（N）',
    { name: ['RandAugment operations', 'RandAugment の操作数'], advanced: true },
  ),
  randMagnitude: setting(
    z.int().min(0).max(30).default(9),
    'With randaugment, how strong the operations are (M), of 30',
    'randaugment のとき、操作の強さ（M）。最大 30',
    { name: ['RandAugment magnitude', 'RandAugment の強さ'], advanced: true },
  ),
})
export type Augmenting = { readonly [K in keyof ReturnType<typeof augmented>]: z.output<ReturnType<typeof augmented>[K]> }

export const momentum = setting(z.number().min(0).max(0.999).default(0.9), 'SGD momentum', 'SGD のモーメンタム', {
  name: ['Momentum', 'モーメンタム'],
  advanced: true,
})

export const checkpointed = {
  checkpointing: setting(
    z.boolean().default(false),
    'Of each layer keep only what enters it, and compute the rest once more for the gradient: much less memory, about a third more time',
    '各層の入力だけを残し、残りは勾配のときに計算し直します。メモリーは大きく減り、時間は約 3 分の 1 増えます',
    { name: ['Gradient checkpointing', '勾配チェックポイント'], advanced: true },
  ),
}

/** A learned context before or among a class name (prompts.ts). */
export const contextual = (length = 4) => ({
  contextLength: setting(z.int().min(1).max(64).default(length), 'Learned tokens beside the class name', 'クラス名に添える学習トークン数', {
    name: ['Context tokens', '文脈トークン数'],
  }),
  init: setting(
    z.enum(['words', 'random']).default('words'),
    'Start from the words “a picture of a”, or from noise',
    '語句「a picture of a」から始めるか、乱数から始めるか',
    { name: ['Prompt starts from', 'プロンプトの初期値'] },
  ),
  ...checkpointed,
})

/** Which weights of a training are kept, and when it ends (fit.ts). Epochs are judged on the split `val`. */
export const keeping = {
  keep: setting(
    z.enum(['last', 'best', 'both']).default('last'),
    'Which weights become the checkpoint: the last, those of the best epoch on the validation split, or both (the last as a second one)',
    'チェックポイントにする重み：最後のもの、検証用の分割で最良だったエポックのもの、または最良のものに加えて最後のものも別のチェックポイントに',
    { name: ['Keep', '残す重み'] },
  ),
  patience: setting(
    z.int().min(0).max(1000).default(0),
    'Stop after so many epochs without getting better on the validation split (0: never)',
    '検証用の分割で良くならないエポックがこの数だけ続いたら終了（0：しない）',
    { name: ['Early stopping', '早期終了'], advanced: true },
  ),
  minDelta: setting(
    z.number().min(0).default(0),
    'How much better an epoch must be to count for that',
    'そのとき、良くなったとみなす最小の差',
    { name: ['Least improvement', '改善の最小幅'], advanced: true },
  ),
}
export type Keeping = { [K in keyof typeof keeping]: z.output<(typeof keeping)[K]> }

export const accumulated = setting(
  z.int().min(1).max(1024).default(1),
  'Batches whose gradients are averaged before an update',
  '更新前に勾配を平均するバッチ数',
  { name: ['Accumulation', '勾配の累積'], advanced: true },
)

export const clipped = setting(z.number().positive().default(1), 'Largest gradient norm', '勾配ノルムの上限', {
  name: ['Gradient clipping', '勾配クリッピング'],
  advanced: true,
})

export const averaged = setting(
  z.number().min(0).max(0.99999).default(0),
  'Decay of a moving average of the weights, which is then kept (0: none)',
  '重みの移動平均の減衰率。平均のほうを残します（0：なし）',
  { name: ['Weight averaging', '重みの平均（EMA）'], advanced: true },
)

/** Gradient-descent training of a model and a classifier head (tune.ts). */
export const tuning = (lr: number, weightDecay = 0.1) => ({
  epochs: epochs(10),
  batchSize: batchSize(32),
  lr: rate(lr),
  warmup: warmup(0.1),
  weightDecay: decay(weightDecay),
  clipNorm: clipped,
  labelSmoothing: setting(z.number().min(0).max(0.9).default(0), 'Label smoothing', 'ラベル平滑化', {
    name: ['Label smoothing', 'ラベル平滑化'],
    advanced: true,
  }),
  ...augmented('light'),
  ...regularising,
  accumulate: accumulated,
  ema: averaged,
  ...checkpointed,
  ...keeping,
  ...weighing,
  sampling,
})

/** The same of tensors of the model's own. */
export const tuningWeights = (...defaults: Parameters<typeof tuning>) => ({ ...tuning(...defaults), ...anchoring })

/** Training of a segmenter on masks (segment.ts). */
export const segmentTuning = () => ({
  epochs: epochs(20),
  batchSize: batchSize(4),
  accumulate: accumulated,
  lr: rate(2e-4),
  warmup: warmup(0.1),
  weightDecay: decay(0.01),
  clipNorm: clipped,
  ema: averaged,
  trains: setting(
    z.enum(['decoder', 'all', 'lora']).default('decoder'),
    'What is trained: the decoder of masks alone, the image encoder too, or small matrices beside it; texts are read as before',
    '学習する部分：マスクのデコーダーだけ、画像エンコーダーも、またはエンコーダーに添えた小さな行列も。テキストの読み方は変えません',
    { name: ['Trained part', '学習する部分'] },
  ),
  r: rank,
  queries: setting(
    z.int().min(1).max(64).default(4),
    'Labels asked of an image in a step: half of them its own, the others as far as there are',
    '1 ステップで 1 枚の画像に尋ねるラベル数：半分はその画像のもの、残りはほかのラベル',
    { name: ['Labels per image', '画像あたりのラベル数'], advanced: true },
  ),
  ...keeping,
  crop: setting(
    z.number().min(0.05).max(1).default(0.5),
    'Smallest part of an image’s area that is shown, at random and perhaps mirrored (1: always the whole image)',
    '見せる部分の最小面積の割合。無作為に切り出し、左右反転もします（1：常に画像全体）',
    { name: ['Smallest crop', '切り抜きの最小面積'], advanced: true },
  ),
})

/** Initial value of the classifier (heads.ts). */
export const startingHead = {
  head: setting(
    z.enum(['zero-shot', 'random']).default('zero-shot'),
    'What the classifier starts from; at random where the model reads no texts',
    '分類器の初期値。テキストを読まないモデルでは乱数から',
    { name: ['Classifier starts from', '分類器の初期値'] },
  ),
}

/** Linear probe: L2-regularised logistic regression on cached features, with a sweep over its strength C (probe.ts). */
export const probing = {
  cMin: setting(
    z.number().positive().default(1e-4),
    'Smallest C (inverse strength of the L2 penalty)',
    'C の最小値（L2 罰則の強さの逆数）',
    { name: ['Smallest C', 'C の最小値'], advanced: true },
  ),
  cMax: setting(z.number().positive().default(1e5), 'Largest C', 'C の最大値', { name: ['Largest C', 'C の最大値'], advanced: true }),
  cCount: setting(z.int().min(1).max(200).default(28), 'How many, in equal ratios', '等比で試す個数', {
    name: ['Values of C', '試す C の個数'],
  }),
  iterations: setting(
    z.int().min(1).max(100_000).default(1000),
    'Most steps of the solver (conjugate gradients) for each C',
    '各 C での解法（共役勾配法）の反復の上限',
    { name: ['Iterations', '反復の上限'] },
  ),
  tolerance: setting(
    z.number().positive().max(1).default(3e-8),
    'Each C is solved until no entry of the gradient of the mean loss is larger; more is faster and less exact',
    '平均損失の勾配のどの成分もこの値以下になるまで解きます。大きいほど速く、粗くなります',
    { name: ['Tolerance', '許容誤差'], advanced: true },
  ),
  ...weighing,
}

/** A cache of the training images' features (cache-model.ts), weighed on the split `val`. */
export const caching = {
  ...augmented('light'),
  views: setting(
    z.int().min(1).max(100).default(10),
    'Varied views of a training image whose features are averaged, unless pictures are not varied',
    '特徴量を平均する、変化させた学習画像の枚数。画像を変化させないときは使いません',
    { name: ['Views of an image', '1 枚あたりの変化数'] },
  ),
  alphaMost: setting(
    z.number().min(0.2).max(1000).default(3),
    'Largest weight of the cache that is tried',
    '試すキャッシュの重みの最大値',
    { name: ['Largest alpha', 'α の最大値'], advanced: true },
  ),
  alphaSteps: setting(z.int().min(1).max(200).default(20), 'How many weights are tried', '試す重みの個数', {
    name: ['Values of alpha', '試す α の個数'],
    advanced: true,
  }),
  betaMost: setting(
    z.number().min(0.2).max(1000).default(7),
    'Largest sharpness that is tried: how much nearer images count more',
    '試す鋭さの最大値：近い画像をどれだけ重く数えるか',
    { name: ['Largest beta', 'β の最大値'], advanced: true },
  ),
  betaSteps: setting(z.int().min(1).max(1000).default(200), 'How many values of sharpness are tried', '試す鋭さの個数', {
    name: ['Values of beta', '試す β の個数'],
    advanced: true,
  }),
}

/** How images are prepared; common to all recipes. */
export const seeing = {
  deep: setting(
    seeingShape.deep,
    'Samples of more than 8 bits: clipped as in Pillow, scaled by their range, or between percentiles',
    '8 ビットを超えるピクセル値：Pillow と同じく切り詰める、値域全体を使う、百分位の間を使う',
    { name: ['Deep pixels', '深い画素値'], advanced: true },
  ),
  interpolate: setting(
    seeingShape.interpolate,
    'Take a crop of another size than the model’s, by interpolating its positions',
    'モデルと違う大きさの切り抜きを、位置の補間で受け入れる',
    { name: ['Other crop sizes', '異なる切り抜きサイズ'], advanced: true },
  ),
}

/** Of trainings of the whole image tower (recipes/drop-path.ts). */
export const depth = {
  dropPath: setting(
    z.number().min(0).max(0.9).default(0),
    'Stochastic depth: how often the last layer’s branches are left out while training, the first layer’s never; 0: none',
    '確率的深さ：学習中に最後の層の枝を省く割合（最初の層では 0）。0 なら使いません',
    { name: ['Stochastic depth', '確率的深さ'], advanced: true },
  ),
}
