/** A model as recipes, evaluation, merging and curation see it: by its capabilities, never by its family. */
import type { z } from 'zod'
import type { Capability } from '#shared/model/capability.ts'
import type { Partners } from '#shared/model/checkpoint.ts'
import type { Sentence } from '#shared/sentences/table.ts'
import type { PreprocessConfig, Processor } from '../data/preprocess.ts'
import type { Tokenizer, TokenizerKind } from '../data/tokenizer.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { type FrozenAs, Params, type WeightSource } from '../nn/params.ts'
import { l2Normalize } from '../ops/index.ts'
import type { Head } from '../weights/head.ts'
import type { Weights } from '../weights/source.ts'
import type { Detector, Grounding } from './detector.ts'
import type { Preparation } from './preparation.ts'
import type { PromptedSegmenter, Segmenter } from './segmenter.ts'
import type { TensorList } from './tensors.ts'

/** The Transformer layers of a tower, and the width of its tokens. */
interface Layers {
  readonly names: readonly string[]
  readonly width: number
}

/** pixels [B, 3, H, W] → features [B, dim]. */
export interface ImageTower {
  /** Side in pixels of the images it was trained on. */
  readonly size: number
  readonly patch: number
  /** Accepts images of any size, because its positions are always interpolated. */
  readonly anySize: boolean
  /**
   * Its layers, for tokens of one's own (visual-prompts.ts): names, width, and how many class tokens stand first. Absent where
   * such tokens would change more than what the others attend to.
   */
  readonly layers?: Layers & {
    readonly first: number
    /** What tokens pass before the first layer; nothing by default. */
    before?(p: Params, tokens: Value): Value
  }
  /** Everything besides the weights that features depend on: part of the cache key. */
  readonly config: unknown
  /** Whether features have length 1. */
  readonly unit: boolean
  embed(p: Params, pixels: Value): Value
  /** Where a linear layer without a bias comes last: its tensor [dim, width], and what enters it, [B, width]. */
  readonly projection?: { readonly weight: string; readonly width: number; pooled(p: Params, pixels: Value): Value }
  /** Elements of the largest activation between two layers, for one image of this size in pixels. */
  activations(height: number, width: number): number
  /** The reason why images of this size are refused; undefined if they are accepted. */
  tooMany(height: number, width: number): Sentence | undefined
}

/** ids [B, T] (int32) → embeddings [B, dim], not normalised, in the images' space. */
export interface TextTower {
  /** Maximum number of tokens of a text, including special tokens. */
  readonly context: number
  /** Number of rows of the token table, and the table's tensor name. */
  readonly vocabulary: number
  readonly table: string
  readonly width: number
  /** Its layers, for tokens of one's own; absent where a family does not say. */
  readonly layers?: Layers
  /** Number of special tokens before every text. */
  readonly before: number
  readonly activations: number
  /** Index of the token at which the embedding is read. */
  at(ids: Int32Array): number
  /** Token embeddings [B, T, width] without positions: learned context is inserted here. */
  tokens(p: Params, ids: Value): Value
  /** Tokens [B, T, width] → embedding [B, dim]. T may be less than the context if the family allows it. */
  embed(p: Params, tokens: Value, at: Value): Value
}

/** Similarity of normalised image and text embeddings: logit = scale · cosine + bias. */
export interface Similarity {
  scale(p: Params): Value
  logits(p: Params, image: Value, text: Value): Value
  /** The names of the logarithm of the scale, and of the bias if it has one. */
  readonly tensors: { readonly scale: string; readonly bias?: string }
  /** Upper bounds, by tensor name, that pre-training enforces. */
  readonly bounds?: Readonly<Record<string, number>>
  of(weights: Pick<Weights, 'float32'>): { readonly scale: number; readonly bias: number }
}

/**
 * An image tower initialised in closed form to detect edges and colours and to pass a linear map of them to its
 * embedding, as a starting point for gradient descent (engine/pretrain/start.ts). Weights are changed in place.
 */
export interface ClosedForm {
  /** Initialises the patch tokens as edge and colour descriptors. */
  see(weights: ReadonlyMap<string, Float32Array>, normalisation: Pick<PreprocessConfig, 'image_mean' | 'image_std'>): void
  /** pixels [B, 3, H, W] → descriptors of the patches [B, positions · content]. */
  contents(p: Params, pixels: Value): Value
  /** Number of features that the linear map produces. */
  readonly features: number
  /** Sets the tower to output map · contents + bias: `map` [features, positions · content], `bias` [features]. */
  read(weights: ReadonlyMap<string, Float32Array>, map: Float32Array, bias: Float32Array): void
}

