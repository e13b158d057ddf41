/**
 * Contrastive training on captions, as models with two towers are pre-trained: CLIP's loss (Radford et al. 2021, figure 3), or SigLIP's
 * sigmoid loss with a learned temperature and bias (Zhai et al. 2023, §3.2). The losses are a setting, since all else is the same.
 */
import { z } from 'zod'
import { captioned, captionPhases, ofTowers, tuneCaptions } from '../caption-tune.ts'
import { captionTuning, pairLoss, varied } from '../caption-settings.ts'
import { pairLossOf } from '../pair-loss.ts'
import { extraViews, viewing } from '../extra-views.ts'
import { defineRecipe } from '../recipe.ts'
import { reducing } from '../reducing.ts'
import { seeing } from '../settings.ts'

export default defineRecipe({
  id: 'captions',
  order: 41,
  title: { en: 'Contrastive training on captions (CLIP, SigLIP)', ja: 'キャプションによる対比学習（CLIP・SigLIP）' },
  about: {
    en: 'Trains both towers so that each image and its captions find each other among all of a batch.',
    ja: 'バッチの中で画像とそのキャプションが互いを見つけられるように、両方のタワーを学習します。',
  },
  when: {
    en: 'Choose it to search your images by words, when they have captions that say what tells them apart.',
    ja: '画像ごとの違いを述べたキャプションがあり、言葉で画像を探したいときに。',
  },
  citation:
    'Radford et al. 2021, Learning transferable visual models from natural language supervision, arXiv:2103.00020; Zhai et al. 2023, ' +
    'Sigmoid loss for language image pre-training, arXiv:2303.15343',
  ...captioned,
  phases: (s, images) => captionPhases({ none: 5, neighbours: 7, slip: 11, declip: 11 }[s.extraViews])(s, images),
  settings: z.strictObject({ ...captionTuning(1e-5), ...varied, ...pairLoss, ...reducing, ...viewing, ...seeing }),
  mark: { label: 'Captions', shape: 'bubble', light: '#7a5c00', dark: '#e2c25a' },
  run: (run, s) =>
    tuneCaptions(run, s, {
      ...{ recipe: 'captions', pictures: s, trains: ofTowers, views: extraViews(run.model, s, run.o.seed) },
      ...pairLossOf(run.model, s),
    }),
})
