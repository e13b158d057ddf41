import { confusion } from '../accuracy.ts'
import { defineMetric, higherPercent } from '../metric.ts'

export default defineMetric({
  id: 'macroF1',
  order: 25,
  title: { en: 'Macro F1', ja: 'マクロ F1' },
  about: {
    en: 'The mean over classes of the harmonic mean of precision and recall: false alarms of a class count as well as misses.',
    ja: 'クラスごとの適合率と再現率の調和平均の平均です。見逃しだけでなく誤検出も数えます。',
  },
  citation: 'Sokolova & Lapalme 2009, A Systematic Analysis of Performance Measures for Classification Tasks, IPM 45',
  task: 'classify',
  ...higherPercent,
  /** Mean over the classes that have examples or were predicted, like scikit-learn's f1_score. */
  compute(p) {
    const counts = confusion(p)
    const scores: number[] = []
    for (let c = 0; c < p.classes; c++) {
      let examples = 0
      let predicted = 0
      for (let k = 0; k < p.classes; k++) {
        examples += counts[c * p.classes + k]!
        predicted += counts[k * p.classes + c]!
      }
      if (examples + predicted) scores.push((2 * counts[c * p.classes + c]!) / (examples + predicted))
    }
    return scores.reduce((a, b) => a + b, 0) / scores.length
  },
})
