import { z } from 'zod'
import { clipProcessor } from '../data/preprocess.ts'
import type { Value } from '../graph/graph.ts'
import type { Params } from '../nn/params.ts'
import { linear } from '../nn/transformer.ts'
import { tanh } from '../ops/index.ts'
import { bertConfig, bertTensors, bertText } from './bert.ts'
import { imageTower, tower, width } from './bounds.ts'
import { checkScale, clipImage, clipSimilarity, clipTensors, clipText } from './clip.ts'
import { type ClipConfig, clipText as clipTextConfig, clipVision } from './clip-config.ts'
import { dinov2 } from './dinov2.ts'
import { activationName, essential } from './essence.ts'
import { type AnyFamily, defineFamily, type ImageTower, type TextTower } from './model.ts'
import { swin } from './swin-classifier.ts'
import { TensorList } from './tensors.ts'
import { vit } from './vit.ts'

/*
 * An image tower and a text tower of any two models in one space, with the structure and tensor names of transformers
 * (models/vision_text_dual_encoder): what each of them pools goes through a linear layer without a bias, and similarity is CLIP's.
 * So a tower that never met a text, such as DINOv2's, learns to be searched by words (Zhai et al. 2022, "LiT").
 */

const [VISION, TEXT] = ['vision_model.', 'text_model.']
export const [VISUAL_PROJECTION, TEXT_PROJECTION] = ['visual_projection', 'text_projection']
const families: readonly AnyFamily[] = [vit, dinov2, swin]

/** One tower before its projection: what it pools is [B, width]. */
interface Half<T> {
  readonly tower: T
  readonly width: number
  /** With the names that they have in the whole model. */
  readonly tensors: TensorList
  readonly essence: unknown
}
type ImageHalf = Half<ImageTower>

const under = (prefix: string) => (p: Params) => p.renamed((name) => prefix + name)

/** Tensors of a part under a prefix, all counted to one tower. */
function placed(prefix: string, part: 'image' | 'text', own: TensorList): TensorList {
  const list = new TensorList()
  for (const [name, spec] of own) if (spec.part !== 'joint') list.set(prefix + name, { ...spec, part })
  return list
}

/** A tower that is a model of its own elsewhere. What it pools is its embedding, or what a pooler makes of that (ViTPooler). */
function ofFamily(family: AnyFamily, raw: Readonly<Record<string, unknown>>): ImageHalf {
  const alone = { ...raw, architectures: ['Model'] } // not a classifier, whose names begin otherwise
  const { image, dim, tensors } = family.architecture((schema) => schema.parse(alone))
  const within = under(VISION)
  const pools = tensors.has('pooler.dense.weight')
  return {
    width: dim,
    tensors: placed(VISION, 'image', tensors),
    essence: family.essential((schema) => schema.parse(alone)),
    tower: {
      ...image,
      ...(image.layers && { layers: { ...image.layers, names: image.layers.names.map((name) => VISION + name) } }),
      embed(all, pixels) {
        const p = within(all)
        const y = image.embed(p, pixels)
        return pools ? tanh(linear(p, 'pooler.dense', y, dim)) : y
      },
    },
  }
}

/** Tensors of one of CLIP's towers, without its projection. */
const ofClip = (c: ClipConfig, part: 'image' | 'text'): TensorList =>
  new TensorList([...clipTensors(c)].filter(([name, spec]) => spec.part === part && !name.endsWith('_projection.weight')))
const otherVision = clipVision.parse({})
const otherText = clipTextConfig.parse({})

function clipImageHalf(raw: unknown): ImageHalf {
  const v = imageTower(clipVision).parse(raw)
  const c = { projection_dim: v.hidden_size, vision_config: v, text_config: otherText, logit_scale_init_value: 0 }
  const tower = clipImage(c)
  return {
    width: v.hidden_size,
    tensors: ofClip(c, 'image'),
    essence: { ...v, hidden_act: activationName(v.hidden_act) },
    tower: { ...tower, embed: (p, pixels) => tower.projection!.pooled(p, pixels) },
  }
}

/** A text tower, whose embedding is given its projection's width when it is made. */
interface TextHalf extends Omit<Half<never>, 'tower'> {
  readonly tower: (dim: number) => TextTower
}

