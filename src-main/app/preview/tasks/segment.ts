import type { Segment } from '#shared/model/preview.ts'
import { rleArea } from '#shared/geometry/rle.ts'
import { Segmenting } from '../../../engine/segmentation/index.ts'
import { Assembled, type Pair, pairOf } from '../../../engine/regions/index.ts'
import { definePreviewTask } from '../task.ts'

const masksOf = (pair: Pair) => ({
  find: async (...asked: Parameters<Pair['find']>) => (await pair.find(...asked)).filter((f) => f.mask !== undefined) as Segment[],
  release: () => pair.release(),
})

export default definePreviewTask<Segment>({
  id: 'segment',
  order: 2,
  finds: 'masks',
  open(model) {
    const assembled = Assembled.of(model, 'preview --task segment')
    return assembled ? masksOf(assembled) : Segmenting.with(model, 'preview --task segment')
  },
  openPair: (model, regions) => masksOf(pairOf(model, regions, 'preview --task segment', { masks: true })),
  place: ({ box: [x, y, w, h], mask }) => `${rleArea(mask)} pixels of ${w} × ${h} at ${x}, ${y}`,
})
