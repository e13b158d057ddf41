/** A model that finds things without knowing what they are, with the model beside it that names them. */
import { cpSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { answer } from '../../../src-main/engine/questions/answer.ts'
import { Assembled } from '../../../src-main/engine/regions/index.ts'
import { islandsIn } from '../../../src-main/engine/regions/islands.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder, TINY_CLIP } from '../../helpers/pictures.ts'

async function boxed(names: object) {
  const dir = temporaryFolder()
  const detector = path.join(dir, 'detector')
  cpSync(goldenPath('families/owlv2'), detector, { recursive: true })
  cpSync(TINY_CLIP, path.join(dir, 'clip'), { recursive: true })
  const record = {
    ...{ format: 1, dashi: '0', created: new Date(0).toISOString(), base: null, recipe: null, seed: null, dataHash: null, device: null },
    ...{ metrics: {}, templates: ['{}'], classes: [], partners: { names, others: ['tree'] } },
  }
  writeFileSync(path.join(detector, 'dashi.json'), JSON.stringify(record))
  const image = path.join(dir, 'image.png')
  await sharp({ create: { width: 60, height: 40, channels: 3, background: 'red' } })
    .png()
    .toFile(image)
  return { detector, image }
}
const prompt = { classes: [{ name: 'cat' }, { name: 'dog' }] }

test('a detector with a partner gives each of its boxes one of the words, and a model alone has no partners', async () => {
  const { detector, image } = await boxed({ path: '../clip' })
  const found = await answer({ kind: 'detect', model: detector, file: image, prompt, settings: { threshold: 0 } })
  expect(Array.isArray(found) && found.length).toBeGreaterThan(0)
  const labels = (found as { label: string }[]).map((f) => f.label)
  expect(new Set([...labels, 'cat', 'dog'])).toEqual(new Set(['cat', 'dog'])) // never what they compete with
  const alone = await openModel(TINY_CLIP)
  expect(Assembled.of(alone, 'detect')).toBeUndefined()
  alone.close()
})

test('a partner that is another model by now is refused by name', async () => {
  const { detector, image } = await boxed({ path: '../clip', fingerprint: '0'.repeat(64) })
  await expect(answer({ kind: 'detect', model: detector, file: image, prompt, settings: {} })).rejects.toThrow(
    /clip: missing or another model/,
  )
})

test('islands are parts of a bitmap that touch by their sides; specks are none', () => {
  const bitmap = new Uint8Array(40 * 20)
  const fill = (x0: number, y0: number, side: number) => {
    for (let y = y0; y < y0 + side; y++) bitmap.fill(1, y * 40 + x0, y * 40 + x0 + side)
  }
  fill(2, 3, 8)
  fill(10, 11, 9) // touches the first at a corner
  fill(30, 2, 3)
  expect(islandsIn(bitmap, 40, 20)).toEqual([
    { x: 2, y: 3, w: 8, h: 8 },
    { x: 10, y: 11, w: 9, h: 9 },
  ])
})
