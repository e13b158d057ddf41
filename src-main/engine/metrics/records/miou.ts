import { properName } from '#shared/model/words.ts'
import { meanIou, resampledMeanIou } from '../segmentation.ts'
import { defineMetric, higherPercent } from '../metric.ts'

export default defineMetric({
  id: 'miou',
  order: 301,
  title: properName('mIoU'),
  about: {
    en: 'Overlap (IoU) of the pixels that were found of a class with those that are it, the mean over classes.',
    ja: 'クラスごとに、見つけたピクセルと正解のピクセルの重なり (IoU) を求め、クラスで平均します。',
  },
  citation: 'Everingham et al. 2010, The PASCAL Visual Object Classes (VOC) Challenge, IJCV',
  task: 'segment',
  ...higherPercent,
  compute: ({ images, classes }) => meanIou(images, classes),
  resampled: ({ images, classes }) => resampledMeanIou(images, classes),
})
