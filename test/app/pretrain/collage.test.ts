/** Scenes that a segmenter is trained on. */
import { expect, test } from 'vitest'
import { Collages } from '../../../src-main/app/pretrain/collage.ts'
import { concepts } from '../../../src-main/app/sample/concepts.ts'
import { suitsScene } from '../../../src-main/app/sample/scenes.ts'

const SIDE = 48

test('a scene is the same each time it is asked for, and what is said of each pixel is what can be seen', async () => {
  const drawn = concepts().filter(suitsScene).slice(0, 4)
  let told = [0, 0]
  const collages = await Collages.of(drawn, ['noto', 'twemoji'], SIDE, (done, of) => (told = [done, of]))
  expect(told[0]).toBe(told[1])
  const scenes = Array.from({ length: 12 }, (_, i) => collages.scene(`scene ${i}`))
  expect(collages.scene('scene 3')).toEqual(scenes[3])
  for (const { rgb, owner, concepts: shown } of scenes) {
    expect(rgb.every((x) => x >= 0 && x <= 1)).toBe(true)
    expect(shown.length).toBeGreaterThan(0)
    expect(shown.every((c) => c < drawn.length)).toBe(true)
    // No object is hidden altogether, and no pixel belongs to one that is not there.
    expect(new Set(owner)).toEqual(new Set([...shown.keys()].map((i) => i + 1).concat(owner.includes(0) ? [0] : [])))
  }
  expect(new Set(scenes.flatMap((s) => s.concepts)).size).toBe(drawn.length)
})
