import { accuracy } from '../accuracy.ts'
import { defineMetric, higherPercent } from '../metric.ts'

export default defineMetric({
  id: 'accuracy',
  order: 10,
  title: { en: 'Accuracy', ja: '正解率' },
  about: { en: 'The share of images whose most probable class is the true one.', ja: '最も確率の高いクラスが正解である画像の割合です。' },
  citation: 'Pedregosa et al. 2011, Scikit-learn: Machine Learning in Python, JMLR 12 (accuracy_score)',
  task: 'classify',
  ...higherPercent,
  compute: accuracy,
})
