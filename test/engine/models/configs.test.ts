/** What a config.json may say: transformers' defaults where it is silent, limits by field, and the sizes that follow from it. */
import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { DashiError } from '#shared/errors.ts'
import { eosIndex } from '../../../src-main/engine/models/clip.ts'
import { families, familyOf } from '../../../src-main/engine/models/families.ts'
import type { Architecture } from '../../../src-main/engine/models/model.ts'
import { nanoConfig, nanoPreprocessor } from '../../../src-main/engine/models/nano.ts'
import type { Weights } from '../../../src-main/engine/weights/source.ts'

type Raw = Record<string, unknown>
function read(raw: Raw): { config: unknown; model: Architecture } {
  let config: unknown
  const model = familyOf(raw)!.architecture((schema) => {
    const parsed = schema.parse(raw)
    config = parsed
    return parsed
  })
  return { config, model }
}
const of = (raw: Raw) => read(raw).model
/** The field that is refused, or 'accepted'. */
function field(raw: Raw): string {
  try {
    read(raw)
    return 'accepted'
  } catch (e) {
    return (e as z.ZodError).issues[0]!.path.join('.')
  }
}

describe("transformers' defaults", () => {
  const encoder = { hidden_size: 768, num_hidden_layers: 12, num_attention_heads: 12, num_channels: 3, image_size: 224 }
  const vit = { ...encoder, hidden_act: 'gelu', qkv_bias: true, intermediate_size: 3072, patch_size: 16, layer_norm_eps: 1e-12 }
  const clipText = { hidden_size: 512, intermediate_size: 2048, num_hidden_layers: 12, num_attention_heads: 8, layer_norm_eps: 1e-5 }
  const siglip = { hidden_size: 768, intermediate_size: 3072, num_hidden_layers: 12, num_attention_heads: 12, layer_norm_eps: 1e-6 }
  test.each([
    ['clip', { model_type: 'clip', projection_dim: 512, logit_scale_init_value: 2.6592 }],
    ['vit', { model_type: 'vit', ...vit }],
    ['deit', { model_type: 'deit', ...vit }],
    [
      'dinov2',
      {
        ...encoder,
        ...{ hidden_act: 'gelu', qkv_bias: true, patch_size: 14, mlp_ratio: 4, layer_norm_eps: 1e-6 },
        ...{ use_swiglu_ffn: false, use_mask_token: true, intermediate_size: 3072 },
        ...{ model_type: 'dinov2', num_register_tokens: 0, classifies: false },
      },
    ],
    [
      'siglip',
      {
        text_config: { ...siglip, hidden_act: 'gelu_pytorch_tanh', vocab_size: 32_000, max_position_embeddings: 64 },
        vision_config: {
          ...siglip,
          ...{ hidden_act: 'gelu_pytorch_tanh', num_channels: 3, image_size: 224, patch_size: 16, vision_use_head: true },
        },
      },
    ],
  ])('of %s', (model_type, expected) => {
    const { config } = read({ model_type })
    const { text_config: text, vision_config: vision, ...rest } = config as Raw
    if (model_type !== 'clip') return expect(config).toEqual(expected)
    expect(rest).toEqual(expected)
    const own = { vocab_size: 49408, max_position_embeddings: 77, hidden_act: 'quick_gelu', eos_token_id: 49407 }
    expect(text).toEqual({ ...clipText, ...own })
    const sizes = { hidden_size: 768, intermediate_size: 3072, num_attention_heads: 12, num_channels: 3, image_size: 224, patch_size: 32 }
    expect(vision).toEqual({ ...clipText, ...sizes, hidden_act: 'quick_gelu' })
  })
})

