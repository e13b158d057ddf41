import { measure } from '../../metrics/records.ts'
import { Segmenting } from '../../segmentation/segmenting.ts'
import { segment } from '../../tasks/segment.ts'
import { type Data, defineMeasure } from '../measure.ts'
import { measureRegions } from '../regions.ts'

const main = 'miou'

/** An image without masks may be one that nobody labelled yet, such as one with captions alone. */
const withMasks = (splits: Data['splits']): Data['splits'] =>
  Object.fromEntries(Object.entries(splits).map(([name, items]) => [name, items.filter((item) => item.masks?.length)]))

/** Masks of the classes' words in every image, against its accepted regions. */
export default defineMeasure({
  id: segment.id,
  order: 3,
  title: segment.title,
  main,
  about: 'masks of regions',
  measure: async (model, data, { hooks }) => ({
    task: 'segment',
    splits: await measureRegions({ ...data, splits: withMasks(data.splits) }, hooks, Segmenting.with(model, 'evaluate --task segment'), {
      found: ({ score, mask }, label) => ({ label, score, mask }),
      truth: ({ masks = [] }) => masks.map((t) => ({ label: t.class, mask: t.mask })),
      main,
      score: (of) => measure('segment', of),
    }),
  }),
})
