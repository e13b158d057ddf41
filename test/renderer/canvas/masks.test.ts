import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shapeBox } from '#shared/geometry/box.ts'
import { rleArea, rleContains, rleFromBitmap, rleSubtract, rleToBitmap, rleUnion } from '#shared/geometry/rle.ts'
import type { MaskShape, Rle } from '#shared/model/shape.ts'
import { boundsOfShape, containsPoint } from '../../../src-renderer/canvas/bounds.ts'
import { ColumnMask } from '../../../src-renderer/canvas/masks/column-mask.ts'
import { flatFromColumns, flatFromRle } from '../../../src-renderer/canvas/masks/flat-mask.ts'
import { floodFill } from '../../../src-renderer/canvas/masks/flood.ts'
import { Livewire } from '../../../src-renderer/canvas/masks/livewire.ts'
import { MaskCanvas } from '../../../src-renderer/canvas/masks/paint.ts'
import { onCanvas, region } from './on-canvas.ts'

const [width, height] = [13, 9]
const bitmap = fc.array(fc.integer({ min: 0, max: 1 }), { minLength: width * height, maxLength: width * height })
const mask = (bits: ArrayLike<number>): MaskShape => ({ kind: 'mask', rle: rleFromBitmap(bits, height, width) })
/** A picture of one grey value a letter. */
const picture = (...rows: string[]) => ({
  width: rows[0]!.length,
  height: rows.length,
  data: Uint8Array.from(
    rows
      .join('')
      .split('')
      .flatMap((c) => [Number(c) * 25, Number(c) * 25, Number(c) * 25, 255]),
  ),
})
const drawing = (m: ColumnMask) =>
  Array.from({ length: m.height }, (_, y) =>
    Array.from({ length: m.width }, (_, x) => (rleToBitmap(m.toRle())[y * m.width + x] ? '#' : '.')).join(''),
  )

describe('column masks', () => {
  test('round-trip through run lengths', () => {
    fc.assert(
      fc.property(bitmap, (bits) => {
        const { rle } = mask(bits)
        expect(ColumnMask.fromRle(rle).toRle()).toEqual(rle)
        expect(flatFromColumns(ColumnMask.fromRle(rle))).toEqual(flatFromRle(rle))
      }),
    )
  })
  test('bounds and hits agree with the shared geometry', () => {
    fc.assert(
      fc.property(bitmap, fc.integer({ min: -1, max: width }), fc.integer({ min: -1, max: height }), (bits, x, y) => {
        const m = mask(bits)
        expect(boundsOfShape(m)).toEqual(shapeBox(m))
        expect(containsPoint(m, x + 0.5, y + 0.5, 0)).toBe(rleContains(m.rle, x + 0.5, y + 0.5))
      }),
    )
  })
  test('runs that don’t fit the size are refused', () => {
    expect(() => flatFromRle({ size: [3, 2], counts: mask(new Uint8Array(width * height)).rle.counts })).toThrow('cover more than 3 × 2')
  })
  test('a stroke sets exactly the pixels whose centres it covers, and the eraser clears them', () => {
    const coordinate = fc.double({ min: -4, max: 16, noNaN: true })
    fc.assert(
      fc.property(
        bitmap,
        coordinate,
        coordinate,
        coordinate,
        coordinate,
        fc.double({ min: 1, max: 9, noNaN: true }),
        fc.boolean(),
        (bits, ax, ay, bx, by, size, erase) => {
          const m = ColumnMask.fromRle(mask(bits).rle)
          m.stroke({ x: ax, y: ay }, { x: bx, y: by }, size, erase)
          const covered = (x: number, y: number) => {
            const l2 = (bx - ax) ** 2 + (by - ay) ** 2
            const t = l2 ? Math.min(1, Math.max(0, ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / l2)) : 0
            return Math.hypot(ax + t * (bx - ax) - x, ay + t * (by - ay) - y) - size / 2
          }
          const now = [...rleToBitmap(m.toRle())]
          const expected = bits.map((bit, i) => {
            const d = covered((i % width) + 0.5, Math.floor(i / width) + 0.5)
            return Math.abs(d) < 1e-9 ? now[i]! : d < 0 ? Number(!erase) : bit // on the rim itself, rounding decides
          })
          expect(now).toEqual(expected)
        },
      ),
    )
  })
  test('are clipped when placed on another grid', () => {
    const m = ColumnMask.empty({ width: 4, height: 3 })
    m.paint(0, 0, 2, false)
    m.paint(3, 1, 3, false)
    expect(drawing(m.placed({ width: 5, height: 2 }, 2, -1))).toEqual(['..#..', '.....'])
  })
})

