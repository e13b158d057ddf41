/** Crops that a model which names regions is trained on. */
import { expect, test } from 'vitest'
import { cropsOf } from '../../../src-main/app/pretrain/crops.ts'
import { renderAll } from '../../../src-main/app/pretrain/pictures.ts'
import { concepts } from '../../../src-main/app/sample/concepts.ts'
import { levelsOf } from '../../../src-main/app/sample/levels.ts'
import { suitsScene } from '../../../src-main/app/sample/scenes.ts'

test('every object has a crop of the scene and one of itself alone on white', async () => {
  const side = 40
  const all = concepts().filter(suitsScene).slice(0, 4)
  const sprites = (await renderAll(all, ['noto', 'twemoji'], 64)).map(({ concept, rgba }) => ({
    ...{ concept: all[concept]!, index: concept, levels: levelsOf(64, rgba) },
  }))
  const crops = cropsOf('test', 1, sprites, { scenes: 3, side }, () => undefined)
  expect(crops.length % 2).toBe(0)
  expect(crops.length).toBeGreaterThan(10)
  const isWhite = (rgb: Uint8Array, at: number) => [0, 1, 2].every((c) => rgb[c * side * side + at] === 255)
  for (let i = 0; i < crops.length; i += 2) {
    const [inScene, alone] = [crops[i]!, crops[i + 1]!]
    expect(alone.picture).toBe(inScene.picture)
    const white = Array.from({ length: side * side }, (_, at) => isWhite(alone.rgb, at))
    const shown = white.filter((is) => !is).length
    expect(shown).toBeGreaterThan(0.02 * side * side)
    // Some of its corners at least are the ground's, which no crop of a scene has white.
    expect([0, side - 1, side * (side - 1), side * side - 1].some((at) => white[at])).toBe(true)
    expect(white.filter((is, at) => is && !isWhite(inScene.rgb, at)).length).toBeGreaterThan(0)
  }
})
