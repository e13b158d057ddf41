/** The scores of COCO as metrics, of boxes and of masks: each says which of the scores it is. */
import type { CocoScores } from './coco.ts'
import { detectionScores } from './detection.ts'
import { defineMetric, higherPercent, type MetricRecord } from './metric.ts'
import { maskScores } from './segmentation.ts'

type Named<T extends 'detect' | 'segment'> = Pick<MetricRecord<T>, 'id' | 'order' | 'title' | 'about' | 'detail'>
type Of = (scores: CocoScores) => number

const citation = 'Lin et al. 2014, Microsoft COCO: Common Objects in Context, ECCV (pycocotools)'

export const ofBoxes = (named: Named<'detect'>, of: Of): MetricRecord<'detect'> =>
  defineMetric({
    ...named,
    citation,
    task: 'detect',
    ...higherPercent,
    compute: ({ images, classes }) => of(detectionScores(images, classes)),
  })

export const ofMasks = (named: Named<'segment'>, of: Of): MetricRecord<'segment'> =>
  defineMetric({
    ...named,
    citation,
    task: 'segment',
    ...higherPercent,
    compute: ({ images, classes }) => of(maskScores(images, classes)),
  })
