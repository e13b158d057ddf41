/** Zero-shot classification: Radford et al. 2021, Learning transferable visual models from natural language supervision, §3.1. */
import { z } from 'zod'
import { zeroShotHead } from '../../tasks/embed.ts'
import { defineRecipe } from '../recipe.ts'
import { seeing } from '../settings.ts'

export default defineRecipe({
  id: 'zero-shot',
  order: 1,
  title: { en: 'Zero-shot', ja: 'ゼロショット' },
  about: {
    en: 'No training: the embedded prompts of the classes are the classifier.',
    ja: '学習なし。クラスのプロンプトの埋め込みを分類器にします。',
  },
  when: {
    en: 'Take it first: it costs nothing, and every other recipe has to beat it.',
    ja: 'まずこれを。費用がかからず、ほかのレシピが越えるべき基準になります。',
  },
  citation: 'Radford et al. 2021, Learning transferable visual models from natural language supervision, arXiv:2103.00020',
  task: 'classify',
  needs: ['embedImage', 'embedText'],
  settings: z.strictObject(seeing),
  mark: { label: 'Zero-shot', shape: 'circle', light: '#716a61', dark: '#b3aa9e' },
  leavesTowers: true,
  resumes: 'from the beginning',
  untrained: true,
  phases: () => [],
  run: async ({ model, o }) => ({
    weights: new Map(),
    head: await zeroShotHead(model, o.classes, o.templates, { provider: o.provider }),
    losses: [],
  }),
})
