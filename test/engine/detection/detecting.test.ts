/** What a detector remembers, what it is asked by, and when it refuses. */
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Detection, Prompt } from '#shared/model/preview.ts'
import { Detecting } from '../../../src-main/engine/detection/detecting.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import type { Model } from '../../../src-main/engine/models/model.ts'
import { exampleQuery, generalisedIou } from '../../../src-main/engine/models/owl-example.ts'
import { answer } from '../../../src-main/engine/questions/answer.ts'
import { golden, goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

const OWL = goldenPath('families/owlv2')
const pictures = golden<Record<string, { file: string }>>('owl-pictures.json')
let dir: string
let model: Model
let detecting: Detecting
beforeAll(async () => {
  dir = temporaryFolder()
  model = await openModel(OWL)
  detecting = Detecting.with(model, 'test')
})
afterAll(async () => {
  await detecting.release()
  model.close()
})

let n = 0
/** A file of its own with one of the golden pictures. */
function picture(name: string, file = path.join(dir, `${n++}.png`)): string {
  fs.writeFileSync(file, Buffer.from(pictures[name]!.file, 'base64'))
  return file
}
const words = (...names: string[]): Prompt => ({ classes: names.map((name) => ({ name })) })
const ALL = { threshold: 0 }

describe('an image', () => {
  test('is encoded once, and again when its file has changed', async () => {
    const file = picture('large')
    const seen = await detecting.image(file)
    expect(await detecting.image(file)).toBe(seen)
    const before = await detecting.find(file, words('cat'), ALL)
    picture('grey', file)
    expect(await detecting.image(file)).not.toBe(seen)
    expect(await detecting.find(file, words('cat'), ALL)).not.toEqual(before)
  })

  test('that is 10:1 has boxes relative to its longer side, since it was padded to a square', async () => {
    const { extent, width, height } = await detecting.image(picture('10:1'))
    expect([extent, width, height]).toEqual([[120, 120], 120, 12])
  })
})

describe('words', () => {
  test('are independent of each other: a box has the logit of its best word', async () => {
    const file = picture('large')
    const one = await Promise.all(['cat', 'house'].map((word) => detecting.find(file, words(word), ALL)))
    const both = await detecting.find(file, words('cat', 'house'), ALL)
    const at = (d: Detection) => d.box.join()
    for (const found of both) {
      const alone = one.map((list) => list.find((d) => at(d) === at(found))!)
      const best = alone.reduce((a, b) => (b.score > a.score ? b : a))
      expect(found.label).toBe(best.label)
      expect(found.score).toBeCloseTo(best.score, 6)
    }
  })

  test('with several templates are the mean of unit vectors; a phrase takes the place of the name in a sentence', async () => {
    const templates = ['a photo of a {}', 'a drawing of the {}']
    const [a, b, mean] = await Promise.all(
      [[templates[0]!], [templates[1]!], templates].map((t) => detecting.queries([{ name: 'cat' }], t)),
    )
    const sum = a!.map((x, i) => x + b![i]!)
    const length = Math.hypot(...sum)
    mean!.forEach((x, i) => expect(x).toBeCloseTo(sum[i]! / length, 6))
    expect(await detecting.queries([{ name: 'no cat', phrase: 'cat' }], ['a photo of a {}'])).toEqual(a)
  })

  test('that do not fit into the context are named', async () => {
    const long = 'cat '.repeat(20).trim()
    await expect(detecting.find(picture('grey'), words('dog', long), ALL)).rejects.toThrow(`the text "a photo of a ${long}" has `)
  })
})

test('suppression is of boxes of one label', async () => {
  const file = picture('large')
  const all = await detecting.find(file, words('cat', 'house', 'dog'), ALL)
  const apart = await detecting.find(file, words('cat', 'house', 'dog'), { ...ALL, overlap: 0 })
  for (const label of new Set(all.map((d) => d.label)))
    expect(apart.find((d) => d.label === label)).toEqual(all.find((d) => d.label === label))
  expect(apart.length).toBeLessThan(all.length)
})

describe('an example', () => {
  const state = {
    // Three boxes: the whole, and two that share a corner region; classes point along different axes.
    boxes: Float32Array.of(0.5, 0.5, 1, 1, 0.25, 0.25, 0.4, 0.4, 0.26, 0.25, 0.4, 0.4),
    classes: Float32Array.of(1, 0, 0, 1, 0.9, 0.1),
  }
  test('is the box that overlaps the region, of several the one least like the average', () => {
    expect(exampleQuery(state, 2).box).toBe(0)
    expect(exampleQuery(state, 2, { x: 0.05, y: 0.05, w: 0.4, h: 0.4 })).toEqual({ query: Float32Array.of(0, 1), box: 1 })
    const other = { ...state, classes: Float32Array.of(0, 1, 0, 1, 0.1, 0.9) }
    expect(exampleQuery(other, 2, { x: 0.05, y: 0.05, w: 0.4, h: 0.4 }).box).toBe(2)
  })

  test('is the nearest box if none overlaps the region', () => {
    const apart = { ...state, boxes: Float32Array.of(0.9, 0.9, 0.1, 0.1, 0.3, 0.3, 0.1, 0.1, 0.9, 0.1, 0.1, 0.1) }
    expect(exampleQuery(apart, 2, { x: 0, y: 0, w: 0.1, h: 0.1 }).box).toBe(1)
  })

  test('with objectness and no region is what is most of an object', () => {
    const objectness = Float32Array.of(-2, -3, 4)
    expect(exampleQuery({ ...state, objectness }, 2).box).toBe(2)
    expect(exampleQuery({ ...state, objectness }, 2, { x: 0, y: 0, w: 1, h: 1 }).box).toBe(0)
  })

  test('generalised IoU is IoU less the empty share of the hull', () => {
    const a = { x: 0, y: 0, w: 1, h: 1 }
    expect(generalisedIou(a, a)).toBe(1)
    expect(generalisedIou(a, { x: 3, y: 0, w: 1, h: 1 })).toBe(-0.5)
    expect(generalisedIou(a, { x: 0.5, y: 0, w: 1, h: 1 })).toBeCloseTo(1 / 3)
  })
})

describe('in a lane', () => {
  const question = (file: string, prompt: Prompt, owl = OWL) => ({ kind: 'detect', model: owl, file, prompt, settings: ALL }) as const
  test('the answers are those of the detector, also after another model was asked', async () => {
    const file = picture('large')
    const wanted = await detecting.find(file, words('cat'), ALL)
    expect(await answer(question(file, words('cat')))).toEqual(wanted)
    const other = await answer(question(file, words('cat'), goldenPath('families/owlvit')))
    expect(other).not.toEqual(wanted)
    expect(await answer(question(file, words('cat')))).toEqual(wanted)
    expect(await answer(question(file, { example: { file } }))).toEqual(await detecting.find(file, { example: { file } }, ALL))
  })

  test('a model that detects nothing says so', async () => {
    await expect(answer(question(picture('grey'), words('cat'), goldenPath('clip/quick')))).rejects.toThrow(
      'detect: a CLIP model cannot detect objects: choose a model of OWL-ViT, OWLv2 or Grounding DINO',
    )
  })
})
