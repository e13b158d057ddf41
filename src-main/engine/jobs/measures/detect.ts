import { Detecting } from '../../detection/detecting.ts'
import { measure } from '../../metrics/records.ts'
import { detect } from '../../tasks/detect.ts'
import { defineMeasure } from '../measure.ts'
import { measureRegions } from '../regions.ts'

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
  about: 'boxes of regions',
  async measure(model, { templates, ...data }, { hooks }) {
    const detecting = Detecting.with(model, 'evaluate --task detect')
    const numberOf = new Map(data.classes.map(({ name }, i) => [name, i]))
    const prompt = { classes: data.classes, ...(templates?.length ? { templates } : {}) }
    try {
      const splits = await measureRegions(
        data,
        hooks,
        async ({ file, boxes = [] }) => ({
          detections: (await detecting.find(file, prompt, { threshold: WEAK, overlap: OVERLAP, most: MOST })).map(
            ({ label, score, box: [x, y, w, h] }) => ({ label: numberOf.get(label)!, score, box: { x, y, w, h } }),
          ),
          truth: boxes.map((t) => ({ label: t.class, box: t.box })),
        }),
        { main: 'ap', score: (of) => measure('detect', of) },
      )
      return { task: 'detect', splits }
    } finally {
      await detecting.release()
    }
  },
})
