import type { Detection } from '#shared/model/preview.ts'
import { Detecting } from '../../../engine/detection/index.ts'
import { Assembled, pairOf } from '../../../engine/regions/index.ts'
import { definePreviewTask } from '../task.ts'

export default definePreviewTask<Detection>({
  id: 'detect',
  order: 1,
  finds: 'boxes',
  open: (model) => Assembled.of(model, 'preview --task detect') ?? Detecting.with(model, 'preview --task detect'),
  openPair: (model, regions) => pairOf(model, regions, 'preview --task detect', { masks: false }),
  place: ({ box: [x, y, w, h] }) => `${w.toFixed(1)} × ${h.toFixed(1)} at ${x.toFixed(1)}, ${y.toFixed(1)}`,
})
