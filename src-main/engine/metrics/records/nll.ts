import { properName } from '#shared/model/words.ts'
import { nll } from '../calibration.ts'
import { defineMetric } from '../metric.ts'

export default defineMetric({
  id: 'nll',
  order: 30,
  title: properName('NLL'),
  about: {
    en: 'Mean negative log-likelihood of the true class, in nats: confident mistakes cost most.',
    ja: '正解クラスの負の対数尤度の平均（ナット）です。自信のある誤りほど大きくなります。',
  },
  citation: 'Good 1952, Rational Decisions, Journal of the Royal Statistical Society B 14',
  task: 'classify',
  better: 'lower',
  range: [0, null],
  format: 'number',
  compute: (p) => nll(p),
})
