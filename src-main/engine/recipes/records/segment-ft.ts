/** Fine-tuning of a segmenter, after CLIPSeg's training: a decoder on a frozen backbone (Lüddecke & Ecker 2022, §4.1). */
import { z } from 'zod'
import { stepsOf } from '../phases.ts'
import { defineRecipe } from '../recipe.ts'
import { segmentTuning, seeing } from '../settings.ts'
import { tuneSegmenter } from '../segment.ts'
import { tuningPhases } from '../tune.ts'

export default defineRecipe({
  id: 'segment-ft',
  order: 22,
  title: { en: 'Fine-tuning of a segmenter', ja: 'セグメンテーションの微調整' },
  about: {
    en: 'Trains what makes masks of words, or the image encoder too (whole, or by low-rank matrices), on accepted masks, not boxes.',
    ja: '採用したラベルのマスクで、単語からマスクを作る部分を、または画像エンコーダーも（全体、または低ランク行列で）学習します。ボックスは使いません。',
  },
  when: {
    en: 'Choose it for outlines instead of boxes: draw some masks of each label first.',
    ja: 'ボックスではなく輪郭がほしいときに。先に各ラベルのマスクをいくつか描いてください。',
  },
  citation: 'Lüddecke & Ecker 2022, Image segmentation using text and image prompts, CVPR',
  task: 'segment',
  needs: ['segment', 'embedText'],
  curve: { phase: 'training', over: 'steps' },
  resumes: 'from the last saved step',
  phases: tuningPhases,
  steps: stepsOf,
  settings: z.strictObject({ ...segmentTuning(), ...seeing }),
  mark: { label: 'Segmenter', shape: 'hexagon', light: '#6a4fb3', dark: '#b3a1f0' },
  run: tuneSegmenter,
})
