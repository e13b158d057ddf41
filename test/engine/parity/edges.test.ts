/** What transformers takes and another reader might not: test/parity/engine/edges.py. */
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { preprocess, preprocessSchema } from '../../../src-main/engine/data/preprocess.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { Params } from '../../../src-main/engine/nn/params.ts'
import { l2Normalize } from '../../../src-main/engine/ops/index.ts'
import { Session, tensor } from '../../../src-main/engine/runtime/session.ts'
import { openSafetensors, writeSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { textFeatures } from '../../../src-main/engine/tasks/embed.ts'
import { feed } from '../../helpers/clip.ts'
import { floats, golden, type GoldenTensor, ints, largestDifference } from '../../helpers/golden.ts'
import { TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'
import { cutter } from '../data/golden.ts'

interface Answers {
  readonly textEmbeds: GoldenTensor
  readonly imageEmbeds: GoldenTensor
  readonly logitsPerImage: GoldenTensor
}
const edges = golden<{
  inputIds: GoldenTensor
  pixels: GoldenTensor
  models: (Answers & { name: string; config: Record<string, unknown> })[]
  preprocessors: { config: Record<string, unknown>; width: number; height: number; pixels: GoldenTensor }[]
}>('edges.json')
const dir = temporaryFolder()

/** A copy of the small CLIP with this configuration. */
function model(name: string, config?: Record<string, unknown>): string {
  const folder = path.join(dir, name)
  fs.cpSync(TINY_CLIP, folder, { recursive: true })
  if (config) fs.writeFileSync(path.join(folder, 'config.json'), JSON.stringify(config))
  return folder
}

async function compare(folder: string, expected: Answers): Promise<void> {
  const clip = await openModel(folder)
  const [n, length] = edges.inputIds.shape as [number, number]
  const ids = ints(edges.inputIds)
  const { at, tokens, embed } = clip.text!
  const ends = Int32Array.from({ length: n }, (_, i) => at(ids.subarray(i * length, (i + 1) * length)))
  const graph = new Graph()
  const p = new Params(graph, clip.weights)
  const image = clip.image.embed(p, graph.input('pixels', 'float32', edges.pixels.shape))
  const text = embed(p, tokens(p, graph.input('ids', 'int32', edges.inputIds.shape)), graph.input('eos', 'int32', [n]))
  graph.output('image', l2Normalize(image))
  graph.output('text', l2Normalize(text))
  graph.output('logits', clip.similarity!.logits(p, image, text))
  const session = await Session.create(graph, { threads: 1 })
  const out = await session.run({ pixels: feed(edges.pixels), ids: feed(edges.inputIds), eos: tensor(ends, 'int32', [n]) })
  await session.release()
  clip.close()
  const worst = (output: string, want: GoldenTensor) => largestDifference(out[output]!.data as Float32Array, floats(want))
  expect(worst('text', expected.textEmbeds)).toBeLessThan(1e-5)
  expect(worst('image', expected.imageEmbeds)).toBeLessThan(1e-5)
  expect(worst('logits', expected.logitsPerImage)).toBeLessThan(1e-3)
}

describe('a configuration means what it means to transformers', () => {
  test.each(edges.models)('$name', async ({ name, config, ...expected }) => compare(model(name, config), expected))
})

test('a logit_scale of shape [1] is the number that it holds, and is saved as one', async () => {
  const folder = model('scale')
  const file = path.join(folder, 'model.safetensors')
  const stored = openSafetensors(file)
  const specs = [...stored.tensors.values()].map((t) => (t.name === 'logit_scale' ? { ...t, shape: [1] } : t))
  await writeSafetensors(path.join(folder, 'other.safetensors'), { specs, produce: ({ name }) => stored.bytes(name) })
  stored.close()
  fs.renameSync(path.join(folder, 'other.safetensors'), file)
  await compare(
    folder,
    edges.models.find((m) => m.name === 'activation quick_gelu')!,
  )
  const clip = await openModel(folder)
  expect(clip.weights.info('logit_scale').shape).toEqual([])
  clip.close()
})

describe('preprocessing means what it means to CLIPImageProcessor', async () => {
  const cut = await cutter()
  test.each(edges.preprocessors.map((p) => [JSON.stringify(p.config), p] as const))('%s', (_, { config, width, height, pixels }) => {
    const parsed = preprocessSchema.parse(config)
    const [, h, w] = pixels.shape as [number, number, number]
    const out = new Float32Array(3 * h * w)
    preprocess(cut(width, height), parsed, out)
    expect(largestDifference(out, floats(pixels))).toBeLessThanOrEqual(1e-6)
  })
})

describe('a missing file matters only to what needs it', () => {
  test('texts need no preprocessor_config.json', async () => {
    const folder = model('texts only')
    fs.rmSync(path.join(folder, 'preprocessor_config.json'))
    const clip = await openModel(folder)
    expect(await textFeatures(clip, ['a photo'])).toHaveLength(24)
    expect(() => clip.preprocess).toThrow(`${folder}/preprocessor_config.json: no such file`)
    clip.close()
  })

  test('images need no tokenizer', async () => {
    const folder = model('images only')
    fs.rmSync(path.join(folder, 'tokenizer.json'))
    const clip = await openModel(folder)
    expect(clip.preprocess.crop_size).toEqual({ height: 32, width: 32 })
    expect(() => clip.tokenizer).toThrow(`${folder}/tokenizer.json: no such file`)
    clip.close()
  })
})
