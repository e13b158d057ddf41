/**
 * LP++ (Huang et al. 2024, §3; FereshteShakeri/FewShot-CLIP-Strong-Baseline methods/linear_probe_p2.py): a linear probe whose
 * class weights are blended with the texts' embeddings, wₖ + αₖ·tₖ, by gradient descent with step sizes that follow from the
 * data. Unlike in the reference, the intercepts start at 0 and the gradient of α is not summed over the steps between its updates.
 */
import { z } from 'zod'
import { accuracy } from '../../metrics/accuracy.ts'
import { outlining } from '../../runtime/outline.ts'
import { unitRows } from '../../tasks/embed.ts'
import { headLogits } from '../../tasks/head-logits.ts'
import type { Head } from '../../weights/head.ts'
import { Blend } from '../blend.ts'
import { startHead } from '../heads.ts'
import { featuresPhases } from '../phases.ts'
import { defineRecipe } from '../recipe.ts'
import type { Run, Trained } from '../run.ts'
import { seeing, setting } from '../settings.ts'

const settings = z.strictObject({
  steps: setting(
    z.int().min(1).max(10_000).default(300),
    'Steps, each over all training images',
    'ステップ数。毎回すべての学習画像を使います',
    {
      name: ['Steps', 'ステップ数'],
    },
  ),
  ...seeing,
})

export default defineRecipe({
  id: 'lp-plus',
  order: 36,
  title: { en: 'Blended probe (LP++)', ja: '混合プローブ（LP++）' },
  about: {
    en: 'A linear probe blended with the zero-shot classifier, by a learned weight for each class.',
    ja: '線形プローブとゼロショットの分類器を、クラスごとに学習した重みで混ぜます。',
  },
  when: {
    en: 'Choose it for 1 to 16 images a class: as quick as a linear probe, and it knows the class names; there is nothing to set.',
    ja: 'クラスあたり 1～16 枚のときに。線形プローブと同じく速く、クラス名も使います。調整する設定はありません。',
  },
  citation: 'Huang et al. 2024, LP++: a surprisingly strong linear probe for few-shot CLIP, arXiv:2404.02285',
  task: 'classify',
  needs: ['embedImage', 'embedText'],
  settings,
  mark: { label: 'LP++', shape: 'chevron', light: '#33518c', dark: '#94b6ee' },
  curve: { phase: 'logistic-regression', over: 'values' },
  leavesTowers: true,
  resumes: 'from the beginning',
  phases: (_, images) => [...featuresPhases(images), { name: 'logistic-regression', cost: Math.max(1, images('train') / 20) }],
  run: blend,
})

async function blend(run: Run, s: z.output<typeof settings>): Promise<Trained> {
  const { head } = await startHead(run, 'zero-shot')
  const { dim, classes } = head
  const c = classes.length
  const outline = outlining()
  if (outline) {
    outline.solved = c * (dim + 2)
    return { weights: new Map(), losses: [] }
  }
  const [features, judged] = [await run.featuresOf('train'), await run.featuresOf('val')]
  const { labels, n } = run.split('train')
  const texts = unitRows(head.weight.slice(), dim)
  const probe = await Blend.open(features, labels, texts, c)
  const losses: number[] = []
  let best: { head: Head; right: number } | undefined
  try {
    for (let step = 0; step < s.steps; step++) {
      run.check()
      losses.push(await probe.step(step))
      run.o.onProgress({ phase: 'logistic-regression', done: step + 1, total: s.steps, loss: losses.at(-1)! })
      const last = step === s.steps - 1
      if (!run.split('val').n && !last) continue
      const now: Head = { classes, dim, weight: probe.blended(), bias: probe.b.slice() }
      const right = run.split('val').n ? accuracy({ classes: c, labels: run.split('val').labels, logits: headLogits(judged, now) }) : 0
      if (!best || right >= best.right) best = { head: now, right }
    }
  } finally {
    await probe.release()
  }
  return {
    weights: new Map(),
    head: best!.head,
    losses,
    notes: { steps: s.steps, alpha: probe.alpha.reduce((a, b) => a + b, 0) / c, images: n },
  }
}
