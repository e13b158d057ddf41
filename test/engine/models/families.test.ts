/** What a folder's configuration says of its model, and what is said where it cannot do what is asked. */
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { clipConfigSchema } from '../../../src-main/engine/models/clip-config.ts'
import {
  architectureIn,
  architectureOf,
  capabilitiesIn,
  families,
  familyOf,
  findPreprocessIn,
  need,
  preprocessIn,
  textTower,
} from '../../../src-main/engine/models/families.ts'
import { TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'

const folder = (config: object) => {
  const dir = temporaryFolder()
  fs.writeFileSync(path.join(dir, 'config.json'), JSON.stringify(config))
  return dir
}

describe('families', () => {
  test('are found by their type, or by what their configuration describes', () => {
    expect(['clip', 'siglip', 'vit', 'dinov2', 'bert'].map((model_type) => familyOf({ model_type })?.types[0])).toEqual([
      'clip',
      'siglip',
      'vit',
      'dinov2',
      undefined,
    ])
    expect([familyOf({ text_config: {}, vision_config: {} })?.name, familyOf({ text_config: {} })]).toEqual(['CLIP', undefined])
    for (const towers of [
      { text_config: [], vision_config: {} },
      { text_config: {}, vision_config: null },
    ])
      expect(familyOf(towers)).toBeUndefined()
    expect(() => architectureOf({ model_type: 'bert' })).toThrow('no family for bert')
  })
  test('others are refused with a list of the supported ones', () => {
    const said = (config: object) => {
      try {
        architectureIn(folder(config))
      } catch (e) {
        return (e as Error).message
      }
      return ''
    }
    const types = families.flatMap((f) => f.types)
    for (const [config, found] of [
      [{ model_type: 'bert' }, 'found "bert"'],
      [{}, 'found nothing'],
    ] as const) {
      expect(said(config)).toContain(found)
      for (const type of types) expect(said(config)).toContain(`"${type}"`)
      expect(said(config)).toMatch(/config\.json: model_type: expected .* or "[^"]*", found/)
      expect(said(config)).toMatch(new RegExp(`the supported families are .* ${families.at(-2)!.name} and ${families.at(-1)!.name}$`))
    }
    const part = said({ model_type: 'clip_vision_model' })
    expect([part.includes('"clip"'), part.includes('"vit"'), part.includes('supported families')]).toEqual([true, false, false])
  })
})

describe('what a model can do', () => {
  test('is what its family can do, and classifying if it has a head', () => {
    expect([capabilitiesIn(TINY_CLIP, false), capabilitiesIn(TINY_CLIP, true)]).toEqual([
      ['embedImage', 'embedText', 'segment'],
      ['embedImage', 'embedText', 'segment', 'classify'],
    ])
    expect([capabilitiesIn(folder({ model_type: 'dinov2' }), false), capabilitiesIn(folder({ model_type: 'bert' }), true)]).toEqual([
      ['embedImage'],
      [],
    ])
  })
  test('is reported if insufficient, with the families that can', () => {
    const [clip, dino] = [architectureIn(TINY_CLIP), architectureOf({ model_type: 'dinov2' })]
    expect(() => need(clip, ['embedImage', 'embedText'], 'search')).not.toThrow()
    expect(() => need(clip, [], 'nothing')).not.toThrow()
    expect(() => need(dino, ['embedImage', 'embedText'], 'search')).toThrow(
      /^search: a DINOv2 model cannot embed texts: .* CLIP, SigLIP, .* or OWLv2/,
    )
    expect(textTower(clip, 'search').similarity).toBe(clip.similarity)
    expect(() => textTower(dino, 'search')).toThrow('search: a DINOv2 model cannot embed texts')
  })
  test('preprocessing is that of its folder; a folder without any is refused', () => {
    expect(preprocessIn(TINY_CLIP)).toEqual(findPreprocessIn(TINY_CLIP))
    const bare = folder({ model_type: 'clip' })
    expect(findPreprocessIn(bare)).toBeUndefined()
    expect(() => preprocessIn(bare)).toThrow(bare)
    expect(findPreprocessIn(temporaryFolder())).toBeUndefined()
  })
})

describe("CLIP's configuration", () => {
  const tower = (c: object, which: 'text_config' | 'vision_config' = 'text_config') => clipConfigSchema.parse(c)[which]
  test("has transformers' defaults", () => {
    expect(tower({ model_type: 'clip' })).toMatchObject({ hidden_size: 512, num_attention_heads: 8, hidden_act: 'quick_gelu' })
    expect(tower({ model_type: 'clip' }, 'vision_config')).toMatchObject({ hidden_size: 768, image_size: 224, patch_size: 32 })
    expect(clipConfigSchema.parse({ text_config: {}, vision_config: {} })).toMatchObject({ model_type: 'clip', projection_dim: 512 })
    for (const other of [{}, { text_config: {} }, null, [], 'clip']) expect(clipConfigSchema.safeParse(other).success).toBe(false)
  })
  test('an older tower beside it wins, and missing values are defaults', () => {
    const now = { hidden_size: 64, num_hidden_layers: 3 }
    expect(tower({ model_type: 'clip', text_config: now })).toMatchObject(now)
    expect(tower({ model_type: 'clip', text_config: now, text_config_dict: { hidden_size: 128 } })).toMatchObject({
      hidden_size: 128,
      num_hidden_layers: 12,
    })
    expect(tower({ model_type: 'clip', text_config_dict: { hidden_size: 128 } })).toMatchObject({ hidden_size: 128 })
    expect(tower({ model_type: 'clip', text_config: now, text_config_dict: null })).toMatchObject(now)
    expect(tower({ model_type: 'clip', vision_config: { hidden_size: 96 } }, 'text_config')).toMatchObject({ hidden_size: 512 })
  })
})
