/** The scores of COCO as metrics, of boxes and of masks: each says which of the scores it is. */
import type { CocoScores } from './coco.ts'
import { detectionScores, resampledBoxAp } from './detection.ts'
import { defineMetric, higherPercent, type MetricRecord } from './metric.ts'
import { maskScores, resampledMaskAp } from './segmentation.ts'

type Named<T extends 'detect' | 'segment'> = Pick<MetricRecord<T>, 'id' | 'order' | 'title' | 'about' | 'detail'>
type Of = (scores: CocoScores) => number

const citation = 'Lin et al. 2014, Microsoft COCO: Common Objects in Context, ECCV (pycocotools)'

/** @param thresholds of an AP: the IoU thresholds that it is the mean over; it then has an interval */
export const ofBoxes = (named: Named<'detect'>, of: Of, thresholds?: readonly number[]): MetricRecord<'detect'> =>
  defineMetric({
    ...named,
    citation,
    task: 'detect',
    ...higherPercent,
    compute: ({ images, classes }) => of(detectionScores(images, classes)),
    ...(thresholds && { resampled: ({ images, classes }) => resampledBoxAp(images, classes, thresholds) }),
  })

export const ofMasks = (named: Named<'segment'>, of: Of, thresholds?: readonly number[]): MetricRecord<'segment'> =>
  defineMetric({
    ...named,
    citation,
    task: 'segment',
    ...higherPercent,
    compute: ({ images, classes }) => of(maskScores(images, classes)),
    ...(thresholds && { resampled: ({ images, classes }) => resampledMaskAp(images, classes, thresholds) }),
  })
