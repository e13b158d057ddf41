import type { Region } from '#shared/model/region.ts'
import type { Run } from '../command.ts'
import type { CanvasDocument } from '../document.ts'

/** For the journal, such as 'move 3 regions'. */
export const counted = (verb: string, n: number) => (n === 1 ? `${verb} region` : `${verb} ${n} regions`)

/** Applies one change to all selected, unlocked regions. */
export const change =
  (verb: string, of: (e: CanvasDocument) => readonly Region[], to: (r: Region, all: readonly Region[]) => Region | null): Run =>
  (editor) => {
    const regions = of(editor)
    editor.commit(
      counted(verb, regions.length),
      regions.map((before) => ({ before, after: to(before, regions) })),
    )
    return regions.length > 0
  }
export const editable = (e: CanvasDocument) => e.editable
/** Without ghosts, which are not hidden, locked, ordered or combined. */
export const saved = (e: CanvasDocument) => e.selected.filter(e.regions.isSaved)
