import type { Detection } from '#shared/model/preview.ts'
import { Detecting } from '../../../engine/detection/index.ts'
import { definePreviewTask } from '../task.ts'

export default definePreviewTask<Detection>({
  id: 'detect',
  order: 1,
  finds: 'boxes',
  async run(model, { file, prompt, settings }) {
    const detecting = Detecting.with(model, 'preview --task detect')
    try {
      return await detecting.find(file, prompt, settings)
    } finally {
      await detecting.release()
    }
  },
  place: ({ box: [x, y, w, h] }) => `${w.toFixed(1)} × ${h.toFixed(1)} at ${x.toFixed(1)}, ${y.toFixed(1)}`,
})
