/** A model as recipes, evaluation, merging and curation see it: by what it can do, never by its family. */
import type { z } from 'zod'
import type { Capability } from '#shared/model/capability.ts'
import type { PreprocessConfig, Processor } from '../data/preprocess.ts'
import type { Tokenizer, TokenizerKind } from '../data/tokenizer.ts'
import type { Graph, Value } from '../graph/graph.ts'
import { type FrozenAs, Params, type WeightSource } from '../nn/params.ts'
import { l2Normalize } from '../ops/index.ts'
import type { Head } from '../weights/head.ts'
import type { Weights } from '../weights/source.ts'
import type { Preparation } from './preparation.ts'
import type { TensorList } from './tensors.ts'

/** pixels [B, 3, H, W] → features [B, dim]. */
export interface ImageTower {
  /** Side of the pictures that it was trained on. */
  readonly size: number
  readonly patch: number
  /** Accepts pictures of any size: its positions are always interpolated. */
  readonly anySize: boolean
  /** What features depend on besides the weights: part of the cache's key. */
  readonly config: unknown
  /** Features are normalised to length 1. */
  readonly unit: boolean
  embed(p: Params, pixels: Value): Value
  /** Numbers in the largest array that one picture makes between two layers. */
  activations(height: number, width: number): number
  /** Why pictures of this size are refused; undefined where they are accepted. */
  tooMany(height: number, width: number): string | undefined
}

/** ids [B, T] (int32) → embeddings [B, dim], not normalised, in the images' space. */
export interface TextTower {
  /** Tokens of a text, the marks around it among them. */
  readonly context: number
  /** Rows of its token table, and the table's name. */
  readonly vocabulary: number
  readonly table: string
  readonly width: number
  /** Tokens that stand before every text. */
  readonly before: number
  readonly activations: number
  /** Index of the token at which the embedding is read. */
  at(ids: Int32Array): number
  /** Before positions are added [B, T, width]: where learned context is spliced in. */
  tokens(p: Params, ids: Value): Value
  /** T may be shorter than the context, if the family's texts may be. */
  embed(p: Params, tokens: Value, at: Value): Value
}

/** How alike normalised embeddings of an image and a text are: logit = scale · cosine + bias. */
export interface Similarity {
  scale(p: Params): Value
  logits(p: Params, image: Value, text: Value): Value
  /** Upper bounds that pre-training keeps, by tensor name. */
  readonly bounds?: Readonly<Record<string, number>>
  of(weights: Pick<Weights, 'float32'>): { readonly scale: number; readonly bias: number }
}

/**
 * An image tower that is set, not trained, to see edges and colours and to bring what is made of them to its embedding; gradients
 * do the rest (engine/pretrain/start.ts). Weights are changed in place.
 */
export interface ClosedForm {
  /** Makes each patch say what it shows. */
  see(weights: ReadonlyMap<string, Float32Array>, normalisation: Pick<PreprocessConfig, 'image_mean' | 'image_std'>): void
  /** pixels [B, 3, H, W] → what the patches then say [B, places · content]. */
  contents(p: Params, pixels: Value): Value
  /** Features that a linear map is to make of that. */
  readonly features: number
  /** Brings map · contents + bias to the embedding: `map` [features, places · content], `bias` [features]. */
  read(weights: ReadonlyMap<string, Float32Array>, map: Float32Array, bias: Float32Array): void
}

/** What a `config.json` describes. */
export interface Architecture {
  readonly family: AnyFamily
  /** Length of a feature vector. */
  readonly dim: number
  readonly tensors: TensorList
  readonly image: ImageTower
  readonly text?: TextTower
  readonly similarity?: Similarity
  /** Weights of an untrained model, the same for the same seed on every machine. */
  initial?(seed: number): Map<string, Float32Array>
  readonly closedForm?: ClosedForm
  /** A classifier among the model's own tensors. */
  classifier?(weights: Weights): Head
  /** Checks beyond names, shapes and finiteness. @throws a data fault */
  check?(weights: Weights): void
}

/** A family of models: all knowledge about it, which is nowhere else. */
export interface Family<C> {
  /** `model_type` in `config.json`. */
  readonly types: readonly string[]
  readonly name: string
  /** What one of its models can do without further training. */
  readonly can: readonly Capability[]
  /** `config.json` with the defaults of `transformers`. */
  readonly config: z.ZodType<C>
  describe(config: C): Omit<Architecture, 'family'>
  /** What of a configuration decides the outputs: two models with equal ones can be blended. */
  essence(config: C): unknown
  /** Whether a configuration without a `model_type` is meant. */
  claims?(raw: Readonly<Record<string, unknown>>): boolean
  /** A `model_type` of a part of its models, and what is said of it. */
  readonly parts?: Readonly<Record<string, string>>
  /** Names in every one of its models, by which wrapped ones are known. */
  readonly landmarks: readonly string[]
  /** The class of `transformers` that saves it whole. */
  readonly saves: string
  readonly processors: readonly Processor[]
  /** How its tokenizers frame a text: CLIP's way unless told. */
  readonly tokenizer?: TokenizerKind
  /** Tensors that may be there or not and are no weights; `*` for any text. */
  readonly buffers: readonly string[]
}

/** A family with the type of its configuration hidden. */
export interface AnyFamily extends Omit<Family<unknown>, 'config' | 'describe' | 'essence'> {
  /** Of what `read` reads from a file by the family's schema. */
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

/** An opened checkpoint folder: everything that decides what the model answers. */
export interface Model extends Architecture {
  readonly dir: string
  readonly weights: Weights
  /** @throws a data fault where the folder has none: images can be embedded without */
  readonly tokenizer: Tokenizer
  /** @throws a data fault where the folder does not say: texts can be embedded without */
  readonly preprocess: Preparation
  readonly templates: readonly string[]
  /** A classifier's last layer: a fine-tuned one's, or the model's own. */
  readonly head: Head | undefined
  close(): void
}

/** The features that heads read and caches keep. */
export function imageFeature({ image }: Architecture, p: Params, pixels: Value): Value {
  const y = image.embed(p, pixels)
  return image.unit ? l2Normalize(y) : y
}

/** Weights for a graph; those that `isTrainable` names are trained, with the family's choice of what decays. */
export const paramsFor = (
  { tensors }: Pick<Architecture, 'tensors'>,
  graph: Graph,
  source: WeightSource,
  isTrainable?: (name: string) => boolean,
  frozen?: FrozenAs,
): Params => new Params(graph, source, isTrainable, { decays: tensors.decays, frozen })