/** What a `config.json` describes. */
export interface Architecture {
  readonly family: AnyFamily
  /** Length of an image feature vector. */
  readonly dim: number
  readonly tensors: TensorList
  readonly image: ImageTower
  readonly text?: TextTower
  readonly similarity?: Similarity
  /** Masks for words or examples. */
  readonly segmenter?: Segmenter
  /** Masks for points and boxes. */
  readonly prompted?: PromptedSegmenter
  /** Weights of an untrained model, a pure function of the seed. */
  initial?(seed: number): Map<string, Float32Array>
  readonly closedForm?: ClosedForm
  /** Boxes for words or an example. */
  readonly detector?: Detector
  /** Boxes for words that are read together, with the image. */
  readonly grounding?: Grounding
  /** The classifier stored among the model's own tensors. */
  classifier?(weights: Weights): Head
  /** Checks beyond names, shapes and finiteness. @throws a data fault */
  check?(weights: Weights): void
}

/** A family of models. All knowledge about a family is in its record and nowhere else. */
export interface Family<C> {
  /** `model_type` in `config.json`. */
  readonly types: readonly string[]
  readonly name: string
  /** Capabilities without further training. */
  readonly can: readonly Capability[]
  /** Schema of `config.json`, with the defaults of `transformers`. */
  readonly config: z.ZodType<C>
  describe(config: C): Omit<Architecture, 'family'>
  /** The part of a configuration that determines the outputs: two models with equal essences can be merged. */
  essence(config: C): unknown
  /** Whether a configuration without a `model_type` belongs to this family. */
  claims?(raw: Readonly<Record<string, unknown>>): boolean
  /** `model_type`s of parts of its models (e.g. a lone tower), each with the message shown for it. */
  readonly parts?: Readonly<Record<string, Sentence>>
  /** Tensor names present in all its models, used to recognise wrapped ones. */
  readonly landmarks: readonly string[]
  /** The class of `transformers` that saves the whole model. */
  readonly saves: string
  readonly processors: readonly Processor[]
  /** How its tokenizers add special tokens; CLIP's kind by default. */
  readonly tokenizer?: TokenizerKind
  /** Optional non-weight tensors; `*` matches any text. */
  readonly buffers: readonly string[]
}

/** A family with its configuration type hidden. */
export interface AnyFamily extends Omit<Family<unknown>, 'config' | 'describe' | 'essence'> {
  /** The architecture; `read` parses a file by the family's schema. */
  architecture(read: <T>(schema: z.ZodType<T>) => T): Architecture
  essential(read: <T>(schema: z.ZodType<T>) => T): unknown
}

export function defineFamily<C>(family: Family<C>): AnyFamily {
  const { config, describe, essence, ...rest } = family
  const self: AnyFamily = {
    ...rest,
    architecture: (read) => ({ ...describe(read(config)), family: self }),
    essential: (read) => essence(read(config)),
  }
  return self
}

/** An opened checkpoint folder: everything that determines the model's outputs. */
export interface Model extends Architecture {
  readonly dir: string
  readonly weights: Weights
  /** @throws a data fault if the folder has none; embedding images works without one */
  readonly tokenizer: Tokenizer
  /** @throws a data fault if the folder has none; embedding texts works without it */
  readonly preprocess: Preparation
  readonly templates: readonly string[]
  /** How a caption is worded for it, with one `{}`. */
  readonly captionTemplate: string
  /** The last layer of a classifier, fine-tuned or the model's own. */
  readonly head: Head | undefined
  /** The models that it works with. */
  readonly partners: Partners | undefined
  close(): void
}

/** A tower that reads its weights through `view`. */
export const viewed = ({ embed, projection }: ImageTower, view: (p: Params) => Params): Pick<ImageTower, 'embed' | 'projection'> => ({
  embed: (p, pixels) => embed(view(p), pixels),
  ...(projection && { projection: { ...projection, pooled: (p, pixels) => projection.pooled(view(p), pixels) } }),
})

/** Layers NAME.0, NAME.1 … after `first` class tokens. */
export const layersNamed = (
  name: string,
  { num_hidden_layers: n, hidden_size: width }: { readonly num_hidden_layers: number; readonly hidden_size: number },
  first = 1,
): NonNullable<ImageTower['layers']> => ({ names: Array.from({ length: n }, (_, i) => `${name}.${i}`), width, first })

/** The image feature [B, dim] that heads take as input and caches store. */
export function imageFeature({ image }: Architecture, p: Params, pixels: Value): Value {
  const y = image.embed(p, pixels)
  return image.unit ? l2Normalize(y) : y
}

/** Weights for a graph; those selected by `isTrainable` are trained, with the family's rule for weight decay. */
export const paramsFor = (
  { tensors }: Pick<Architecture, 'tensors'>,
  graph: Graph,
  source: WeightSource,
  isTrainable?: (name: string) => boolean,
  frozen?: FrozenAs,
): Params => new Params(graph, source, isTrainable, { decays: tensors.decays, frozen })