describe('painting', () => {
  test('at 1:1 each pixel of the mask is one of the canvas; the outline stands out', () => {
    const m = ColumnMask.empty({ width: 7, height: 7 })
    for (let x = 1; x < 6; x++) m.paint(x, 1, 6, false)
    m.paint(3, 3, 4, true)
    const canvas = new MaskCanvas({ x: 0, y: 0, scale: 1, width: 7, height: 7 })
    canvas.paint(flatFromColumns(m), '#204060', 0.5, 1)
    const rgba = canvas.toRgba()
    const alpha = Array.from({ length: 7 }, (_, y) =>
      Array.from({ length: 7 }, (_, x) => (rgba[4 * (7 * y + x) + 3]! > 250 ? '#' : rgba[4 * (7 * y + x) + 3]! > 0 ? '+' : '.')).join(''),
    )
    expect(alpha).toEqual(['.......', '.#####.', '.#+#+#.', '.##.##.', '.#+#+#.', '.#####.', '.......'])
    expect([...rgba.slice(4 * 16, 4 * 17)].map((v) => Math.round(v / 4) * 4)).toEqual([0x20, 0x40, 0x60, 128])
  })
  test('enlarged and moved, pixels are squares', () => {
    const m = ColumnMask.empty({ width: 4, height: 4 })
    m.paint(2, 1, 2, false)
    const canvas = new MaskCanvas({ x: 1, y: 0.5, scale: 2, width: 5, height: 5 })
    canvas.paint(flatFromColumns(m), '#ffffff', 1, 1)
    const set = [...canvas.toRgba()].flatMap((v, i) => (i % 4 === 3 && v ? [[((i - 3) / 4) % 5, Math.floor((i - 3) / 20)]] : []))
    expect(set).toEqual([
      [2, 1],
      [3, 1],
      [2, 2],
      [3, 2],
    ])
  })
})

test('flood fill takes connected pixels within the tolerance, by their sides only', () => {
  const pixels = picture('110011', '101031', '110111', '001122')
  expect(drawing(floodFill(pixels, { x: 0.5, y: 0.5 }, 0))).toEqual(['##....', '#.....', '##....', '......'])
  expect(drawing(floodFill(pixels, { x: 4.5, y: 0.5 }, 25))).toEqual(['######', '####.#', '######', '######'])
  expect(floodFill(pixels, { x: -1, y: 0 }, 255).isEmpty).toBe(true)
})

test('intelligent scissors follow an edge around a corner', () => {
  const side = 60
  const data = new Uint8Array(4 * side * side)
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x++) data.fill(x < 40 && y < 40 ? 20 : 220, 4 * (y * side + x), 4 * (y * side + x) + 3)
  const wire = new Livewire({ width: side, height: side, data })
  wire.seed({ x: 40, y: 5 })
  const path = wire.pathTo({ x: 5, y: 40 })
  const off = path.flatMap((x, i) => (i % 2 ? [] : [Math.abs(Math.max(x, path[i + 1]!) - 40)]))
  expect(path.slice(-2)).toEqual([5.5, 40.5])
  expect(off.length).toBeGreaterThan(60)
  expect(Math.max(...off)).toBeLessThan(4) // the corner may be cut a little
})

