import type { Segment } from '#shared/model/preview.ts'
import { rleArea } from '#shared/geometry/rle.ts'
import { Segmenting } from '../../../engine/segmentation/index.ts'
import { pairOf } from '../../../engine/regions/index.ts'
import { definePreviewTask } from '../task.ts'

export default definePreviewTask<Segment>({
  id: 'segment',
  order: 2,
  finds: 'masks',
  open: (model) => Segmenting.with(model, 'preview --task segment'),
  openPair(model, regions) {
    const pair = pairOf(model, regions, 'preview --task segment', { masks: true })
    return {
      find: async (...asked) => (await pair.find(...asked)).filter((f) => f.mask !== undefined) as Segment[],
      release: () => pair.release(),
    }
  },
  place: ({ box: [x, y, w, h], mask }) => `${rleArea(mask)} pixels of ${w} × ${h} at ${x}, ${y}`,
})
