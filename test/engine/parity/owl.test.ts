/** OWL-ViT and OWLv2 find what transformers finds: test/parity/engine/owl.py. */
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { decodeImage } from '../../../src-main/engine/data/decode.ts'
import { preprocess } from '../../../src-main/engine/data/preprocess.ts'
import { Detecting } from '../../../src-main/engine/detection/detecting.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import type { Arrays } from '../../../src-main/engine/models/detector.ts'
import { owlv2 } from '../../../src-main/engine/models/owlv2.ts'
import { type Model, paramsFor } from '../../../src-main/engine/models/model.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'
import { floats, golden, goldenPath, type GoldenTensor, largestDifference } from '../../helpers/golden.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

interface Expected {
  readonly texts: string[]
  readonly textEmbeds: GoldenTensor
  readonly cases: { pixels: GoldenTensor; boxes: GoldenTensor; patchLogits: GoldenTensor; objectness?: GoldenTensor }[]
  readonly guided: { pixels: GoldenTensor; query: GoldenTensor; at: number[]; patchLogits: GoldenTensor }[]
}

const KINDS = ['owlvit', 'owlvit-wide', 'owlvit-odd', 'owlv2', 'owlv2-wide', 'owlv2-odd']

/** Boxes, logits and state for one of the golden images, which may have any size. */
async function detect(model: Model, pixels: GoldenTensor, i: number, queries: (state: Arrays) => Float32Array) {
  const detector = model.detector!
  const [, , h, w] = pixels.shape as [number, number, number, number]
  const x = floats(pixels).slice(i * 3 * h * w, (i + 1) * 3 * h * w)
  const encoding = new Graph()
  const values = detector.encode(paramsFor(model, encoding, model.weights), encoding.input('pixels', 'float32', [1, 3, h, w]))
  for (const [name, value] of Object.entries(values)) encoding.output(name, value)
  const encoder = await Session.create(encoding, { threads: 1 })
  const found = await encoder.run({ pixels: tensor(x, 'float32', [1, 3, h, w]) })
  await encoder.release()
  const state = Object.fromEntries(Object.entries(found).map(([name, t]) => [name, t.data as Float32Array]))
  const q = queries(state)
  const graph = new Graph()
  const shapes = detector.state(detector.boxes(h, w))
  expect(Object.keys(shapes)).toEqual(Object.keys(state))
  const inputs = Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, graph.input(`state:${name}`, 'float32', shape)]))
  const rows = q.length / detector.width
  const answer = detector.answer(paramsFor(model, graph, model.weights), inputs, graph.input('queries', 'float32', [rows, detector.width]))
  graph.output('boxes', answer.boxes)
  graph.output('logits', answer.logits)
  const session = await Session.create(graph, { threads: 1 })
  const out = await session.run({
    ...Object.fromEntries(Object.entries(found).map(([name, t]) => [`state:${name}`, t])),
    queries: tensor(q, 'float32', [rows, detector.width]),
  })
  await session.release()
  return { state, boxes: out['boxes']!.data as Float32Array, logits: out['logits']!.data as Float32Array, rows }
}

/** transformers has queries as columns, [N, Q]; ours are rows. */
const turned = (x: Float32Array, rows: number) => Float32Array.from(x, (_, i) => x[(i % rows) * (x.length / rows) + Math.floor(i / rows)]!)
const part = (t: GoldenTensor, i: number) => {
  const n = floats(t).length / t.shape[0]!
  return floats(t).subarray(i * n, (i + 1) * n)
}

