/** A skeleton under the hand: drawn into a box, placed by a press or a key, its points dragged, hidden, left out and walked through. */
import { describe, expect, it } from 'vitest'
import type { Label } from '#shared/model/label.ts'
import type { Keypoint, KeypointsShape } from '#shared/model/shape.ts'
import type { Skeleton } from '#shared/model/skeleton.ts'
import { box, onCanvas, region } from './on-canvas.ts'

const bird: Skeleton = {
  points: ['beak', 'eye', 'tail'],
  edges: [
    [0, 1],
    [1, 2],
  ],
  layout: [
    [0, 0],
    [0.5, 0.25],
    [1, 1],
  ],
}
const label = (id: number, skeleton: Skeleton | null = null): Label => ({
  id,
  name: `label ${id}`,
  colour: '#1f77b4',
  key: null,
  synonyms: [],
  prompts: [],
  parentId: null,
  attributes: [],
  skeleton,
})
const withBird = (...regions: ReturnType<typeof region>[]) => {
  const h = onCanvas(regions)
  h.editor.setLabels([label(1), label(2, bird)])
  h.editor.setLabel(2)
  return h
}
const points = (shape: unknown) => (shape as KeypointsShape).points.map(({ x, y, v }: Keypoint) => [x, y, v])
const drawn: KeypointsShape = {
  kind: 'keypoints',
  points: [
    { name: 'beak', x: 10, y: 10, v: 2 },
    { name: 'eye', x: 60, y: 20, v: 2 },
    { name: 'tail', x: 110, y: 50, v: 2 },
  ],
  edges: bird.edges,
}

describe('a skeleton', () => {
  it('is drawn into a box, with the names, edges and label of its skeleton', () => {
    const h = withBird().tool('skeleton').drag(110, 50, 10, 10).expectPath('skeleton.idle')
    expect(h.shapes).toEqual([drawn])
    expect(h.last).toMatchObject({ action: 'place skeleton', changes: [{ before: null, after: { labelId: 2 } }] })
    expect(h.editor.selection).toHaveLength(1)
  })
  it('is previewed while drawing, and cancelled without a trace', () => {
    const h = withBird().tool('skeleton').down(10, 10).move(110, 50)
    expect(points(h.editor.overlay.draft)).toEqual(points(drawn))
    expect(h.editor.execute('cancel')).toBe(true)
    h.expectPath('skeleton.idle').up(110, 50)
    expect(h.edits).toEqual([])
  })
  it('is placed with a press in the previous size, entirely inside the image', () => {
    const h = withBird().tool('skeleton').drag(10, 10, 110, 50).click(195, 60)
    expect(points(h.shapes[1])).toEqual([
      [100, 40, 2],
      [150, 50, 2],
      [200, 80, 2],
    ])
  })
  it('is placed at the pointer with a key, whatever the tool', () => {
    const h = withBird().tool('skeleton').drag(10, 10, 110, 50).tool('box').move(100, 60)
    expect(h.editor.execute('place-skeleton')).toBe(true)
    expect(points(h.shapes[1])[0]).toEqual([50, 40, 2])
    expect(h.editor.tool).toBe('box')
  })
  it('comes from the only label that has one if the active label has none; otherwise nothing can be drawn', () => {
    const h = withBird().tool('skeleton')
    h.editor.setLabel(1)
    h.drag(10, 10, 110, 50)
    expect(h.last.changes[0]!.after!.labelId).toBe(2)
    const none = onCanvas().tool('skeleton').drag(10, 10, 110, 50).expectPath('skeleton.idle')
    expect([none.edits, none.editor.execute('place-skeleton')]).toEqual([[], false])
    const two = withBird().tool('skeleton')
    two.editor.setLabels([label(1), label(2, bird), label(3, bird)])
    two.editor.setLabel(1)
    expect(two.drag(10, 10, 110, 50).edits).toEqual([])
  })
})

