/**
 * Grounding of captions' words, after OpenSeg (Ghiasi et al. 2022, §3.2): masked means of a contrastive model's patches are
 * compared with the words of captions. Masks come from the project, or are the cells of a grid; the reference learns to propose
 * them. Of the model only a part is trained, and its texts are read as before, whereas the reference trains a decoder of its own.
 */
import { z } from 'zod'
import { groundTuning } from '../ground-settings.ts'
import { tuneGrounding } from '../grounding.ts'
import { stepsOf } from '../phases.ts'
import { defineRecipe } from '../recipe.ts'
import { seeing } from '../settings.ts'
import { tuningPhases } from '../tune.ts'

export default defineRecipe({
  id: 'openseg',
  order: 23,
  title: { en: 'Words of captions, found in regions', ja: 'キャプションの単語を領域に対応づける' },
  about: {
    en: 'Trains a CLIP or SigLIP on captions so that its patches say where each word is; regions need no labels.',
    ja: 'CLIP や SigLIP を、キャプションの各単語が画像のどこにあるかわかるように学習します。領域にラベルは要りません。',
  },
  when: {
    en: 'Choose it for masks by words when images have captions but few labelled regions; masks make it surer than a grid does.',
    ja: 'キャプションはあるがラベル付き領域が少なく、単語でマスクを得たいときに。マスクがあると格子より確実です。',
  },
  citation: 'Ghiasi et al. 2022, Scaling open-vocabulary image segmentation with image-level labels, arXiv:2112.12143',
  task: 'ground',
  measuredAt: 'segment',
  needs: ['segment', 'embedText'],
  curve: { phase: 'training', over: 'steps' },
  resumes: 'from the last saved step',
  phases: tuningPhases,
  steps: stepsOf,
  settings: z.strictObject({ ...groundTuning(), ...seeing }),
  mark: { label: 'OpenSeg', shape: 'bow', light: '#2f6f8c', dark: '#84bfe0' },
  run: tuneGrounding,
})
