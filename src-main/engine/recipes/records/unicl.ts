/**
 * Unified contrastive learning (Yang et al. 2022, UniCL, eq. 2-4; microsoft/UniCL main.py): captions and labels in one loss. A label is a
 * text made of its class, and all images and texts of one class in a batch are positives of each other; a caption has its own image.
 */
import { z } from 'zod'
import { captionTuning, varied } from '../caption-settings.ts'
import { captionPhases, labelled, ofTowers, tuneCaptions } from '../caption-tune.ts'
import { softTargetLoss } from '../pair-loss.ts'
import { defineRecipe } from '../recipe.ts'
import { reducing } from '../reducing.ts'
import { seeing } from '../settings.ts'

export default defineRecipe({
  id: 'unicl',
  order: 43,
  title: { en: 'Labels and captions in one loss (UniCL)', ja: 'ラベルとキャプションの統合学習（UniCL）' },
  about: {
    en: 'Trains both towers on captions and labels together: all images of a class match its name, a caption matches its own image.',
    ja: 'キャプションとラベルで両方のタワーを同時に学習します。クラスの全画像がその名前に、キャプションは自分の画像に対応します。',
  },
  when: {
    en: 'Choose it where some images have labels and others captions, and one model is to classify and to search by words.',
    ja: 'ラベル付きの画像とキャプション付きの画像があり、分類と言葉での検索を 1 つのモデルで行いたいときに。',
  },
  citation: 'Yang et al. 2022, Unified contrastive learning in image-text-label space, arXiv:2204.03610',
  ...labelled,
  phases: captionPhases(5),
  settings: z.strictObject({ ...captionTuning(1e-5), ...varied, ...reducing, ...seeing }),
  mark: { label: 'UniCL', shape: 'crown', light: '#9b3d72', dark: '#f0a3cc' },
  run: (run, s) => tuneCaptions(run, s, { ...{ recipe: 'unicl', labels: true, pictures: s, trains: ofTowers }, ...softTargetLoss }),
})
