/** Full fine-tuning of the image tower and a classifier head, as in wise-ft and model-soups (finetune.py). */
import { z } from 'zod'
import { demandsOfHead, startHead } from '../heads.ts'
import { defineRecipe } from '../recipe.ts'
import { seeing, startingHead, tuning } from '../settings.ts'
import { tune, tuningPhases } from '../tune.ts'

export default defineRecipe({
  id: 'ft',
  order: 3,
  title: { en: 'Full fine-tuning', ja: '全体の微調整' },
  about: {
    en: 'Trains the whole image tower and the classifier, which starts from the zero-shot one.',
    ja: '画像タワー全体と分類器を学習します。分類器はゼロショットのものから始めます。',
  },
  citation: 'Wortsman et al. 2022, Robust fine-tuning of zero-shot models, arXiv:2109.01903',
  task: 'classify',
  needs: ['embedImage'],
  demands: demandsOfHead,
  settings: z.strictObject({ ...tuning(3e-5), ...seeing, ...startingHead }),
  mark: { label: 'Fine-tuning', shape: 'triangle', light: '#c84b10', dark: '#f5905f' },
  curve: { phase: 'training', over: 'steps' },
  resumes: 'from the last saved step',
  phases: tuningPhases,
  async run(run, settings) {
    const { head, notes } = await startHead(run, settings.head)
    const trained = await tune(run, settings, { head, trains: (_, { part }) => part === 'image' })
    return { ...trained, notes: { ...trained.notes, ...notes } }
  },
})
