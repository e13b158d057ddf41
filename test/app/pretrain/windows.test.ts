/** Windows that models are trained on which look at one thing each. */
import { expect, test } from 'vitest'
import { renderAll } from '../../../src-main/app/pretrain/pictures.ts'
import { windowDrawer } from '../../../src-main/app/pretrain/windows.ts'
import { concepts } from '../../../src-main/app/sample/concepts.ts'
import { refineRecipe } from '../../../src-main/engine/pretrain/index.ts'
import { levelsOf } from '../../../src-main/app/sample/levels.ts'
import { suitsScene } from '../../../src-main/app/sample/scenes.ts'

const SIDE = 48
const COUNT = 60

test('a window has one object at most, near its middle, and says where that ends; it is the same each time', async () => {
  const all = concepts().filter(suitsScene).slice(0, 4)
  const sprites = (await renderAll(all, ['noto', 'twemoji'], 64)).map(({ concept, rgba }) => ({
    ...{ concept: all[concept]!, index: concept, levels: levelsOf(64, rgba) },
  }))
  const drawn = () => {
    const draw = windowDrawer('refine', { ...refineRecipe, scenes: COUNT }, sprites, SIDE, { image_mean: [0, 0, 0], image_std: [1, 1, 1] })
    return Array.from({ length: COUNT }, (_, i) => {
      const pixels = new Float32Array(3 * SIDE * SIDE)
      return { pixels, ...draw(i, pixels, 0) }
    })
  }
  const windows = drawn()
  expect(drawn()[7]).toEqual(windows[7])
  const shown = windows.filter(({ objects }) => objects.length)
  expect(shown.length).toBeGreaterThan(COUNT / 2)
  expect(shown.length).toBeLessThan(COUNT) // some are anywhere, and about nothing
  for (const { owner, objects, pixels } of windows) {
    expect(pixels.every((x) => x >= 0 && x <= 1)).toBe(true)
    expect(objects.length).toBeLessThanOrEqual(1)
    const at = [...owner.keys()].filter((k) => owner[k])
    expect(at.length > 0).toBe(objects.length === 1)
    if (!objects.length) continue
    const [x, y, w, h] = objects[0]!.box
    const [columns, rows] = [at.map((k) => k % SIDE), at.map((k) => Math.floor(k / SIDE))]
    const edges = [Math.min(...columns), Math.min(...rows), Math.max(...columns) + 1, Math.max(...rows) + 1]
    // A pixel of the window may be up to a few of the scene, of which it shows one.
    const said = [x - w / 2, y - h / 2, x + w / 2, y + h / 2].map((edge) => edge * SIDE)
    said.forEach((edge, i) => expect(Math.abs(edge - edges[i]!)).toBeLessThan(2.5))
  }
})
