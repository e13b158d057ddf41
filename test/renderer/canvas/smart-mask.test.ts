/** The smart mask tool: points and boxes become a prompt, and the model's answer a region. */
import { describe, expect, test } from 'vitest'
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import { shapeArea, shapeMask } from '#shared/geometry/shape.ts'
import type { Rle } from '#shared/model/shape.ts'
import type { MaskCandidate, MaskPrompt } from '../../../src-renderer/canvas/mask-maker.ts'
import { box, onCanvas, region } from './on-canvas.ts'

const [width, height] = [200, 100]
/** A rectangle of pixels with a hole in it. */
const ring = (x: number, y: number, side: number): Rle =>
  rleFromBitmap(
    Array.from({ length: width * height }, (_, i) => {
      const [u, v] = [(i % width) - x, Math.floor(i / width) - y]
      const inside = u >= 0 && v >= 0 && u < side && v < side
      return Number(inside && !(u >= 4 && v >= 4 && u < side - 4 && v < side - 4))
    }),
    height,
    width,
  )
const candidate = (score: number, mask: Rle): MaskCandidate => ({
  score,
  mask,
  author: { kind: 'checkpoint', checkpoint: 'models/sam', score },
})
const [small, middle, large] = [candidate(0.9, ring(10, 10, 12)), candidate(0.8, ring(10, 10, 20)), candidate(0.7, ring(10, 10, 30))]
const three = [small, middle, large]

/** A canvas with a model whose answers the test gives, each to the question asked at that moment. */
function withModel() {
  const prompts: MaskPrompt[] = []
  const waiting: ((answer: readonly MaskCandidate[] | null) => void)[] = []
  const canvas = onCanvas([], { width, height })
  canvas.editor.setMasks({
    ask: (prompt) => {
      prompts.push(prompt)
      return new Promise((answer) => waiting.push(answer))
    },
  })
  canvas.tool('smart-mask')
  return Object.assign(canvas, {
    prompts,
    async answer(...candidates: readonly MaskCandidate[]) {
      waiting.shift()!(candidates)
      await new Promise((done) => setTimeout(done))
      return canvas
    },
    press: (...keys: Parameters<typeof canvas.editor.execute>[0][]) => keys.map((key) => canvas.editor.execute(key)),
    shown: () => canvas.editor.overlay.mask?.toRle() ?? null,
    asked: () => canvas.editor.overlay.prompt,
  })
}

describe('points', () => {
  test('a click asks, its answer is shown at once, and the next click refines it', async () => {
    const c = withModel()
    c.click(15, 15).expectPath('smart-mask.prompting')
    expect(c.prompts).toEqual([{ clicks: [{ x: 15, y: 15, positive: true }] }])
    expect([c.shown(), c.asked()?.waiting]).toEqual([null, true])
    await c.answer(...three)
    expect(c.shown()).toEqual(small.mask)
    expect(c.asked()).toMatchObject({ scores: [0.9, 0.8, 0.7], choice: 0, waiting: false })
    c.click(30, 12, { alt: true })
    expect(c.prompts[1]!.clicks).toEqual([
      { x: 15, y: 15, positive: true },
      { x: 30, y: 12, positive: false },
    ])
    expect(c.shown()).toEqual(small.mask) // until the answer is there
    await c.answer(large)
    expect(c.shown()).toEqual(large.mask)
    expect(c.edits).toEqual([])
  })
  test('keys place them at the pointer', async () => {
    const c = withModel()
    c.move(50, 40)
    expect(c.press('mask-include')).toEqual([true])
    c.move(60, 45)
    expect(c.press('mask-exclude')).toEqual([true])
    await c.answer()
    expect(c.prompts.at(-1)!.clicks).toEqual([
      { x: 50, y: 40, positive: true },
      { x: 60, y: 45, positive: false },
    ])
  })
  test('the keys mean nothing to other tools', () => {
    const c = withModel()
    for (const tool of ['select', 'brush', 'box']) {
      c.tool(tool)
      expect(c.press('mask-include', 'mask-exclude', 'mask-next')).toEqual([false, false, false])
    }
  })
  test('what is not wanted asks nothing before what is', () => {
    const c = withModel()
    c.click(30, 12, { alt: true }).expectPath('smart-mask.idle').move(40, 40)
    expect(c.press('mask-exclude')).toEqual([true]) // and picks no other tool either
    c.expectPath('smart-mask.idle')
    expect(c.prompts).toEqual([])
  })
  test('points beyond the edge are moved to it', () => {
    const c = withModel()
    c.click(-5, 400)
    expect(c.prompts[0]!.clicks).toEqual([{ x: 0, y: height, positive: true }])
  })
})

