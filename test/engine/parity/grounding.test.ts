/** Grounding DINO, MM-Grounding-DINO and LLMDet find what transformers finds: test/parity/models/grounding.py. */
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { decodeImage } from '../../../src-main/engine/data/decode.ts'
import { groundingProcessor } from '../../../src-main/engine/data/grounding-picture.ts'
import { preprocess, sizeFor } from '../../../src-main/engine/data/preprocess.ts'
import { captionsOf } from '../../../src-main/engine/detection/captions.ts'
import { Detecting } from '../../../src-main/engine/detection/detecting.ts'
import { Grounded } from '../../../src-main/engine/detection/grounding.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { architectureOf, tokenizerIn } from '../../../src-main/engine/models/families.ts'
import type { Model } from '../../../src-main/engine/models/model.ts'
import { floats, golden, goldenPath, type GoldenTensor, largestDifference } from '../../helpers/golden.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

const folderOf = (name: string) => goldenPath(`../models/${name}`)
const KINDS = ['grounding', 'grounding-odd', 'grounding-mm', 'grounding-llmdet']

/** One tokenizer serves all folders. */
async function opened(name: string): Promise<Model> {
  const tokenizer = await tokenizerIn(folderOf('grounding'))
  return Object.create(await openModel(folderOf(name)), { tokenizer: { value: tokenizer } }) as Model
}

interface Expected {
  readonly cases: { labels: string[]; pixels: GoldenTensor; ids: number[]; boxes: GoldenTensor; logits: GoldenTensor }[]
}

/** transformers has tokens as columns, [N, T]; ours are rows, of which the last ones may be padding. */
const turned = (x: Float32Array, n: number, t: number) =>
  Float32Array.from({ length: n * t }, (_, i) => x[(i % t) * n + Math.floor(i / t)]!)

describe.each(KINDS)('%s', (name) => {
  test.each(golden<Expected>(`../models/${name}/expected.json`).cases.map((c) => [c.pixels.shape.slice(2).join('×'), c] as const))(
    'an image of %s pixels: boxes within 5e-5, logits within 5e-4',
    async (_, { pixels, ids, boxes, logits }) => {
      const model = await opened(name)
      const grounded = new Grounded(model, model.grounding!)
      const size = pixels.shape.slice(2) as [number, number]
      const state = await grounded.encode(floats(pixels), size)
      expect(Object.values(state).map((x) => x.length)).toEqual(Object.values(model.grounding!.state(...size)).map(([n, d]) => n! * d!))
      const found = await grounded.tokens(state, size, ids)
      expect(largestDifference(found.boxes, floats(boxes))).toBeLessThan(5e-5)
      expect(largestDifference(turned(found.logits, boxes.shape[0]!, ids.length), floats(logits))).toBeLessThan(5e-4)
      await grounded.release()
      model.close()
    },
  )
})

interface Pictures {
  readonly labels: string[]
  readonly ids: number[]
  readonly sizes: [height: number, width: number, outHeight: number, outWidth: number][]
  readonly texts: { text: string; ids: number[] }[]
  readonly pictures: Record<string, Picture>
}
interface Picture {
  readonly file: string
  readonly pixels: GoldenTensor
  readonly answer?: Answered
}
interface Answered {
  /** Of each label's best token, [labels, N]. */
  readonly labelScores: GoldenTensor
  readonly found: { threshold: number; textThreshold: number; scores: GoldenTensor; boxes: GoldenTensor; phrases: string[] }[]
}
const { labels, ids, sizes, texts, pictures } = golden<Pictures>('../models/grounding-pictures.json')

test('sizes are those of get_size_with_aspect_ratio, but no side less than a pixel', () => {
  const config = groundingProcessor.schema.parse({})
  const found = sizes.map(([height, width]) => sizeFor(config, { height, width }))
  expect(found).toEqual(sizes.map(([, , height, width]) => ({ height: Math.max(1, height), width: Math.max(1, width) })))
})

test("texts are BERT's tokens", async () => {
  const tokenizer = await tokenizerIn(folderOf('grounding'))
  expect(texts.map(({ text }) => [...tokenizer.encode(text, tokenizer.count(text))])).toEqual(texts.map(({ ids }) => ids))
})