describe('limits: the largest that is accepted, and the first that is not', () => {
  const [clip, dinov2, vit, siglip, siglip2, swin] = ['clip', 'dinov2', 'vit', 'siglip', 'siglip2', 'swin'].map(
    (model_type) => (more: Raw) => ({ model_type, ...more }),
  )
  const text = (c: Raw) => clip!({ text_config: c })
  const vision = (c: Raw) => clip!({ vision_config: c })
  test.each<[string, (x: never) => Raw, unknown[], unknown[]]>([
    ['projection_dim', (x) => clip!({ projection_dim: x }), [1, 65_536], [0, -1, 1.5, 65_537, '512']],
    ['text_config.hidden_size', (x) => text({ hidden_size: x, num_attention_heads: 1 }), [1, 65_536], [0, 65_537]],
    ['text_config.num_hidden_layers', (x) => text({ num_hidden_layers: x }), [1, 1024], [0, 1025]],
    ['text_config.vocab_size', (x) => text({ vocab_size: x }), [1, 4_000_000], [0, 4_000_001]],
    ['text_config.max_position_embeddings', (x) => text({ max_position_embeddings: x, num_attention_heads: 1 }), [1, 8192], [0, 8193]],
    ['text_config.eos_token_id', (x) => text({ eos_token_id: x }), [0, 2], [0.5, 'end']],
    ['text_config.layer_norm_eps', (x) => text({ layer_norm_eps: x }), [0, 1], [-1e-9, 1.001]],
    ['text_config.hidden_act', (x) => text({ hidden_act: x }), ['relu', 'gelu_new'], ['tanhh', '']],
    ['vision_config.num_channels', (x) => vision({ num_channels: x }), [3], [1, 4]],
    ['vision_config.image_size', (x) => vision({ image_size: x, patch_size: 32 }), [32, 1024], [0, 16_385]],
    ['vision_config.patch_size', (x) => vision({ image_size: 16_384, patch_size: x }), [4096, 16_384], [0, 16_385]],
    ['vision_config.patch_size', (x) => vision({ image_size: 40, patch_size: x }), [40], [41]],
    ['vision_config.num_attention_heads', (x) => vision({ num_attention_heads: x }), [1, 12, 768], [0, 5, 7]],
    ['mlp_ratio', (x) => dinov2!({ mlp_ratio: x }), [0.5, 64], [0, -1, 64.5]],
    ['num_labels', (x) => vit!({ num_labels: x, num_hidden_layers: 1 }), [1, 1_000_000, null], [0, 1_000_001]],
    ['qkv_bias', (x) => vit!({ qkv_bias: x }), [true, false], ['no']],
    ['text_config.projection_size', (x) => siglip!({ text_config: { projection_size: x } }), [768, null], [767, 769]],
    ['text_config.projection_size', (x) => siglip!({ text_config: { hidden_size: x } }), [768], [1536]],
    ['vision_config.num_patches', (x) => siglip2!({ vision_config: { num_patches: x } }), [1, 256, 1024], [0, 255, 65_537]],
    ['num_register_tokens', (x) => ({ model_type: 'dinov2_with_registers', num_register_tokens: x }), [0, 4, 1024], [-1, 1025]],
    ['window_size', (x) => swin!({ window_size: x, depths: [1, 1], num_heads: [1, 2] }), [7, 28], [0, 29]],
    [
      'num_heads',
      (x) => swin!({ num_heads: x }),
      [[3, 6, 12, 24]],
      [
        [3, 6, 12],
        [5, 6, 12, 24],
      ],
    ],
    ['use_absolute_embeddings', (x) => swin!({ use_absolute_embeddings: x }), [false], [true]],
    ['vision_config.vision_use_head', (x) => siglip!({ vision_config: { vision_use_head: x } }), [true], [false]],
  ])('%s', (name, make, good, bad) => {
    for (const value of good) expect([value, field(make(value as never))]).toEqual([value, 'accepted'])
    for (const value of bad) expect([value, field(make(value as never))]).toEqual([value, name])
  })

  test('a sequence may need 2²⁶ activations: heads · tokens², or tokens · the widest layer', () => {
    const context = (heads: number) => field(text({ max_position_embeddings: 8192, num_attention_heads: heads }))
    expect([context(1), context(2)]).toEqual(['accepted', 'text_config.max_position_embeddings'])
    const feed = (n: number) => text({ max_position_embeddings: 1024, num_attention_heads: 1, intermediate_size: n })
    expect([field(feed(65_536)), field(text({ max_position_embeddings: 1025, intermediate_size: 65_536 }))]).toEqual([
      'accepted',
      'text_config.max_position_embeddings',
    ])
    const wide = (tokens: number) => text({ max_position_embeddings: tokens, num_attention_heads: 1, hidden_size: 65_536 / 4 })
    expect([field(wide(1365)), field(wide(1366))]).toEqual(['accepted', 'text_config.max_position_embeddings'])
  })
})

