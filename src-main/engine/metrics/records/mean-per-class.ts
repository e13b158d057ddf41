import { meanPerClass, perClassAccuracy } from '../accuracy.ts'
import { defineMetric, higherPercent } from '../metric.ts'

export default defineMetric({
  id: 'meanPerClass',
  order: 20,
  title: { en: 'Per class', ja: 'クラス平均' },
  about: {
    en: 'The mean of the accuracies of the classes (balanced accuracy): a rare class counts as much as a frequent one.',
    ja: 'クラスごとの正解率の平均（バランス正解率）です。少ないクラスも多いクラスと同じ重みで数えます。',
  },
  citation: 'Brodersen et al. 2010, The Balanced Accuracy and Its Posterior Distribution, ICPR',
  task: 'classify',
  ...higherPercent,
  compute: (p) => meanPerClass(perClassAccuracy(p)),
})
