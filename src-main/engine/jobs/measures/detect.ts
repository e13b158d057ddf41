import { Detecting } from '../../detection/detecting.ts'
import { measure } from '../../metrics/records.ts'
import { Assembled } from '../../regions/index.ts'
import { detect } from '../../tasks/detect.ts'
import { defineMeasure } from '../measure.ts'
import { measureRegions } from '../regions.ts'

const WANTED = 'evaluate --task detect'
/** The metric that stands for the others. */
const main = 'ap'
/** COCO's threshold: weak boxes lower nothing, since they come last. */
const WEAK = 0.001
const MOST = 100
/** Of boxes of a label that overlap by more, the best counts. */
const OVERLAP = 0.5

/** Boxes found by the classes' words in every image, against its accepted regions. */
export default defineMeasure({
  id: detect.id,
  order: 2,
  title: detect.title,
  main,
  about: 'boxes of regions',
  measure: async (model, data, { hooks }) => ({
    task: 'detect',
    splits: await measureRegions(data, hooks, Assembled.of(model, WANTED) ?? Detecting.with(model, WANTED), {
      settings: { threshold: WEAK, overlap: OVERLAP, most: MOST },
      found: ({ score, box: [x, y, w, h] }, label) => ({ label, score, box: { x, y, w, h } }),
      truth: ({ boxes = [] }) => boxes.map((t) => ({ label: t.class, box: t.box })),
      main,
      score: (of) => measure('detect', of),
    }),
  }),
})
