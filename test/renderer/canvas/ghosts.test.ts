/** Ghosts on the canvas: edited like regions, but no edit of them is one of the document. */
import { describe, expect, it } from 'vitest'
import type { Shape } from '#shared/model/shape.ts'
import { faintness, sceneRegion } from '../../../src-renderer/canvas/fabric/scene.ts'
import type { Ghost, RegionChange } from '../../../src-renderer/canvas/types.ts'
import { box, onCanvas, region } from './on-canvas.ts'

let last = -1000
const ghost = (shape: Shape, more: Partial<Ghost> = {}): Ghost => ({
  region: region(shape, { id: last--, state: 'proposed', author: { kind: 'checkpoint', checkpoint: 'm', score: 0.8 } }),
  name: 'dog',
  colour: '#123456',
  score: 0.8,
  covered: false,
  ...more,
})
function withGhosts(...ghosts: Ghost[]) {
  const saved = region(box(10, 10, 20, 20))
  const it = onCanvas([saved])
  const told: RegionChange[] = []
  it.editor.onGhosts = (changes) => told.push(...changes)
  it.editor.showGhosts(ghosts)
  return { it, told, saved, editor: it.editor }
}

describe('a ghost', () => {
  it('is selected by a click, moved by a drag and resized by its handles without an edit', () => {
    const one = ghost(box(100, 40, 30, 20))
    const { it, told, editor } = withGhosts(one)
    it.click(115, 50)
    expect(editor.selectedGhosts.map((g) => g.name)).toEqual(['dog'])
    it.drag(115, 50, 120, 55)
    expect(told.at(-1)).toMatchObject({ before: one.region, after: { id: one.region.id, shape: box(105, 45, 30, 20) } })
    it.drag(135, 65, 145, 75)
    expect(told.at(-1)!.after!.shape).toEqual(box(105, 45, 40, 30))
    expect(it.edits).toEqual([])
  })
  it('is relabelled and deleted without an edit; what is saved changes beside it', () => {
    const one = ghost(box(100, 40, 30, 20))
    const { it, told, editor, saved } = withGhosts(one)
    editor.setSelection([one.region.id, saved.id])
    editor.setLabel(7)
    expect(told.map((c) => c.after?.labelId)).toEqual([7])
    expect(it.edits.map((e) => e.changes.map((c) => c.before?.id))).toEqual([[saved.id]])
    editor.setSelection([one.region.id])
    editor.execute('delete')
    expect(told.at(-1)!.after).toBeNull()
    expect(it.edits.length).toBe(1)
  })
  it('is left out of what takes all regions, and cannot be hidden, locked, ordered or merged', () => {
    const [one, two] = [ghost(box(100, 40, 30, 20)), ghost(box(15, 15, 30, 20))]
    const { it, told, editor, saved } = withGhosts(one, two)
    editor.execute('select-all')
    expect(editor.selection).toEqual([saved.id])
    editor.setSelection([saved.id, two.region.id])
    for (const command of ['merge', 'subtract', 'send-to-back', 'bring-to-front'] as const) editor.execute(command)
    editor.setSelection([two.region.id])
    for (const command of ['hide', 'lock'] as const) editor.execute(command)
    expect([it.edits, told]).toEqual([[], []])
    editor.setSelection([])
    it.tool('slice').drag(0, 25, 190, 26) // across all three; only the saved one is cut
    expect(it.edits.flatMap((e) => e.changes.map((c) => c.before?.id))).toEqual([saved.id, undefined])
    expect(told).toEqual([])
  })
  it('attracts no vertices: what is drawn beside it is the person’s own', () => {
    const { it, editor } = withGhosts(ghost(box(100, 40, 30, 20)))
    editor.set({ snapping: true })
    it.tool('box').drag(102, 42, 128, 58)
    expect(it.last.changes[0]!.after!.shape).toEqual(box(102, 42, 26, 16))
  })
  it('loses its selection with its place, and vanishes with the image', () => {
    const [one, two] = [ghost(box(100, 40, 30, 20)), ghost(box(140, 40, 30, 20))]
    const { editor } = withGhosts(one, two)
    editor.setSelection([one.region.id])
    editor.showGhosts([two])
    expect([editor.selection, editor.regions.size]).toEqual([[], 2])
    editor.open({ mediaId: 2, width: 10, height: 10, url: 'other' }, [])
    expect([editor.regions.size, editor.regions.ghosts.size]).toEqual([0, 0])
  })
  it('reports a change of ghosts only where one changed', () => {
    const one = ghost(box(100, 40, 30, 20))
    const { editor } = withGhosts(one)
    const seen: string[] = []
    editor.subscribe((what) => seen.push(...what))
    editor.showGhosts([one])
    expect(seen).toEqual([])
    editor.showGhosts([{ ...one, covered: true }])
    expect(seen).toEqual(['ghosts'])
  })
  it('is drawn lighter than a region, and hollow where a region lies already', () => {
    const one = ghost(box(0, 0, 5, 5))
    const drawn = [undefined, one, { ...one, covered: true }].map((g) => sceneRegion(one.region, '#123456', g).faint)
    expect(drawn).toEqual([1, 0.5, 0])
    expect(faintness(undefined)).toBe(1)
  })
  it('comes into view when it is shown', () => {
    const { editor } = withGhosts()
    editor.setView({ x: 0, y: 0, scale: 20 })
    editor.reveal({ x: 10, y: 10, w: 5, h: 5 })
    expect(editor.view).toEqual({ x: 0, y: 0, scale: 20 }) // it is there
    editor.reveal({ x: 150, y: 80, w: 10, h: 10 })
    expect(editor.view).toEqual({ scale: 20, x: 500 - 155 * 20, y: 500 - 85 * 20 })
  })
})
