/** Folders of OWL-ViT and OWLv2 that are not what they seem: one line that names file and field. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { architectureOf } from '../../../src-main/engine/models/families.ts'
import { openWeights } from '../../../src-main/engine/weights/source.ts'
import { writeSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { fromMemory } from '../../../src-main/engine/weights/tensors.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

let dir: string
let n = 0
beforeAll(() => (dir = temporaryFolder()))

function copyOf(name: string): string {
  const to = path.join(dir, String(n++))
  fs.cpSync(goldenPath(`families/${name}`), to, { recursive: true })
  return to
}
type Json = Record<string, unknown>
/** Replaces a JSON file of a copy. */
function changed(name: string, file: string, change: (json: Json) => Json): string {
  const folder = copyOf(name)
  const at = path.join(folder, file)
  const json = JSON.parse(fs.readFileSync(at, 'utf8')) as Json
  fs.writeFileSync(at, JSON.stringify(change(json)))
  return folder
}
/** Changes the tensors of a copy. */
async function withTensors(name: string, change: (tensors: Map<string, { shape: number[]; data: Float32Array }>) => void): Promise<string> {
  const folder = copyOf(name)
  const weights = openWeights(folder)
  const tensors = new Map(weights.names().map((t) => [t, { shape: [...weights.info(t).shape], data: weights.float32(t) }]))
  weights.close()
  change(tensors)
  await writeSafetensors(path.join(folder, 'model.safetensors'), fromMemory(tensors), { format: 'pt' })
  return folder
}

describe('tensors', () => {
  test.each([
    ['owlvit', 'box_head.dense2.bias'],
    ['owlv2', 'objectness_head.dense0.weight'],
    ['owlvit', 'owlvit.vision_model.pre_layernorm.weight'],
  ])('%s without %s', async (name, tensor) => {
    const folder = await withTensors(name, (t) => void t.delete(tensor))
    await expect(openModel(folder)).rejects.toThrow(`tensor ${tensor}: missing`)
  })

  test('of another shape', async () => {
    const folder = await withTensors(
      'owlv2',
      (t) => void t.set('class_head.logit_shift.weight', { shape: [24, 1], data: new Float32Array(24) }),
    )
    await expect(openModel(folder)).rejects.toThrow(
      /model\.safetensors: tensor class_head\.logit_shift\.weight: expected shape \[1, ?24\], found \[24, ?1\]/,
    )
  })

  test('that an older release saved besides are ignored', async () => {
    const folder = await withTensors('owlvit', (t) => {
      t.set('box_bias', { shape: [9, 4], data: new Float32Array(36) })
      t.set('owlvit.text_model.embeddings.position_ids', { shape: [1, 16], data: new Float32Array(16) })
    })
    ;(await openModel(folder)).close()
  })

  test('of the towers alone', async () => {
    const folder = await withTensors('owlvit', (t) => {
      for (const [name, tensor] of [...t]) {
        t.delete(name)
        if (name.startsWith('owlvit.')) t.set(name.slice('owlvit.'.length), tensor)
      }
    })
    await expect(openModel(folder)).rejects.toThrow(/: tensor owlvit\.\S+: missing$/)
  })
})

describe('config.json', () => {
  test('texts and patches are compared in one space', async () => {
    const folder = changed('owlv2', 'config.json', (json) => ({ ...json, projection_dim: 512 }))
    await expect(openModel(folder)).rejects.toThrow(/config\.json: projection_dim: must equal text_config\.hidden_size/)
  })

  test('a lone tower names the whole', async () => {
    const folder = changed('owlvit', 'config.json', (json) => ({ ...json, model_type: 'owlvit_vision_model' }))
    await expect(openModel(folder)).rejects.toThrow(
      'model_type: expected "owlvit", found "owlvit_vision_model": that is the vision tower alone, save the whole OwlViTForObjectDetection',
    )
  })

  test('what is left out is as in transformers: OWLv2 has smaller patches', () => {
    const rows = (type: string) =>
      architectureOf({ model_type: type }).tensors.get(`${type}.vision_model.embeddings.position_embedding.weight`)!.shape[0]
    expect([rows('owlvit'), rows('owlv2')]).toEqual([1 + 24 * 24, 1 + 48 * 48])
    expect(architectureOf({ model_type: 'owlv2', text_config: null }).text!.context).toBe(16)
  })

  test('OWLv2 of the largest size is not too many tokens', () => {
    const { image } = architectureOf({
      model_type: 'owlv2',
      projection_dim: 768,
      text_config: { hidden_size: 768, num_attention_heads: 12 },
      vision_config: {
        hidden_size: 1024,
        intermediate_size: 4096,
        num_hidden_layers: 24,
        num_attention_heads: 16,
        image_size: 1008,
        patch_size: 14,
      },
    })
    expect(image.tooMany(1008, 1008)).toBeUndefined()
    expect(image.tooMany(4032, 4032)).toMatchObject({ code: 'model.tokens' })
  })
})

describe('preprocessor_config.json', () => {
  test.each([
    ['owlv2', { do_pad: false }, /do_pad: expected true: padding is a part of how OWLv2 sees/],
    ['owlv2', { do_resize: false }, /do_resize: expected true/],
    ['owlv2', { size: { shortest_edge: 24 } }, /size: expected \{height, width\}, in pixels/],
    ['owlv2', { image_processor_type: 'OwlViTImageProcessor' }, /expected Owlv2ImageProcessor, found "OwlViTImageProcessor"/],
    ['owlvit', { size: { height: 24, width: 32 } }, /size: expected 24 × 24, .* found 24 × 32/],
  ])('%s with %o', async (name, change, line) => {
    await expect(openModel(changed(name, 'preprocessor_config.json', (json) => ({ ...json, ...change })))).rejects.toThrow(line)
  })

  test('early folders say rescale for do_rescale, and sizes as lists', async () => {
    const folder = changed('owlvit', 'preprocessor_config.json', () => ({
      feature_extractor_type: 'OwlViTFeatureExtractor',
      size: [24, 24],
      rescale: false,
      do_center_crop: false,
    }))
    const model = await openModel(folder)
    expect(model.preprocess).toMatchObject({ do_rescale: false, size: { height: 24, width: 24 }, resample: 3 })
    model.close()
  })
})