describe('its points', () => {
  it('can be dragged with the tool that drew them, so that the next one can be drawn at once', () => {
    const h = withBird().tool('skeleton').drag(10, 10, 110, 50).drag(60, 20, 70, 30).expectPath('skeleton.idle')
    expect(points(h.shapes[0])[1]).toEqual([70, 30, 2])
    h.drag(150, 10, 190, 90).expectPath('skeleton.idle')
    expect(h.shapes).toHaveLength(2)
  })
  it('are hidden or removed with a key, under the pointer or selected, and return to their place', () => {
    const r = region(drawn, { labelId: 2 })
    const h = withBird(r)
    h.editor.setSelection([r.id])
    h.move(61, 21)
    expect(h.editor.execute('point-hidden')).toBe(true)
    expect(points(h.shapes[0])).toEqual([
      [10, 10, 2],
      [60, 20, 1],
      [110, 50, 2],
    ])
    h.move(150, 90)
    h.editor.execute('point-hidden')
    expect(points(h.shapes[0])[1]).toEqual([60, 20, 2])
    h.editor.execute('point-missing')
    expect(points(h.shapes[0])[1]).toEqual([60, 20, 0])
    h.editor.execute('point-missing')
    expect(h.shapes[0]).toEqual(drawn)
  })
  it('return to the skeleton’s layout if they had no place', () => {
    const r = region({ ...drawn, points: drawn.points.map((p, i) => (i === 1 ? { ...p, x: 0, y: 0, v: 0 as const } : p)) }, { labelId: 2 })
    const h = withBird(r)
    h.editor.setSelection([r.id])
    h.editor.setPointStates(r.id, [1], 1)
    expect(points(h.shapes[0])[1]).toEqual([60, 20, 1])
  })
  it('keep at least one labelled', () => {
    const r = region({ ...drawn, points: drawn.points.map((p, i) => (i ? { ...p, v: 0 as const } : p)) }, { labelId: 2 })
    const h = withBird(r)
    h.editor.setSelection([r.id])
    h.editor.setPointStates(r.id, [0], 0)
    expect(h.edits).toEqual([])
  })
  it('stay in the list when deleted if they have names, so that the others keep their indices', () => {
    const r = region(drawn, { labelId: 2 })
    const h = withBird(r)
    h.editor.setSelection([r.id])
    h.click(60, 20, { alt: true })
    expect(h.shapes[0]).toEqual({ ...drawn, points: drawn.points.map((p, i) => (i === 1 ? { ...p, v: 0 } : p)) })
  })
  it('are stepped through and moved by keyboard alone, skipping unlabelled ones', () => {
    const r = region({ ...drawn, points: drawn.points.map((p, i) => (i === 1 ? { ...p, v: 0 as const } : p)) }, { labelId: 2 })
    const h = withBird(r)
    h.editor.setSelection([r.id])
    const chosen = () => h.editor.vertexSelection.map((v) => v.index)
    h.editor.execute('next-point')
    expect(chosen()).toEqual([0])
    h.editor.execute('next-point')
    expect(chosen()).toEqual([2])
    h.editor.execute('nudge-right')
    h.editor.execute('nudge-down')
    expect([points(h.shapes[0])[2], chosen()]).toEqual([[111, 51, 2], [2]])
    h.editor.execute('previous-point')
    expect(chosen()).toEqual([0])
  })
  it('are left alone in a locked region, or without a selection', () => {
    const r = region(drawn, { labelId: 2, locked: true })
    const h = withBird(r, region(box(1, 1, 5, 5)))
    h.editor.setSelection([r.id])
    h.move(60, 20)
    expect(['point-hidden', 'point-missing', 'next-point'].map((a) => h.editor.execute(a as 'next-point'))).toEqual([false, false, false])
    h.editor.setPointStates(r.id, [0], 1)
    expect(h.edits).toEqual([])
  })
})

it('points without edges are drawn with the edges of their label’s skeleton, which can be clicked', () => {
  const { edges: _, ...bare } = drawn
  const h = withBird(region(bare, { labelId: 2 }), region(drawn, { labelId: 2 }))
  const [first] = h.shapes
  expect(h.editor.drawn(first!, 2)).toEqual(drawn)
  expect(h.editor.drawn(first!, 1)).toBe(first)
  expect(h.editor.regions.hit({ x: 35, y: 15 }, 3)).toHaveLength(1)
})
