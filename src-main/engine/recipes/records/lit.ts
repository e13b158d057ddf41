/**
 * Locked-image tuning (Zhai et al. 2022, LiT, §3): the text tower learns to read out of an image tower that stays as it is. Each picture is
 * seen by it once, as it is. The reference starts from a text tower that knows nothing; this from the model's.
 */
import { z } from 'zod'
import { captionTuning, pairLoss } from '../caption-settings.ts'
import { captioned, captionPhases, tuneCaptions } from '../caption-tune.ts'
import { pairLossOf } from '../pair-loss.ts'
import { featuresPhases } from '../phases.ts'
import { defineRecipe } from '../recipe.ts'
import { shorterTexts } from '../reducing.ts'
import { seeing } from '../settings.ts'

const phases = captionPhases(3)

export default defineRecipe({
  id: 'lit',
  order: 42,
  title: { en: 'Text tower tuned to a locked image tower (LiT)', ja: '画像タワーを固定したテキストタワーの学習（LiT）' },
  about: {
    en: 'Trains the text tower alone on captions; the image tower is locked, so its features of each image are computed once.',
    ja: 'キャプションでテキストタワーだけを学習します。画像タワーは固定し、特徴量は画像ごとに一度だけ計算します。',
  },
  when: {
    en: 'Choose it where the features of images are good already and only your words are new to the model: fast, and large batches fit.',
    ja: '画像の特徴量はすでに良く、言葉だけがモデルにとって新しいときに。速く、大きなバッチが使えます。',
  },
  citation: 'Zhai et al. 2022, LiT: zero-shot transfer with locked-image text tuning, arXiv:2111.07991',
  ...captioned,
  phases: (s, images) => [...featuresPhases(images), ...phases({ ...s, qualityBins: 0 }, images)],
  settings: z.strictObject({ ...captionTuning(5e-5), ...pairLoss, ...shorterTexts, ...seeing }),
  mark: { label: 'LiT', shape: 'lock', light: '#4b5f1e', dark: '#b4d06a' },
  run: (run, s) =>
    tuneCaptions(run, s, {
      ...{ recipe: 'lit', pictures: 'locked', trains: ({ part }) => part === 'text' || part === 'joint' },
      ...pairLossOf(run.model, s),
    }),
})
