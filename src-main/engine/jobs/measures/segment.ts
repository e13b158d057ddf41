import { measure } from '../../metrics/records.ts'
import { Segmenting } from '../../segmentation/segmenting.ts'
import { segment } from '../../tasks/segment.ts'
import { defineMeasure } from '../measure.ts'
import { measureRegions } from '../regions.ts'

/** Masks of the classes' words in every image, against its accepted regions. */
export default defineMeasure({
  id: segment.id,
  order: 3,
  title: segment.title,
  about: 'masks of regions',
  async measure(model, { templates, ...data }, { hooks }) {
    const segmenting = Segmenting.with(model, 'evaluate --task segment')
    const numberOf = new Map(data.classes.map(({ name }, i) => [name, i]))
    const prompt = { classes: data.classes, ...(templates?.length ? { templates } : {}) }
    try {
      const splits = await measureRegions(
        data,
        hooks,
        async ({ file, masks = [] }) => ({
          detections: (await segmenting.find(file, prompt)).map(({ label, score, mask }) => ({
            label: numberOf.get(label)!,
            score,
            mask,
          })),
          truth: masks.map((t) => ({ label: t.class, mask: t.mask })),
        }),
        { main: 'miou', score: (of) => measure('segment', of) },
      )
      return { task: 'segment', splits }
    } finally {
      await segmenting.release()
    }
  },
})