function clipTextHalf(raw: unknown): TextHalf {
  const t = tower(clipTextConfig, 'max_position_embeddings', (c) => c.max_position_embeddings).parse(raw)
  const c = { projection_dim: 1, vision_config: otherVision, text_config: t, logit_scale_init_value: 0 }
  return {
    width: t.hidden_size,
    tensors: ofClip(c, 'text'),
    essence: { ...t, hidden_act: activationName(t.hidden_act) },
    tower: (dim) => clipText({ projection_dim: dim, text_config: t }),
  }
}

function bertHalf(raw: unknown): TextHalf {
  const c = bertConfig.parse(raw)
  const own = new TensorList()
  bertTensors(own, c)
  own.in('text').affine('pooler.dense', c.hidden_size, c.hidden_size)
  const [text, within] = [bertText(c), under(TEXT)]
  return {
    width: c.hidden_size,
    tensors: placed(TEXT, 'text', own),
    essence: { ...c, hidden_act: activationName(c.hidden_act) },
    tower: (dim) => ({
      ...text,
      table: TEXT + text.table,
      tokens: (p, ids) => text.tokens(within(p), ids),
      embed: (p, tokens, at) => linear(p, TEXT_PROJECTION, text.embed(within(p), tokens, at), dim, { bias: false }),
    }),
  }
}

type Raw = Readonly<Record<string, unknown>>
const imageHalves: ReadonlyMap<string, (raw: Raw) => ImageHalf> = new Map([
  ...families.flatMap((family) => family.types.map((type) => [type, (raw: Raw) => ofFamily(family, raw)] as const)),
  ['clip_vision_model', clipImageHalf] as const,
])
const textHalves: ReadonlyMap<string, (raw: Raw) => TextHalf> = new Map([
  ['clip_text_model', clipTextHalf],
  ['bert', bertHalf],
])
/** The `model_type`s that the towers may have. */
export const towerTypes = { image: [...imageHalves.keys()], text: [...textHalves.keys()] }

/** A tower's configuration, by its own schema. */
const half = <T>(halves: ReadonlyMap<string, (raw: Raw) => T>) =>
  z.looseObject({ model_type: z.enum([...halves.keys()]) }).transform((raw, issues): T => {
    try {
      return halves.get(raw.model_type)!(raw)
    } catch (e) {
      if (!(e instanceof z.ZodError)) throw e
      for (const { path, message } of e.issues) issues.addIssue({ code: 'custom', path, message })
      return z.NEVER
    }
  })

const config = z.object({
  projection_dim: width.default(512),
  logit_scale_init_value: z.number().default(2.6592),
  vision_config: half(imageHalves),
  text_config: half(textHalves),
})
type Config = z.output<typeof config>

function tensors({ projection_dim: dim, vision_config: image, text_config: text }: Config): TensorList {
  const list = new TensorList([...image.tensors, ...text.tensors])
  list.in('image').affine(VISUAL_PROJECTION, dim, image.width, { biased: false })
  list.in('text').affine(TEXT_PROJECTION, dim, text.width, { biased: false })
  list.in('joint').scalar(clipSimilarity.tensors.scale)
  return list
}

function projectedImage({ projection_dim: dim, vision_config: { tower: image, width: from } }: Config): ImageTower {
  const pooled = (p: Params, pixels: Value) => image.embed(p, pixels)
  return {
    ...image,
    unit: true,
    embed: (p, pixels) => linear(p, VISUAL_PROJECTION, pooled(p, pixels), dim, { bias: false }),
    projection: { weight: `${VISUAL_PROJECTION}.weight`, width: from, pooled },
  }
}

export const dualEncoder = defineFamily<Config>({
  types: ['vision-text-dual-encoder'],
  name: 'dual encoder',
  can: ['embedImage', 'embedText'],
  config,
  describe: (c) => ({
    dim: c.projection_dim,
    tensors: tensors(c),
    image: projectedImage(c),
    text: c.text_config.tower(c.projection_dim),
    similarity: clipSimilarity,
    check: (weights) => checkScale(weights),
  }),
  essence: (c) => ({
    projection_dim: c.projection_dim,
    vision_config: essential(c.vision_config.essence),
    text_config: essential(c.text_config.essence),
  }),
  landmarks: [`${VISUAL_PROJECTION}.weight`, `${TEXT_PROJECTION}.weight`, clipSimilarity.tensors.scale],
  tokenizer: 'either',
  saves: 'VisionTextDualEncoderModel',
  processors: [clipProcessor, ...new Set(families.flatMap((family) => family.processors))],
  buffers: ['*.position_ids', '*.relative_position_index', `${VISION}embeddings.mask_token`],
})
