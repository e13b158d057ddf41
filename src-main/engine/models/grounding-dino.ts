import { sentence } from '#shared/sentences/table.ts'
import { groundingProcessor } from '../data/grounding-picture.ts'
import type { Value } from '../graph/graph.ts'
import { convolution } from '../nn/conv.ts'
import type { Params } from '../nn/params.ts'
import { linear } from '../nn/transformer.ts'
import { add, concat, div, gather, linear as affine, mul, reduceMean, reshape, sqrt, sub, transpose } from '../ops/index.ts'
import { MAX_ACTIVATIONS } from './bounds.ts'
import { bertFeatures, bertTensors } from './bert.ts'
import { places } from './deformable.ts'
import type { Grounding } from './detector.ts'
import { activationName, essential } from './essence.ts'
import { type GroundingConfig, groundingConfig, GROUPS, levelGrids } from './grounding-config.ts'
import { decode, decoderTensors } from './grounding-decoder.ts'
import { encoderTensors, enhance } from './grounding-encoder.ts'
import { defineFamily } from './model.ts'
import { stageWidth, swinCost, swinFeatures, swinTensors } from './swin.ts'
import { TensorList } from './tensors.ts'

/*
 * Grounding DINO (Liu et al. 2023, "Grounding DINO: marrying DINO with grounded pre-training for open-set object
 * detection"), and MM-Grounding-DINO (Zhao et al. 2024, arXiv:2401.02361) and LLMDet (Fu et al. 2025, arXiv:2501.18954), whose
 * models differ from it by a scale and a bias, with the structure and tensor names of transformers.
 */

const [BACKBONE, TEXT] = ['model.backbone.conv_encoder.model', 'model.text_backbone']
/** BERT's [CLS] and [SEP], the full stop and the question mark: fixed, whatever the vocabulary. */
const DELIMITERS = [101, 102, 1012, 1029]
const EPS = 1e-5

const under = (name: string) => (own: string) => `${name}.${own}`

/** pixels [1, 3, H, W] → features of all levels' places [S, D]. */
function features(p: Params, c: GroundingConfig, pixels: Value): Value {
  const stages = swinFeatures(p.renamed(under(BACKBONE)), c.backbone_config, pixels)
  const d = c.d_model
  let last = transpose(stages.at(-1)!, [0, 3, 1, 2])
  const levels = Array.from({ length: c.num_feature_levels }, (_, i) => {
    const name = `model.input_proj_vision.${i}`
    const stage = stages[i]
    if (stage) {
      const width = stage.shape[3]!
      const weight = reshape(p.get(`${name}.0.weight`, [d, width, 1, 1]), [d, width])
      return grouped(p, `${name}.1`, affine(reshape(stage, [-1, width]), weight, p.get(`${name}.0.bias`, [d])))
    }
    const [, , h, w] = (last = convolution(p, `${name}.0`, last, d, { kernel: [3, 3], stride: 2, padding: 1 })).shape as [
      1,
      number,
      number,
      number,
    ]
    const y = grouped(p, `${name}.1`, reshape(transpose(last, [0, 2, 3, 1]), [h * w, d]))
    last = transpose(reshape(y, [1, h, w, d]), [0, 3, 1, 2])
    return y
  })
  return concat(levels, { axis: 0 })
}

/** Group normalisation (Wu & He 2018) of x [n, D]: each group of channels over all places. */
function grouped(p: Params, name: string, x: Value): Value {
  const [n, d] = x.shape as [number, number]
  const y = reshape(x, [n, GROUPS, d / GROUPS])
  const mean = (v: Value) => reduceMean(v, { axes: [0, 2], keepdims: true })
  return p.scoped(name, () => {
    const centred = sub(y, mean(y))
    const unit = reshape(div(centred, sqrt(add(mean(mul(centred, centred)), EPS))), [n, d])
    return add(mul(unit, p.get(`${name}.weight`, [d])), p.get(`${name}.bias`, [d]))
  })
}

/** What is added to queries of each place [S, D]: sines of where it is, and what is learned for its level. */
function placesOf(p: Params, c: GroundingConfig, height: number, width: number): Value {
  const { d_model: d, positional_embedding_temperature: temperature } = c
  const half = d / 2
  const learned = p.get('model.level_embed', [c.num_feature_levels, d])
  const grids = levelGrids(c, height, width)
  const table = new Float32Array(places(grids) * d)
  const rate = (i: number) => (2 * Math.PI) / temperature ** ((2 * Math.floor(i / 2)) / half)
  const wave = (angle: number, i: number) => (i % 2 ? Math.cos(angle) : Math.sin(angle))
  let row = 0
  for (const [h, w] of grids)
    for (let y = 0; y < h; y++)
      for (let x = 0; x < w; x++, row++)
        for (let i = 0; i < half; i++) {
          table[row * d + i] = wave(((y + 1) / (h + 1e-6)) * rate(i), i)
          table[row * d + half + i] = wave(((x + 1) / (w + 1e-6)) * rate(i), i)
        }
  const level = Int32Array.from(grids.flatMap(([h, w], i) => Array<number>(h * w).fill(i)))
  const at = p.graph.constant(level, 'int32', [level.length])
  return add(p.graph.constant(table, 'float32', [places(grids), d]), gather(learned, at))
}