describe('what follows from the sizes', () => {
  test('the length of a feature', () => {
    const dims = [
      { model_type: 'clip', projection_dim: 96 },
      { model_type: 'siglip', vision_config: { hidden_size: 384 }, text_config: { projection_size: 384 } },
      { model_type: 'vit', hidden_size: 192 },
      { model_type: 'vit', architectures: ['ViTModel'], hidden_size: 192 },
      { model_type: 'deit', architectures: ['DeiTForImageClassificationWithTeacher'], hidden_size: 192 },
      { model_type: 'dinov2', hidden_size: 384, num_attention_heads: 6 },
      { model_type: 'dinov2', architectures: ['Dinov2ForImageClassification'], hidden_size: 384, num_attention_heads: 6 },
      { model_type: 'swin', embed_dim: 96 },
    ].map((raw) => of(raw).dim)
    expect(dims).toEqual([96, 384, 192, 192, 384, 384, 768, 768])
  })

  test('the width of DINOv2’s feed-forward layer, rounded as in its configuration', () => {
    const width = (c: Raw) => (read({ model_type: 'dinov2', num_attention_heads: 1, ...c }).config as Raw)['intermediate_size']
    expect(width({ hidden_size: 30, mlp_ratio: 2.55 })).toBe(76) // 76.5, truncated
    const swiglu = { use_swiglu_ffn: true }
    expect(width({ ...swiglu, hidden_size: 1536 })).toBe(4096) // the giant model
    expect(width({ ...swiglu, hidden_size: 20 })).toBe(56) // 53 of 80, up to a multiple of 8
    expect(width({ ...swiglu, hidden_size: 6 })).toBe(16) // two thirds of 24
    expect(width({ ...swiglu, hidden_size: 30, mlp_ratio: 2.55 })).toBe(56) // two thirds of 76
  })

  test.each([
    ['clip', 1],
    ['siglip', 0],
    ['dinov2', 1],
    ['vit', 1],
    ['deit', 2],
  ])('the tokens of a picture: its whole patches and, for %s, %i before them', (model_type, before) => {
    const tower = { patch_size: 32, hidden_size: 768, num_attention_heads: 12, intermediate_size: 768, mlp_ratio: 1 }
    const { image } = of({ model_type, ...tower, vision_config: tower })
    expect(image.activations(95, 128)).toBe((2 * 4 + before) * 3 * 768) // queries, keys and values are the widest
    expect(image.activations(1024, 1024)).toBe((1024 + before) ** 2 * 12) // attention is
    // Of so many tokens the attention is fused: no more than one head's weights count.
    expect(image.activations(1600, 1600)).toBe((50 * 50 + before) ** 2)
    expect(image.tooMany(2912, 2912)).toMatchObject({ code: 'model.tokens', params: { tokens: 91 * 91 + before } })
    expect(image.tooMany(2880, 2880)).toBeUndefined()
  })

  test('the towers', () => {
    const text = { vocab_size: 99, hidden_size: 48, num_attention_heads: 4, intermediate_size: 64, max_position_embeddings: 12 }
    const vision = { hidden_size: 64, num_attention_heads: 4, image_size: 48, patch_size: 16 }
    const towers = { text_config: { ...text, projection_size: 64 }, vision_config: vision }
    for (const [model_type, before] of [
      ['clip', 1],
      ['siglip', 0],
    ] as const) {
      const { image, text: words } = of({ model_type, ...towers })
      expect(image).toMatchObject({ size: 48, patch: 16, anySize: false, unit: true, config: expect.objectContaining(vision) as unknown })
      const table = 'text_model.embeddings.token_embedding.weight'
      expect(words).toMatchObject({ context: 12, vocabulary: 99, width: 48, before, table, activations: 12 * 144 })
    }
    for (const [raw, anySize] of [
      [{ model_type: 'vit', ...vision }, false],
      [{ model_type: 'dinov2', ...vision }, true],
    ] as const) {
      const model = of(raw)
      expect(model.image).toMatchObject({ size: 48, patch: 16, anySize, unit: false, config: expect.objectContaining(vision) as unknown })
      expect([model.text, model.similarity]).toEqual([undefined, undefined])
    }
  })

  test('of a dual encoder are those of its towers, and what is wrong with one is named by its field', () => {
    const dual = (vision: Raw, text: Raw = {}) => ({
      model_type: 'vision-text-dual-encoder',
      vision_config: { model_type: 'dinov2', architectures: ['Dinov2ForImageClassification'], ...vision },
      text_config: { model_type: 'clip_text_model', ...text },
    })
    const model = of({ ...dual({ image_size: 56 }), projection_dim: 32 })
    expect([model.dim, model.image.size, model.image.patch, model.text!.context]).toEqual([32, 56, 14, 77])
    expect(model.tensors.get('vision_model.embeddings.cls_token')).toMatchObject({ shape: [1, 1, 768], part: 'image' })
    expect(of(dual({}, { model_type: 'bert' })).text!.context).toBe(128)
    expect(field(dual({ hidden_size: 0 }))).toBe('vision_config.hidden_size')
    expect(field(dual({}, { hidden_act: 'none' }))).toBe('text_config.hidden_act')
    expect(field(dual({ model_type: 'resnet' }))).toBe('vision_config.model_type')
  })

  test('what each family can do without training', () => {
    expect(families.map((f) => [f.types, f.can, f.saves, f.tokenizer])).toEqual([
      [['clip'], ['embedImage', 'embedText', 'segment'], 'CLIPModel', undefined],
      [['siglip'], ['embedImage', 'embedText', 'segment'], 'SiglipModel', 'sentencepiece'],
      [['siglip2'], ['embedImage', 'embedText', 'segment'], 'Siglip2Model', 'sentencepiece'],
      [['vit', 'deit'], ['embedImage'], 'ViTForImageClassification', undefined],
      [['dinov2', 'dinov2_with_registers'], ['embedImage'], 'Dinov2Model', undefined],
      [['vision-text-dual-encoder'], ['embedImage', 'embedText'], 'VisionTextDualEncoderModel', 'either'],
      [['swin'], ['embedImage'], 'SwinForImageClassification', undefined],
      [['clipseg'], ['embedImage', 'embedText', 'segment'], 'CLIPSegForImageSegmentation', undefined],
      [['groupvit'], ['embedImage', 'embedText', 'segment'], 'GroupViTModel', undefined],
      [['sam'], ['prompt'], 'SamModel', undefined],
      [['mobile_sam'], ['prompt'], 'MobileSAM', undefined],
      [['sam2', 'sam2_video'], ['prompt'], 'Sam2Model', undefined],
      [['edgetam', 'edgetam_video'], ['prompt'], 'EdgeTamModel', undefined],
      [['owlvit'], ['embedImage', 'embedText', 'detect'], 'OwlViTForObjectDetection', undefined],
      [['owlv2'], ['embedImage', 'embedText', 'detect'], 'Owlv2ForObjectDetection', undefined],
      [['grounding-dino', 'mm-grounding-dino'], ['detect'], 'GroundingDinoForObjectDetection', 'wordpiece'],
    ])
  })
})