describe.each(KINDS)('families/%s', (name) => {
  const expected = golden<Expected>(`families/${name}/expected.json`)
  const opened = () => openModel(goldenPath(`families/${name}`))

  test.each(expected.cases.map((c) => [c.pixels.shape.slice(2).join('×'), c] as const))(
    'boxes of images of %s pixels within 1e-5, logits and objectness within 5e-5',
    async (_, c) => {
      const model = await opened()
      for (const i of [0, 1]) {
        const { state, boxes, logits, rows } = await detect(model, c.pixels, i, () => floats(expected.textEmbeds))
        expect(largestDifference(boxes, part(c.boxes, i))).toBeLessThan(1e-5)
        expect(largestDifference(turned(logits, rows), part(c.patchLogits, i))).toBeLessThan(5e-5)
        expect(Boolean(state['objectness'])).toBe(name.startsWith('owlv2'))
        if (c.objectness) expect(largestDifference(state['objectness']!, part(c.objectness, i))).toBeLessThan(5e-5)
      }
      model.close()
    },
  )

  test.each(expected.guided.map((c) => [c.pixels.shape.slice(2).join('×'), c] as const))(
    'by an example of %s pixels, from the same box, logits within 5e-5',
    async (_, c) => {
      const model = await opened()
      for (const i of [0, 1]) {
        let query = new Float32Array()
        await detect(model, c.query, i, (state) => {
          const example = model.detector!.exampleOf(state)
          expect(example.box).toBe(c.at[i])
          return (query = example.query as typeof query)
        })
        const { logits } = await detect(model, c.pixels, i, () => query)
        expect(largestDifference(logits, part(c.patchLogits, i))).toBeLessThan(5e-5)
      }
      model.close()
    },
  )
})

type Found = { threshold: number; nms?: number; scores?: GoldenTensor; labels?: GoldenTensor; boxes?: GoldenTensor }
type Picture = { file: string; pixels: GoldenTensor } & Record<'owlvit' | 'owlv2', { found: Found[]; similar: Found[] }>
const pictures = Object.entries(golden<Record<string, Picture>>('owl-pictures.json'))
const LABELS = ['cat', 'red apple', 'house']

/** transformers' detections in our form and order: the best first, boxes by corner and size. */
function inOrder({ scores, labels, boxes }: Found, label: string) {
  if (!scores) return []
  const [s, b] = [floats(scores), floats(boxes!)]
  const which = labels && (decodeLabels(labels) as number[])
  return [...s]
    .map((score, i) => {
      const [x0, y0, x1, y1] = b.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number]
      return { label: which ? LABELS[which[i]!]! : label, score, box: [x0, y0, x1 - x0, y1 - y0] }
    })
    .sort((p, q) => q.score - p.score)
}
const decodeLabels = ({ data }: GoldenTensor) => [...new Int32Array(Uint8Array.from(Buffer.from(data, 'base64')).buffer)]

describe('odd pictures', () => {
  test.each(pictures)('%s: prepared by OWLv2 within 2e-6', async (_, { file, pixels }) => {
    const config = owlv2.processors[0]!.schema.parse({ size: { height: 12, width: 12 } })
    const out = new Float32Array(3 * 12 * 12)
    preprocess(await decodeImage(Buffer.from(file, 'base64'), 'picture', { alpha: 'keep' }), config, out)
    expect(largestDifference(out, floats(pixels))).toBeLessThan(2e-6)
  })

  describe.each(['owlvit', 'owlv2'] as const)('%s', (kind) => {
    test.each(pictures)('%s: the same boxes, labels and scores, in pixels of the picture', async (name, picture) => {
      const dir = temporaryFolder()
      const file = path.join(dir, 'picture.png')
      fs.writeFileSync(file, Buffer.from(picture.file, 'base64'))
      const model = await openModel(goldenPath(`families/${kind}`))
      const detecting = Detecting.with(model, 'detect')
      const expectSame = (found: { label: string; score: number; box: readonly number[] }[], wanted: ReturnType<typeof inOrder>) => {
        expect(found.map((f) => f.label)).toEqual(wanted.map((f) => f.label))
        found.forEach((f, i) => {
          expect(f.score).toBeCloseTo(wanted[i]!.score, 4)
          expect(largestDifference(f.box, wanted[i]!.box) / Math.max(...wanted[i]!.box.map(Math.abs), 1)).toBeLessThan(1e-4)
        })
      }
      const classes = LABELS.map((label) => ({ name: label }))
      for (const wanted of picture[kind].found)
        expectSame(
          await detecting.find(file, { classes, templates: ['a photo of a {}'] }, { threshold: wanted.threshold }),
          inOrder(wanted, ''),
        )
      for (const wanted of picture[kind].similar)
        expectSame(
          await detecting.find(file, { example: { file } }, { threshold: wanted.threshold, overlap: wanted.nms }),
          inOrder(wanted, 'example'),
        )
      await detecting.release()
      model.close()
    })
  })
})