describe('the tools', () => {
  const disc = (h: ReturnType<typeof onCanvas>) => h.last.changes[0]!.after!.shape as MaskShape
  test('the brush starts a mask and continues it while it is selected; one edit per stroke', () => {
    const h = onCanvas().tool('brush').drag(20, 20, 60, 20).expectPath('brush.idle')
    const first = disc(h)
    expect(rleArea(first.rle)).toBeCloseTo(40 * 24 + Math.PI * 144, -1.5)
    h.drag(60, 20, 60, 60)
    expect(h.shapes).toHaveLength(1)
    expect(h.edits).toHaveLength(2)
    expect(rleSubtract(first.rle, disc(h).rle)).toEqual(rleFromBitmap(new Uint8Array(20_000), 100, 200))
    h.editor.execute('cancel') // nothing selected: the next stroke is a new region
    h.drag(150, 50, 151, 50)
    expect(h.shapes).toHaveLength(2)
  })
  test('Alt erases, the eraser erases; a mask erased completely is deleted, and undo restores it', () => {
    const h = onCanvas().tool('brush').drag(20, 20, 60, 20)
    const before = rleArea(disc(h).rle)
    h.drag(60, 20, 61, 20, { alt: true })
    expect(rleArea(disc(h).rle)).toBeLessThan(before)
    h.editor.set({ brushSize: 200 })
    h.tool('eraser').drag(30, 20, 50, 20)
    expect(h.shapes).toEqual([])
    expect(h.takeBack().shapes).toHaveLength(1)
  })
  test('Escape during a stroke leaves the mask unchanged', () => {
    const h = onCanvas().tool('brush').drag(20, 20, 60, 20)
    const before = h.shapes
    h.down(30, 30).move(80, 80)
    expect(h.editor.overlay.mask?.isEmpty).toBe(false)
    h.editor.execute('cancel')
    h.expectPath('brush.idle').up(80, 80)
    expect(h.shapes).toEqual(before)
  })
  test('the eraser never touches a polygon or a locked mask', () => {
    const locked = region(mask(new Uint8Array(width * height).fill(1)), { locked: true })
    const h = onCanvas([locked, region({ kind: 'polygon', parts: [[[0, 0, 9, 0, 9, 9]]] })], { width, height })
      .tool('eraser')
      .drag(2, 2, 8, 8)
    expect(h.edits).toEqual([])
  })
  test('keys change the brush size', () => {
    const h = onCanvas()
    h.editor.set({ brushSize: 2 })
    expect([h.editor.execute('brush-smaller'), h.editor.settings.brushSize]).toEqual([true, 1])
    h.editor.execute('brush-smaller')
    h.editor.execute('brush-larger')
    expect(h.editor.settings.brushSize).toBe(2)
  })
  test('the wand fills on press, dragging changes the tolerance, Shift adds and Alt subtracts', () => {
    const pixels = picture('112244', '112244', '112244')
    const h = onCanvas([], { width: 6, height: 3, pixels }).tool('wand')
    h.editor.set({ tolerance: 0 })
    h.click(0.5, 0.5)
    expect(rleArea(disc(h).rle)).toBe(6)
    h.click(5.5, 0.5, { shift: true })
    expect(rleArea(disc(h).rle)).toBe(12)
    h.click(0.5, 1.5, { alt: true })
    expect(rleArea(disc(h).rle)).toBe(6)
    h.editor.execute('cancel')
    h.down(0.5, 0.5).move(60, 0.5).up(60, 0.5)
    expect(rleArea(disc(h).rle)).toBe(12)
    expect(h.editor.settings.tolerance).toBe(30)
  })
  test('without pixels, wand and scissors do nothing', () => {
    expect(onCanvas().tool('wand').click(5, 5).expectPath('wand.idle').edits).toEqual([])
    onCanvas().tool('scissors').click(5, 5).expectPath('scissors.idle')
  })
  test('scissors draw a polygon piece by piece, and undo removes one piece at a time', () => {
    const side = 60
    const data = new Uint8Array(4 * side * side)
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++) data.fill(Math.hypot(x - 30, y - 30) < 20 ? 20 : 220, 4 * (y * side + x), 4 * (y * side + x) + 3)
    const h = onCanvas([], { width: side, height: side, pixels: { width: side, height: side, data } }).tool('scissors')
    h.click(50, 30).click(30, 50).click(10, 30)
    const line = h.editor.overlay.line!.length
    h.editor.execute('undo')
    expect(h.editor.overlay.line).toHaveLength(line) // the piece taken back now hangs on the pointer
    h.move(30, 50)
    expect(h.editor.overlay.line!.length).toBeLessThan(line)
    h.click(10, 30).click(30, 10).click(50, 30).expectPath('scissors.idle')
    const [s] = h.shapes
    expect(s?.kind).toBe('polygon')
    const ring = s?.kind === 'polygon' ? s.parts[0]![0]! : []
    for (let i = 0; i < ring.length; i += 2) expect(Math.abs(Math.hypot(ring[i]! - 30, ring[i + 1]! - 30) - 20)).toBeLessThan(3)
  })
})

test('union and subtraction of masks by commands match the geometry', () => {
  fc.assert(
    fc.property(bitmap, bitmap, (a, b) => {
      const [ma, mb] = [mask(a), mask(b)]
      if (!rleArea(ma.rle) || !rleArea(mb.rle)) return
      const expectShape = (command: 'merge' | 'subtract', rle: Rle) => {
        const [ra, rb] = [region(ma), region(mb)]
        const h = onCanvas([ra, rb], { width, height })
        h.editor.setSelection([ra.id, rb.id])
        if (!rleArea(rle)) return expect(h.editor.execute(command)).toBe(false)
        expect(h.editor.execute(command)).toBe(true)
        expect(h.editor.regions.get(ra.id)?.shape).toEqual({ kind: 'mask', rle })
        expect(h.editor.regions.get(rb.id) === undefined).toBe(command === 'merge')
      }
      expectShape('merge', rleUnion(ma.rle, mb.rle))
      expectShape('subtract', rleSubtract(ma.rle, mb.rle))
    }),
    { numRuns: 30 },
  )
})