describe('odd pictures', () => {
  let model: Model
  let detecting: Detecting
  beforeAll(async () => {
    model = await openModel(folderOf('grounding'))
    detecting = Detecting.with(model, 'detect')
  })
  afterAll(async () => {
    await detecting.release()
    model.close()
  })
  const tokensOf = (names: readonly string[]) =>
    captionsOf(
      model.tokenizer,
      names.map((name) => [name]),
      model.grounding!,
    )

  test.each(Object.entries(pictures))('%s: prepared within 2e-6; labels as one caption', async (_, { file, pixels }) => {
    const image = await decodeImage(Buffer.from(file, 'base64'), 'picture', { alpha: 'keep' })
    const { height, width } = sizeFor(model.preprocess, image)
    expect([3, height, width]).toEqual(pixels.shape)
    const out = new Float32Array(3 * height * width)
    preprocess(image, model.preprocess, out)
    expect(largestDifference(out, floats(pixels))).toBeLessThan(2e-6)
    expect(tokensOf(labels).map((c) => c.ids)).toEqual([ids])
  })

  const answered = Object.entries(pictures).flatMap(([name, p]) => (p.answer ? [[name, p.file, p.answer] as const] : []))
  test.each(answered)(
    '%s: scores, phrases, labels and boxes in pixels of the picture',
    async (_, bytes, { labelScores, found: wanteds }) => {
      const file = path.join(temporaryFolder(), 'picture.png')
      fs.writeFileSync(file, Buffer.from(bytes, 'base64'))
      const { state, size, extent } = await detecting.image(file)
      const grounded = new Grounded(model, model.grounding!)
      const { boxes, logits } = await grounded.tokens(state, size, ids)
      await grounded.release()
      const n = boxes.length / 4
      const probability = (token: number, i: number) => 1 / (1 + Math.exp(-logits[token * n + i]!))
      const inPixels = (i: number) => {
        const [x, y, w, h] = [...boxes.subarray(4 * i, 4 * i + 4)].map((side, k) => side * extent[k % 2]!) as [
          number,
          number,
          number,
          number,
        ]
        return [x - w / 2, y - h / 2, x + w / 2, y + h / 2]
      }
      for (const wanted of wanteds) {
        // post_process_grounded_object_detection: a box's score is that of its best token, its phrase the tokens above the threshold.
        const kept = Array.from({ length: n }, (__, i) => i).filter((i) => ids.some((___, t) => probability(t, i) > wanted.threshold))
        expect(
          largestDifference(
            kept.map((i) => Math.max(...ids.map((___, t) => probability(t, i)))),
            floats(wanted.scores),
          ),
        ).toBeLessThan(1e-4)
        expect(largestDifference(kept.flatMap(inPixels), floats(wanted.boxes)) / Math.max(...extent)).toBeLessThan(1e-5)
        const phrases = kept.map((i) => model.tokenizer.decode(ids.filter((___, t) => t > 0 && probability(t, i) > wanted.textThreshold)))
        expect(phrases).toEqual(wanted.phrases.map((phrase) => phrase.replace('[SEP]', '').trim()))

        const found = await detecting.find(file, { classes: labels.map((name) => ({ name })) }, { threshold: wanted.threshold })
        const scores = floats(labelScores)
        const best = Array.from({ length: n }, (__, i) => labels.map((___, label) => scores[label * n + i]!))
        const expected = best
          .map((own, i) => ({ label: labels[own.indexOf(Math.max(...own))], score: Math.max(...own), box: inPixels(i) }))
          .filter(({ score }) => score > wanted.threshold)
          .sort((a, b) => b.score - a.score)
        expect(found.map((f) => f.label)).toEqual(expected.map((f) => f.label))
        found.forEach(({ score, box: [x, y, w, h] }, i) => {
          expect(score).toBeCloseTo(expected[i]!.score, 4)
          expect(largestDifference([x, y, x + w, y + h], expected[i]!.box)).toBeLessThan(1e-3 * Math.max(...extent))
        })
      }
    },
  )

  test('labels that do not fit into one caption are read in several, and a label that fits in none is refused', async () => {
    const names = [
      'cat',
      'red apple',
      'the house',
      'dog',
      'remote control',
      'apples',
      'cats of the house',
      'a red dog',
      'a red cat',
      'control',
    ]
    const captions = tokensOf(names)
    expect(captions.map((c) => c.ids.length)).toEqual([32, 4])
    expect(captions.flatMap((c) => [...new Set(c.owners.filter((label) => label >= 0))])).toEqual(names.map((_, i) => i))
    const file = path.join(temporaryFolder(), 'picture.png')
    fs.writeFileSync(file, Buffer.from(Object.values(pictures)[0]!.file, 'base64'))
    const find = (all: string[]) => detecting.find(file, { classes: all.map((name) => ({ name })) }, { threshold: 0, overlap: 1 })
    expect(await find(names)).toHaveLength(20) // ten queries for each caption
    await expect(find(['cat', 'a cat of '.repeat(10)])).rejects.toThrow('has 33 tokens, more than the 32 that the model reads')
  })

  test('it finds by words only', async () => {
    await expect(detecting.find('x.png', { example: { file: 'x.png' } })).rejects.toThrow('a Grounding DINO model finds what words say')
  })
})

test.each([
  [{ backbone_config: { model_type: 'resnet' } }, '"swin\\", the only kind that is supported here, found'],
  [{ text_config: { model_type: 'roberta' } }, '"bert\\", the only kind that is supported here, found'],
  [{ use_timm_backbone: true }, 'of backbones, only Swin is supported'],
  [{ two_stage: false }, "queries are chosen among the image's features"],
  [{ position_embedding_type: 'learned' }, 'learned positions fit images of one size only'],
  [{ backbone_config: { model_type: 'swin', use_absolute_embeddings: true } }, 'learned positions fit images of one size only'],
  [{ backbone_config: { model_type: 'swin', out_indices: [3, 2] } }, 'expected stages in ascending order'],
  [{ d_model: 40 }, 'expected a multiple of 32'],
  [{ num_feature_levels: 2 }, 'at least one for each stage'],
  [{ encoder_attention_heads: 3 }, 'expected an even number'],
])('a configuration that is not supported is refused in one line: %j', (given, why) => {
  expect(() => architectureOf({ model_type: 'grounding-dino', ...given })).toThrow(why)
})