describe('where a text is read', () => {
  test('CLIP: at the first end-of-text token, at the largest id in folders with the legacy id 2, else at the start', () => {
    const at = (eos: number, ...ids: number[]) => eosIndex(Int32Array.from(ids), eos)
    expect([at(9, 1, 5, 9, 9), at(9, 9), at(9, 1, 5, 7), at(2, 1, 2, 9, 3, 9), at(2, 7, 7)]).toEqual([2, 0, 0, 2, 0])
    expect(of({ model_type: 'clip', text_config: { eos_token_id: 5 } }).text!.at(Int32Array.of(7, 5, 6))).toBe(1)
  })
  test('SigLIP: at the last', () => expect(of({ model_type: 'siglip' }).text!.at(Int32Array.of(7, 9, 1, 1))).toBe(3))
})

describe('the temperature', () => {
  const scaled = (scale: number) => ({ float32: () => Float32Array.of(scale), fileOf: () => 'FILE' }) as unknown as Weights
  test.each(['clip', 'siglip'])('of %s is at most e⁸⁰', (model_type) => {
    const model = of({ model_type })
    expect(() => model.check!(scaled(80))).not.toThrow()
    const refused = (() => {
      try {
        model.check!(scaled(80.01))
      } catch (e) {
        return e
      }
    })()
    expect(refused).toBeInstanceOf(DashiError)
    expect(refused).toMatchObject({ fault: 'data', message: expect.stringMatching(/^FILE: tensor logit_scale: /) as unknown })
    expect(model.similarity!.of(scaled(2)).scale).toBeCloseTo(Math.exp(2), 10)
  })
  test('is kept at 100 at most while CLIP is trained from scratch', () => {
    expect(of({ model_type: 'clip' }).similarity!.bounds).toEqual({ logit_scale: Math.log(100) })
    expect(of({ model_type: 'siglip' }).similarity!.bounds).toBeUndefined()
  })
  test('has a bias in SigLIP only', () => {
    const weights = { float32: (name: string) => Float32Array.of(name === 'logit_bias' ? -10 : 1) } as unknown as Weights
    expect(['clip', 'siglip'].map((model_type) => of({ model_type }).similarity!.of(weights).bias)).toEqual([0, -10])
  })
})

