import { measure } from '../../metrics/records.ts'
import { Segmenting } from '../../segmentation/segmenting.ts'
import { segment } from '../../tasks/segment.ts'
import { defineMeasure } from '../measure.ts'
import { measureRegions } from '../regions.ts'

const main = 'miou'

/** Masks of the classes' words in every image, against its accepted regions. */
export default defineMeasure({
  id: segment.id,
  order: 3,
  title: segment.title,
  main,
  about: 'masks of regions',
  measure: async (model, data, { hooks }) => ({
    task: 'segment',
    splits: await measureRegions(data, hooks, Segmenting.with(model, 'evaluate --task segment'), {
      found: ({ score, mask }, label) => ({ label, score, mask }),
      truth: ({ masks = [] }) => masks.map((t) => ({ label: t.class, mask: t.mask })),
      main,
      score: (of) => measure('segment', of),
    }),
  }),
})
