/** Copying, deleting, hiding and locking the selection. */
import type { Region } from '#shared/model/region.ts'
import { defineCommands, type Run } from '../command.ts'
import type { CanvasDocument } from '../document.ts'
import { isShown } from '../regions.ts'
import { change, saved } from './change.ts'
import { insertAt } from './insert.ts'

/** Adds copies on top and selects them; on the image that they came from they are slightly offset. */
function insert(editor: CanvasDocument, action: string, regions: readonly Region[], aside: boolean): boolean {
  const step = aside ? Math.max(1, Math.round(editor.reach(12))) : 0
  return insertAt(editor, action, regions, { x: step, y: step })
}

const byZ = (regions: readonly Region[]) => [...regions].sort((a, b) => a.z - b.z)

const copy: Run = (editor) => {
  if (!editor.image || editor.selection.length === 0) return false
  editor.clipboard = { regions: byZ(editor.selected), mediaId: editor.image.mediaId }
  return true
}

const atHand = (e: CanvasDocument) => e.atHand.filter((r) => !r.locked)
const remove = change('delete', atHand, () => null)

export const clipboard = defineCommands({
  delete: {
    group: 'edit',
    title: { en: 'Delete', ja: '削除' },
    keys: ['Delete', 'Backspace'],
    run: remove,
  },
  'select-all': {
    group: 'edit',
    title: { en: 'Select all regions', ja: '領域をすべて選択' },
    keys: ['Ctrl+A'],
    run(editor) {
      const all = editor.regions.all().filter((r) => isShown(r) && !r.locked && editor.regions.isSaved(r))
      editor.setSelection(all.map((r) => r.id))
      return true
    },
  },
  duplicate: {
    group: 'edit',
    title: { en: 'Duplicate', ja: '複製' },
    keys: ['Ctrl+D'],
    run: (editor) => insert(editor, 'duplicate', byZ(editor.selected), true),
  },
  copy: {
    group: 'edit',
    title: { en: 'Copy', ja: 'コピー' },
    keys: ['Ctrl+C'],
    run: copy,
  },
  cut: {
    group: 'edit',
    title: { en: 'Cut', ja: '切り取り' },
    keys: ['Ctrl+X'],
    run: (editor) => copy(editor) && remove(editor),
  },
  paste: {
    group: 'edit',
    title: { en: 'Paste', ja: '貼り付け' },
    keys: ['Ctrl+V'],
    run: (editor) => insert(editor, 'paste', editor.clipboard?.regions ?? [], editor.clipboard?.mediaId === editor.image?.mediaId),
  },
})

export const visibility = defineCommands({
  hide: {
    group: 'edit',
    title: { en: 'Hide or show', ja: '表示・非表示' },
    keys: ['H'],
    run: change('hide', saved, (r, all) => ({ ...r, hidden: !all.every((s) => s.hidden) })),
  },
  lock: {
    group: 'edit',
    title: { en: 'Lock or unlock', ja: 'ロック・解除' },
    keys: ['L'],
    run: change('lock', saved, (r, all) => ({ ...r, locked: !all.every((s) => s.locked) })),
  },
})
