/**
 * TransCLIP (Zanella et al. 2024, §3) on the project's images without labels, whose features are known beforehand. What is saved
 * answers for any image by itself (transduce.ts, classifierOf): the fitted mixture and the texts, without neighbours.
 */
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { phaseKey } from '#shared/model/progress.ts'
import { sentence } from '#shared/sentences/table.ts'
import { accuracy } from '../../metrics/accuracy.ts'
import { outlining } from '../../runtime/outline.ts'
import { headLogits } from '../../tasks/head-logits.ts'
import type { Head } from '../../weights/head.ts'
import { startHead } from '../heads.ts'
import { nearestOf } from '../nearest.ts'
import { featuresPhases } from '../phases.ts'
import { defineRecipe } from '../recipe.ts'
import type { Run, Trained } from '../run.ts'
import { seeing, setting } from '../settings.ts'
import { classifierOf, type Mixture, transduce } from '../transduce.ts'

const settings = z.strictObject({
  labels: setting(
    z.enum(['used', 'ignored']).default('used'),
    'Whether the labels of the training images are used, or they are counted among those without',
    '学習画像のラベルを使うか、ラベルのない画像として扱うか',
    { name: ['Labels', 'ラベル'] },
  ),
  texts: setting(z.number().min(0).max(100).default(1), 'How much the texts of the classes count (λ)', 'クラスのテキストの重み（λ）', {
    name: ['Weight of texts', 'テキストの重み'],
  }),
  labelWeight: setting(
    z.number().min(0).max(1000).default(0),
    'How much all labelled images count beside all others, which count 1 (0: the best on val of 0.02, 0.2, 2 and 20)',
    'ラベルのある画像全体の重み。ほかの画像全体を 1 とします（0：0.02・0.2・2・20 のうち val で最良のもの）',
    { name: ['Weight of labels', 'ラベルの重み'] },
  ),
  neighbours: setting(z.int().min(0).max(100).default(3), 'Images that each image should agree with', '答えをそろえる近傍画像の数', {
    name: ['Neighbours', '近傍の数'],
    advanced: true,
  }),
  rounds: setting(z.int().min(1).max(1000).default(10), 'Rounds of updates', '更新の回数', { name: ['Rounds', '回数'], advanced: true }),
  ...seeing,
})

/** Tried on val. The paper tries 0.002 to 0.2; on pictographs labels count for more. */
const WEIGHTS = [0.02, 0.2, 2, 20]
const UNTRIED = 0.2

export default defineRecipe({
  id: 'transclip',
  order: 37,
  title: { en: 'Images without labels (TransCLIP)', ja: 'ラベルのない画像の活用（TransCLIP）' },
  about: {
    en: 'No training: images without labels are grouped by class, in agreement with class names, similar images and your labels.',
    ja: '学習なし。ラベルのない画像を、クラス名・近傍の画像・ラベルと矛盾しないようにクラスごとにまとめます。',
  },
  when: {
    en: 'Choose it when you have many images and few labels, or none: it takes seconds and learns from the images that you did not label.',
    ja: '画像は多いのにラベルが少ない、またはないときに。数秒で終わり、ラベルを付けていない画像からも学びます。',
  },
  citation: 'Zanella, Gérin, Ben Ayed 2024, Boosting vision-language models with transduction, arXiv:2406.01837',
  task: 'classify',
  needs: ['embedImage', 'embedText'],
  unlabelled: true,
  settings,
  mark: { label: 'TransCLIP', shape: 'ring', light: '#8a3a6e', dark: '#ec9fd0' },
  curve: { phase: 'cache-search', over: 'values' },
  leavesTowers: true,
  resumes: 'from the beginning',
  phases: (_, images) => [
    ...featuresPhases(images),
    { name: phaseKey({ phase: 'features', part: 'unlabelled' }), cost: Math.max(1, images('unlabelled')), measures: true },
    { name: 'cache-search', cost: Math.max(1, (images('train') + images('unlabelled')) / 20) },
  ],
  run: fitted,
})

async function fitted(run: Run, s: z.output<typeof settings>): Promise<Trained> {
  const { head } = await startHead(run, 'zero-shot')
  const outline = outlining()
  if (outline) {
    outline.solved = head.classes.length * head.dim
    return { weights: new Map(), losses: [] }
  }
  const uses = s.labels === 'used'
  const train = run.split('train')
  const parts = [run.split('unlabelled').n ? await run.featuresOf('unlabelled') : [], await run.featuresOf('train')]
  const [m, n] = [run.split('unlabelled').n + (uses ? 0 : train.n), run.split('unlabelled').n + train.n]
  if (!m) throw userError(sentence('recipe.none-unlabelled', { recipe: 'transclip' }))
  const features = new Float32Array(n * head.dim)
  parts.reduce((at, part) => (features.set(part, at), at + part.length), 0)
  const pool = {
    ...{ features, dim: head.dim, classes: head.classes.length },
    logits: headLogits(features, head),
    labels: uses ? [...train.labels] : [],
  }
  const near = await nearestOf(features, head.dim, m, s.neighbours, () => run.check())
  const val = run.split('val')
  const judged = val.n ? await run.featuresOf('val') : undefined
  const weights = !uses ? [0] : s.labelWeight > 0 ? [s.labelWeight] : judged ? WEIGHTS : [UNTRIED]
  let best: { head: Head; mixture: Mixture; labelWeight: number; right: number } | undefined
  for (const [i, labelWeight] of weights.entries()) {
    const mixture = await transduce(pool, near, { texts: s.texts, labels: labelWeight, rounds: s.rounds }, (done, loss) => {
      run.check()
      run.o.onProgress({ phase: 'cache-search', done: i * s.rounds + done, total: weights.length * s.rounds, loss })
    })
    const made = { ...head, ...classifierOf(mixture, head, s.texts) }
    const right = judged ? accuracy({ classes: pool.classes, labels: val.labels, logits: headLogits(judged, made) }) : 0
    if (!best || right > best.right) best = { head: made, mixture, labelWeight, right }
  }
  return {
    weights: new Map(),
    head: best!.head,
    losses: best!.mixture.objective,
    notes: { unlabelled: m, labelled: n - m, ...(uses && { labelWeight: best!.labelWeight }) },
  }
}