describe('a box', () => {
  test('is dragged; the last one counts, with all points', async () => {
    const c = withModel()
    c.drag(10, 10, 40, 30)
    expect(c.prompts).toEqual([{ clicks: [], box: { x: 10, y: 10, w: 30, h: 20 } }])
    await c.answer(middle)
    c.click(12, 12)
    await c.answer(middle)
    c.drag(50, 40, 8, 6)
    expect(c.prompts.at(-1)).toEqual({ clicks: [{ x: 12, y: 12, positive: true }], box: { x: 8, y: 6, w: 42, h: 34 } })
  })
  test('Escape while it is dragged leaves what was there before', async () => {
    const c = withModel()
    c.click(15, 15)
    await c.answer(...three)
    c.move(50, 50).down(50, 50).move(90, 90).expectPath('smart-mask.pressing')
    expect(c.editor.overlay.marquee).toEqual({ x: 50, y: 50, w: 40, h: 40 })
    c.press('cancel')
    c.expectPath('smart-mask.prompting')
    expect(c.shown()).toEqual(small.mask)
  })
})

describe('the candidates', () => {
  test('are gone through in both directions, and a new answer starts with its best', async () => {
    const c = withModel()
    c.click(15, 15)
    await c.answer(...three)
    const seen = (['mask-next', 'mask-next', 'mask-next', 'mask-previous'] as const).map((key) => {
      c.press(key)
      return c.asked()!.scores[c.asked()!.choice]
    })
    expect(seen).toEqual([0.8, 0.7, 0.9, 0.7])
    c.click(16, 16)
    await c.answer(middle)
    expect(c.asked()).toMatchObject({ scores: [0.8], choice: 0 })
    expect(c.press('mask-next')).toEqual([false]) // a single one leaves the key to the window
  })
})

describe('what is kept', () => {
  test('Enter adds the mask that is shown, made by the model, as one change', async () => {
    const c = withModel()
    c.editor.activeLabelId = 7
    c.click(15, 15)
    await c.answer(...three)
    c.press('mask-next', 'confirm')
    c.expectPath('smart-mask.idle')
    expect(c.edits).toHaveLength(1)
    const { before, after } = c.last.changes[0]!
    expect(before).toBeNull()
    expect(after).toMatchObject({
      labelId: 7,
      state: 'accepted',
      author: { kind: 'checkpoint', checkpoint: 'models/sam', score: 0.8 },
      shape: { kind: 'mask', rle: middle.mask },
    })
    expect(c.editor.selection).toEqual([after!.id])
    expect(c.takeBack().shapes).toEqual([])
  })
  test('as a polygon it has the mask’s holes', async () => {
    const c = withModel()
    c.editor.set({ keepMasksAs: 'polygon', outlineTolerance: 1 })
    c.click(15, 15)
    await c.answer(...three)
    c.press('confirm')
    const [shape] = c.shapes
    expect(shape).toMatchObject({ kind: 'polygon', parts: [[expect.any(Array), expect.any(Array)]] })
    expect(shapeMask(shape!, height, width)).toEqual(small.mask)
  })
  test('Enter before the answer keeps it when it comes', async () => {
    const c = withModel()
    c.click(15, 15)
    c.press('confirm')
    expect(c.edits).toEqual([])
    await c.answer(small)
    expect(c.shapes.map(shapeArea)).toEqual([12 * 12 - 4 * 4])
    c.expectPath('smart-mask.idle')
  })
  test('nothing is kept of an empty answer', async () => {
    const c = withModel()
    c.click(15, 15)
    await c.answer()
    c.press('confirm')
    c.expectPath('smart-mask.prompting')
    expect(c.edits).toEqual([])
  })
})

describe('taking back', () => {
  test('removes the last point or box, and with the first the prompt', async () => {
    const c = withModel()
    c.click(15, 15)
    await c.answer(small)
    c.drag(10, 10, 40, 30)
    await c.answer(middle)
    c.press('remove-last')
    expect(c.prompts.at(-1)).toEqual({ clicks: [{ x: 15, y: 15, positive: true }] })
    await c.answer(large)
    expect(c.shown()).toEqual(large.mask)
    c.press('undo')
    c.expectPath('smart-mask.idle')
    expect(c.shown()).toBeNull()
  })
  test('Escape, another tool or another image drop it, whatever is still answered', async () => {
    const c = withModel()
    const leave = [
      () => c.press('cancel'),
      () => c.tool('select').tool('smart-mask'),
      () => c.editor.open({ mediaId: 2, width, height, url: 'other' }, []),
    ]
    for (const how of leave) {
      c.click(15, 15)
      c.press('confirm') // wanted as soon as it is there
      how()
      c.expectPath('smart-mask.idle')
      await c.answer(small)
      expect([c.shown(), c.edits]).toEqual([null, []])
    }
  })
})

describe('stale answers', () => {
  test('of several clicks while the model is at work, only the newest prompt is asked next, and only its answer shown', async () => {
    const c = withModel()
    c.click(15, 15).click(16, 16).click(17, 17)
    expect(c.prompts).toHaveLength(1)
    await c.answer(small)
    expect(c.shown()).toBeNull() // it answers the first click alone
    expect(c.prompts).toHaveLength(2)
    expect(c.prompts[1]!.clicks).toHaveLength(3)
    await c.answer(large)
    expect(c.shown()).toEqual(large.mask)
  })
})

test('without a model the tool does nothing', () => {
  const c = onCanvas([region(box(0, 0, 50, 50))])
    .tool('smart-mask')
    .click(15, 15)
  c.expectPath('smart-mask.idle')
  expect(c.editor.execute('mask-include')).toBe(false)
  expect(c.edits).toEqual([])
})
