/**
 * Norm tuning (Zhao et al. 2023, Tuning LayerNorm in attention, arXiv:2312.11420; peft's tuners/ln_tuning): trains the
 * head and the norms, gains and biases, as De Min et al. 2023 (arXiv:2308.09610) do in vision transformers.
 */
import { z } from 'zod'
import { demandsOfHead } from '../heads.ts'
import { defineRecipe } from '../recipe.ts'
import { seeing, startingHead, tuningWeights } from '../settings.ts'
import { tuned, tuneFew } from '../tune.ts'

export default defineRecipe({
  id: 'norm-only',
  order: 8,
  title: { en: 'Norm tuning', ja: '正規化層のみの調整' },
  about: {
    en: 'Trains only the norms of the image tower, a tiny part of it, and the classifier.',
    ja: '画像タワーのごく一部である正規化層と、分類器だけを学習します。',
  },
  when: {
    en: 'Choose it when pictures differ in look rather than in content, such as another camera or drawing style.',
    ja: '内容ではなく見た目（カメラや画風など）が違うときに。',
  },
  citation: 'Zhao et al. 2023, Tuning LayerNorm in attention: Towards efficient multi-modal LLM finetuning, arXiv:2312.11420',
  ...tuned,
  demands: demandsOfHead,
  settings: z.strictObject({ ...tuningWeights(1e-3), ...seeing, ...startingHead }),
  mark: { label: 'Norm tuning', shape: 'star', light: '#5a6410', dark: '#c3d36a' },
  run: (run, settings) => tuneFew(run, settings, ({ part, ofNorm }) => part === 'image' && ofNorm === true),
})
