/** The average precisions of COCO as metrics: they differ in the overlap (IoU) that a box needs in order to count. */
import { detectionScores } from './detection.ts'
import { defineMetric, higherPercent, type MetricRecord } from './metric.ts'

/** @param id which of `detectionScores` it is */
export const averagePrecision = ({
  id,
  ...named
}: Pick<MetricRecord<'detect'>, 'order' | 'title' | 'about'> & { readonly id: 'ap' | 'ap50' | 'ap75' }): MetricRecord<'detect'> =>
  defineMetric({
    id,
    ...named,
    citation: 'Lin et al. 2014, Microsoft COCO: Common Objects in Context, ECCV (pycocotools)',
    task: 'detect',
    ...higherPercent,
    compute: ({ images, classes }) => detectionScores(images, classes)[id],
  })
