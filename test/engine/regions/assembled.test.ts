/** A model that finds things without knowing what they are, with the model beside it that names them. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { answer } from '../../../src-main/engine/questions/answer.ts'
import { Assembled } from '../../../src-main/engine/regions/index.ts'
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

test('boxes that are looked at again end elsewhere, within the image', async () => {
  const { detector, image } = await boxed({ path: '../clip' })
  const ask = () => answer({ kind: 'detect', model: detector, file: image, prompt, settings: { threshold: 0 } })
  const alone = (await ask()) as { box: number[] }[]
  cpSync(goldenPath('families/owlvit'), path.join(detector, '..', 'refiner'), { recursive: true })
  const record = JSON.parse(readFileSync(path.join(detector, 'dashi.json'), 'utf8')) as { partners: object }
  Object.assign(record.partners, { refine: { path: '../refiner' } })
  const again = path.join(detector, '..', 'again')
  cpSync(detector, again, { recursive: true })
  writeFileSync(path.join(again, 'dashi.json'), JSON.stringify(record))
  const found = (await answer({ kind: 'detect', model: again, file: image, prompt, settings: { threshold: 0 } })) as { box: number[] }[]
  expect(found.length).toBeGreaterThan(0)
  expect(found.map((f) => f.box)).not.toEqual(alone.map((f) => f.box))
  for (const { box } of found) {
    const [x, y, w, h] = box as [number, number, number, number]
    expect(Math.min(x, y)).toBeGreaterThanOrEqual(0)
    expect([x + w <= 60.001, y + h <= 40.001]).toEqual([true, true])
  }
})