/** The middle of each place, relative to the image [S, 2]. */
function middles(p: Params, c: GroundingConfig, height: number, width: number): Value {
  const grids = levelGrids(c, height, width)
  const at = grids.flatMap(([h, w]) =>
    Array.from({ length: 2 * h * w }, (_, i) => (i % 2 ? (Math.floor(i / 2 / w) + 0.5) / h : (((i / 2) % w) + 0.5) / w)),
  )
  return p.graph.constant(Float32Array.from(at), 'float32', [places(grids), 2])
}

function grounding(c: GroundingConfig): Grounding {
  const { text_config: t, d_model: d } = c
  return {
    templates: ['{}'],
    context: Math.min(c.max_text_len, t.max_position_embeddings),
    vocabulary: t.vocab_size,
    delimiters: DELIMITERS,
    state: (height, width) => ({ features: [places(levelGrids(c, height, width)), d] }),
    encode: (p, pixels) => ({ features: features(p, c, pixels) }),
    words(p, { ids, places: at, apart }) {
      const read = bertFeatures(p.renamed(under(TEXT)), t, ids, at, apart)
      return reshape(linear(p, 'model.text_projection', read, d), [ids.shape[0]!, d])
    },
    answer(p, [height, width], { features: image }, text, caption) {
      const grids = levelGrids(c, height, width)
      const where = { grids, places: placesOf(p, c, height, width), around: middles(p, c, height, width), caption }
      return decode(p, c, enhance(p, c, { image: image!, text }, where), grids, caption)
    },
  }
}

function tensors(c: GroundingConfig): TensorList {
  const list = new TensorList()
  const [backbone, text] = [new TensorList(), new TensorList()]
  swinTensors(backbone, c.backbone_config)
  bertTensors(text, c.text_config)
  list.take(`${BACKBONE}.`, backbone)
  list.take(`${TEXT}.`, text)
  const { affine: add, norm, embedding, weight, bias } = list.in('joint')
  const d = c.d_model
  add('model.text_projection', d, c.text_config.hidden_size)
  embedding('model.level_embed', [c.num_feature_levels, d])
  const widths = c.backbone_config.outputs.map((stage) => stageWidth(c.backbone_config, stage))
  for (let i = 0; i < c.num_feature_levels; i++) {
    const isOwn = i < widths.length
    const size = isOwn ? 1 : 3
    weight(`model.input_proj_vision.${i}.0.weight`, [d, i <= widths.length ? (widths[i] ?? widths.at(-1)!) : d, size, size])
    bias(`model.input_proj_vision.${i}.0.bias`, [d])
    norm(`model.input_proj_vision.${i}.1`, d)
  }
  encoderTensors(list, c)
  decoderTensors(list, c)
  return list
}

/** Elements of the largest activation between two layers. */
function cost(c: GroundingConfig, height: number, width: number): number {
  const n = places(levelGrids(c, height, width))
  const read = Math.max(c.encoder_n_points * c.d_model, c.encoder_ffn_dim, c.max_text_len)
  return Math.max(swinCost(c.backbone_config, height, width), n * read)
}

export const groundingDino = defineFamily<GroundingConfig>({
  types: ['grounding-dino', 'mm-grounding-dino'],
  name: 'Grounding DINO',
  can: ['detect'],
  config: groundingConfig,
  describe: (c) => {
    const detector = grounding(c)
    return {
      dim: c.d_model,
      tensors: tensors(c),
      image: {
        size: 800,
        patch: 1,
        anySize: true,
        unit: false,
        config: c.backbone_config,
        // It was never trained to describe an image by one vector, so it doesn't claim to: this is only a summary.
        embed: (p, pixels) => reduceMean(features(p, c, pixels), { axes: [0], keepdims: true }),
        activations: (height, width) => cost(c, height, width),
        tooMany: (height, width) =>
          cost(c, height, width) > MAX_ACTIVATIONS ? sentence('model.picture-too-large', { height, width }) : undefined,
      },
      grounding: detector,
    }
  },
  essence: (c) =>
    essential({
      ...c,
      activation_function: activationName(c.activation_function),
      backbone_config: { ...c.backbone_config, hidden_act: activationName(c.backbone_config.hidden_act) },
      text_config: { ...c.text_config, hidden_act: activationName(c.text_config.hidden_act) },
    }),
  landmarks: [`${BACKBONE}.embeddings.norm.weight`, 'model.level_embed', 'model.query_position_embeddings.weight'],
  saves: 'GroundingDinoForObjectDetection',
  processors: [groundingProcessor],
  tokenizer: 'wordpiece',
  // Norms that a backbone has no use for, indices, and copies of the heads.
  buffers: [
    '*.relative_position_index',
    `${BACKBONE}.swin.layernorm.*`,
    '*.position_ids',
    `${TEXT}.pooler.*`,
    'model.decoder.bbox_embed.*',
    'model.decoder.class_embed.*',
    'model.special_tokens',
  ],
})
