/** Scenes that the nano detector and segmenter are trained on. */
import { expect, test } from 'vitest'
import { sceneDrawer } from '../../../src-main/app/pretrain/compose.ts'
import { levelsOf } from '../../../src-main/app/sample/levels.ts'
import { renderAll } from '../../../src-main/app/pretrain/pictures.ts'
import { concepts } from '../../../src-main/app/sample/concepts.ts'
import { suitsScene } from '../../../src-main/app/sample/scenes.ts'

const SIDE = 64

test('a scene is the same each time it is asked for, and what is said of each pixel is what can be seen', async () => {
  const all = concepts().filter(suitsScene).slice(0, 4)
  const pictures = await renderAll(all, ['noto', 'twemoji'], 64)
  const sprites = pictures.map(({ concept, style, rgba }) => ({
    ...{ concept: all[concept]!, style, index: concept, levels: levelsOf(64, rgba) },
  }))
  const draw = sceneDrawer('test', 1, sprites, SIDE, { image_mean: [0, 0, 0], image_std: [1, 1, 1] })
  const drawn = (number: number) => {
    const pixels = new Float32Array(3 * SIDE * SIDE)
    return { pixels, ...draw(number, pixels, 0) }
  }
  const scenes = Array.from({ length: 8 }, (_, i) => drawn(i))
  expect(drawn(3)).toEqual(scenes[3])
  for (const { pixels, owner, objects } of scenes) {
    expect(pixels.every((x) => x >= 0 && x <= 1)).toBe(true)
    expect(objects.length).toBeGreaterThan(0)
    // No object is hidden altogether, no pixel belongs to one that is not there, and boxes are tight.
    expect(new Set(owner.filter(Boolean))).toEqual(new Set(objects.map((_, i) => i + 1)))
    objects.forEach(({ box: [x, y, w, h] }, i) => {
      const at = [...owner.keys()].filter((k) => owner[k] === i + 1)
      const [columns, rows] = [at.map((k) => k % SIDE), at.map((k) => Math.floor(k / SIDE))]
      const edges = [Math.min(...columns), Math.min(...rows), Math.max(...columns) + 1, Math.max(...rows) + 1]
      expect([x - w / 2, y - h / 2, x + w / 2, y + h / 2].map((e) => Math.round(e * SIDE))).toEqual(edges)
    })
  }
  expect(new Set(scenes.flatMap((s) => s.objects.map((o) => o.concept))).size).toBe(all.length)
})