describe("ViT's classifiers", () => {
  const classes = (raw: Raw) => {
    const model = of({ model_type: 'vit', hidden_size: 8, num_attention_heads: 1, num_hidden_layers: 1, ...raw })
    return model.classifier?.({ float32: (name: string) => new Float32Array(name.endsWith('bias') ? 20 : 400) } as unknown as Weights)
      .classes
  }
  test('are named by id2label in the order of the numbers, or numbered', () => {
    const id2label = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [String(10 - i), `class ${10 - i}`]))
    expect(classes({ id2label })).toEqual(Array.from({ length: 11 }, (_, i) => `class ${i}`))
    expect([classes({ num_labels: 3 }), classes({ id2label: {} }), classes({ id2label: null, num_labels: null })]).toEqual([
      ['LABEL_0', 'LABEL_1', 'LABEL_2'],
      ['LABEL_0', 'LABEL_1'],
      ['LABEL_0', 'LABEL_1'],
    ])
    expect(classes({ id2label: { 0: 'cat' }, num_labels: 5 })).toEqual(['cat'])
  })
  test('are there unless the class that saved it is the encoder alone', () => {
    const names = (model_type: string, architectures?: string[] | null) =>
      [...of({ model_type, architectures, num_hidden_layers: 1 }).tensors.keys()].filter((n) => !/encoder|embeddings|layernorm/.test(n))
    const pooler = ['pooler.dense.weight', 'pooler.dense.bias']
    const plain = ['classifier.weight', 'classifier.bias']
    expect([names('vit', ['ViTModel']), names('deit', ['DeiTModel'])]).toEqual([pooler, pooler])
    for (const given of [undefined, null, [], ['ViTForImageClassification'], ['ViTModelWithHead']])
      expect(names('vit', given)).toEqual(plain)
    expect(names('deit', ['DeiTForImageClassificationWithTeacher'])).toEqual(
      ['cls', 'distillation'].flatMap((n) => [`${n}_classifier.weight`, `${n}_classifier.bias`]),
    )
    expect(names('deit', ['WithTeacherButElse'])).toEqual(plain)
    expect(classes({ architectures: ['ViTModel'] })).toBeUndefined()
  })
})

test('Nano sees 96 pixels as 17 tokens, reads 16 tokens, and says to transformers which of them are special', () => {
  const raw = nanoConfig(40, 39)
  const { image, text, dim } = of(raw)
  expect([image.size, image.patch, dim, text!.context, text!.vocabulary, text!.width]).toEqual([96, 24, 192, 16, 40, 128])
  expect(image.activations(96, 96)).toBe(17 * 768)
  expect(raw.text_config).toMatchObject({ bos_token_id: 38, eos_token_id: 39, pad_token_id: 39, model_type: 'clip_text_model' })
  expect([raw.architectures, raw.vision_config.model_type]).toEqual([['CLIPModel'], 'clip_vision_model'])
  const layers = (of: { num_hidden_layers: number; num_attention_heads: number; hidden_act: string }) => [
    of.num_hidden_layers,
    of.num_attention_heads,
    of.hidden_act,
  ]
  expect([layers(raw.text_config), layers(raw.vision_config)]).toEqual([
    [4, 2, 'quick_gelu'],
    [6, 12, 'quick_gelu'],
  ])
  expect(nanoPreprocessor({ image_size: 1 })).toEqual({
    image_processor_type: 'CLIPImageProcessor',
    processor_class: 'CLIPProcessor',
    image_size: 1,
  })
})
