import { ece, reliabilityBins } from '../calibration.ts'
import { defineMetric } from '../metric.ts'

export default defineMetric({
  id: 'ece',
  order: 40,
  title: { en: 'ECE', ja: '較正誤差' },
  about: {
    en: 'Expected calibration error over 15 bins: how far confidence and accuracy lie apart on average.',
    ja: '15 区間の期待較正誤差です。確信度と正解率が平均してどれだけ離れているかを示します。',
  },
  citation: 'Guo et al. 2017, On Calibration of Modern Neural Networks, ICML',
  task: 'classify',
  better: 'lower',
  range: [0, 1],
  format: 'percent',
  compute: (p) => ece(reliabilityBins(p)),
})
