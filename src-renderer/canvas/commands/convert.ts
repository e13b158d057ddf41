/** One kind of region into another. */
import { converted, type Target } from '#shared/geometry/convert.ts'
import { defineCommands, type Run } from '../command.ts'
import type { CanvasDocument } from '../document.ts'
import type { RegionChange } from '../types.ts'
import { counted } from './change.ts'

/** What the selected regions would become; those that are so already or cannot be are left out. */
export function conversions(editor: CanvasDocument, to: Target): RegionChange[] {
  const { image, settings } = editor
  if (!image) return []
  return editor.editable.flatMap((before) => {
    const shape = converted(before.shape, to, image, settings.outlineTolerance)
    return shape ? [{ before, after: { ...before, shape } }] : []
  })
}
const convert =
  (to: Target): Run =>
  (editor) => {
    const changes = conversions(editor, to)
    editor.commit(counted('convert', changes.length), changes)
    return changes.length > 0
  }

export const converting = defineCommands({
  'convert-to-box': {
    group: 'edit',
    title: { en: 'Convert to box', ja: '矩形に変換' },
    run: convert('box'),
  },
  'convert-to-polygon': {
    group: 'edit',
    title: { en: 'Convert to polygon', ja: '多角形に変換' },
    run: convert('polygon'),
  },
  'convert-to-mask': {
    group: 'edit',
    title: { en: 'Convert to mask', ja: 'マスクに変換' },
    run: convert('mask'),
  },
})
