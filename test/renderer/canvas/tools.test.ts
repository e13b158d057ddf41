/** What every tool must have and do, as soon as its file is there. */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import type { Label } from '#shared/model/label.ts'
import { wordsSchema } from '#shared/model/words.ts'
import type { ToolContext } from '../../../src-renderer/canvas/tool.ts'
import { toolOf, tools } from '../../../src-renderer/canvas/tools.ts'
import { defaultSettings } from '../../../src-renderer/canvas/types.ts'
import { box, onCanvas, region } from './on-canvas.ts'

const folder = path.join(import.meta.dirname, '../../../src-renderer/canvas/tools')
const shapes: ToolContext['shape'][] = [null, 'box', 'rotated-box', 'polygon', 'polyline', 'keypoints', 'mask']
const contexts: ToolContext[] = shapes.flatMap((shape) =>
  [true, false].flatMap((skeleton) =>
    [0, 1, 2].flatMap((selected) => [true, false].map((masks) => ({ shape, skeleton, selected, masks }))),
  ),
)

it('there is one record per file, with the same name and with an order and keys of its own', () => {
  const files = readdirSync(folder).filter((name) => name.endsWith('.ts'))
  expect(tools.map((t) => `${t.id}.ts`).sort()).toEqual(files.sort())
  expect(new Set(tools.map((t) => `${t.section} ${t.order}`)).size).toBe(tools.length)
  const keys = tools.flatMap((t) => t.keys)
  expect(new Set(keys).size).toBe(keys.length)
})

it('an unknown tool is refused by name', () => {
  expect(() => toolOf('stamp')).toThrow('no tool "stamp": there are select, pan, box')
  expect(() => onCanvas().tool('stamp')).toThrow('no tool "stamp"')
})

/** Whatever a hand may do with a tool: a drag, clicks that are confirmed, a line across a box and a mask that are there. */
async function workedWith(id: string) {
  const [width, height] = [200, 100]
  const pixels = { width, height, data: new Uint8Array(4 * width * height).map((_, i) => ((i >> 2) % width < 100 ? 40 : 200)) }
  const mask = rleFromBitmap(
    Array.from({ length: width * height }, (_, i) => Number(i % width > 150 && i % width < 190 && Math.floor(i / width) < 40)),
    height,
    width,
  )
  const canvas = onCanvas([region(box(110, 10, 30, 30)), region({ kind: 'mask', rle: mask })], { width, height, pixels })
  canvas.editor.setLabels([skeletonLabel])
  canvas.editor.setMasks({ ask: async () => [{ score: 0.9, mask, author: { kind: 'checkpoint', checkpoint: 'sam', score: 0.9 } }] })
  canvas.tool(id).drag(20, 20, 80, 60)
  canvas.editor.execute('cancel')
  for (const keepMasksAs of ['mask', 'polygon'] as const) {
    canvas.editor.set({ keepMasksAs })
    canvas.click(20, 70).click(60, 72).click(40, 90)
    await new Promise((done) => setTimeout(done))
    canvas.editor.execute('confirm')
    canvas.editor.execute('cancel')
    canvas.editor.setSelection([])
  }
  canvas.drag(100, 22, 199, 24)
  return canvas
}
const skeletonLabel: Label = {
  id: 1,
  name: 'bird',
  colour: '#1f77b4',
  key: null,
  synonyms: [],
  prompts: [],
  parentId: null,
  attributes: [],
  skeleton: {
    points: ['beak', 'tail'],
    edges: [[0, 1]],
    layout: [
      [0, 0],
      [1, 1],
    ],
  },
}

describe.each(tools.map((t) => [t.id, t] as const))('%s', (id, tool) => {
  it('is named and shown in both languages', () => {
    for (const words of [tool.title, ...Object.values(tool.hints), ...(tool.options ?? []).map((o) => o.title)]) wordsSchema.parse(words)
    expect(tool.icon).toBeTypeOf('function')
    expect(tool.cursor).not.toBe('')
  })
  it('only names hints that it has, whatever is selected', () => {
    const named = contexts.map((context) => (tool.hint ? tool.hint(context) : 'idle'))
    const during = Object.values(tool.during ?? {}).flatMap((d) => d.hint ?? [])
    const said = new Set([...named, ...during].filter((hint) => hint !== null))
    expect([...said].sort()).toEqual(Object.keys(tool.hints).sort())
  })
  it('shows options for existing settings, within their bounds', () => {
    for (const { setting, min, max } of tool.options ?? []) {
      expect(defaultSettings[setting]).toBeGreaterThanOrEqual(min)
      expect(defaultSettings[setting]).toBeLessThanOrEqual(max)
    }
  })
  it('makes regions of the declared kinds, and no others', async () => {
    const made = (await workedWith(id)).edits.flatMap((edit) => edit.changes.flatMap((c) => (c.before === null ? c.after!.shape.kind : [])))
    expect([...new Set(made)].sort()).toEqual([...tool.makes].sort())
  })
  it('starts idle, with its cursor, and is left without a trace', () => {
    const canvas = onCanvas().tool(id).expectPath(`${id}.idle`)
    expect(canvas.editor.cursor).toBe(tool.cursor)
    canvas.move(20, 20).tool('select').tool(id)
    expect(canvas.edits).toEqual([])
  })
})
