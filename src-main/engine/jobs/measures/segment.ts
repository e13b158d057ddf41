import { measure } from '../../metrics/records.ts'
import type { Segment } from '#shared/model/preview.ts'
import type { Model } from '../../models/model.ts'
import { Assembled } from '../../regions/index.ts'
import { Segmenting } from '../../segmentation/segmenting.ts'
import { segment } from '../../tasks/segment.ts'
import { type Data, defineMeasure } from '../measure.ts'
import { measureRegions } from '../regions.ts'

const main = 'miou'

/** An image without masks may be one that nobody labelled yet, such as one with captions alone. */
const withMasks = (splits: Data['splits']): Data['splits'] =>
  Object.fromEntries(Object.entries(splits).map(([name, items]) => [name, items.filter((item) => item.masks?.length)]))

const WANTED = 'evaluate --task segment'

function finderOf(model: Model): Pick<Segmenting, 'find' | 'release'> {
  const assembled = Assembled.of(model, WANTED)
  if (!assembled) return Segmenting.with(model, WANTED)
  return {
    find: async (...asked) => (await assembled.find(...asked)) as Segment[], // a segmenter's have masks
    release: () => assembled.release(),
  }
}

/** Masks of the classes' words in every image, against its accepted regions. */
export default defineMeasure({
  id: segment.id,
  order: 3,
  title: segment.title,
  main,
  about: 'masks of regions',
  measure: async (model, data, { hooks }) => ({
    task: 'segment',
    splits: await measureRegions({ ...data, splits: withMasks(data.splits) }, hooks, finderOf(model), {
      found: ({ score, mask }, label) => ({ label, score, mask }),
      truth: ({ masks = [] }) => masks.map((t) => ({ label: t.class, mask: t.mask })),
      main,
      score: (of) => measure('segment', of),
    }),
  }),
})
