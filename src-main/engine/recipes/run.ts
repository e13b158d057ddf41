import type { Partners } from '#shared/model/checkpoint.ts'
import type { ClassSpec, Item, JobProgress } from '#shared/model/job.ts'
import type { Judgement } from '#shared/model/progress.ts'
import { cancelled } from '#shared/errors.ts'
import type { PixelStore } from '../data/cache.ts'
import { Images } from '../data/images.ts'
import { Renderers, renderersWithin } from '../data/renderers.ts'
import type { Course, Kept } from '#shared/model/course.ts'
import type { Pauses } from '../runtime/pauses.ts'
import type { Model } from '../models/model.ts'
import type { LoopOptions } from '../runtime/loop.ts'
import { outlining } from '../runtime/outline.ts'
import { type Provider, threadCount } from '../runtime/session.ts'
import { imageFeatures } from '../tasks/embed.ts'
import type { z } from 'zod'
import type { OwnTensor } from './overlay.ts'
import type { Head } from '../weights/head.ts'
import type { TensorFile } from '../weights/checkpoint.ts'

/** The result of a recipe: the tensors that it changed, and the classifier if it trains one. */
export interface Trained {
  /** By tensor name; all others are the base's. */
  readonly weights: ReadonlyMap<string, Float32Array>
  /** Tensors that the base does not have, and what `config.json` says of them. */
  readonly added?: ReadonlyMap<string, OwnTensor>
  readonly config?: Readonly<Record<string, z.core.util.JSONType>>
  readonly head?: Head
  /** Additional tensor files and other files to save with the weights, by file name. */
  readonly tensors?: Readonly<Record<string, TensorFile>>
  readonly files?: Readonly<Record<string, string>>
  /** The models that it works with, as the base names them; they are brought along. */
  readonly partners?: Partners
  /** How texts are worded for the model from now on, if otherwise than for the base. */
  readonly wording?: { readonly templates: readonly string[]; readonly captionTemplate: string }
  readonly losses: readonly number[]
  /** Facts about the run worth recording, e.g. the chosen C. */
  readonly notes?: Readonly<Record<string, number | string>>
  readonly course?: Course
  /** A second checkpoint of the same run: the last weights, where the best are kept and both were asked for. */
  readonly other?: Pick<Trained, 'weights' | 'added' | 'config' | 'head' | 'tensors' | 'files' | 'partners' | 'course'> & {
    readonly kept: Kept
  }
}

export interface RunOptions {
  readonly model: Model
  readonly classes: readonly ClassSpec[]
  readonly templates: readonly string[]
  readonly splits: Readonly<Record<string, readonly Item[]>>
  readonly seed: number
  readonly provider: Provider
  readonly cache: string
  readonly pictures: PixelStore
  /** Where the state for resuming is saved; absent for a recipe that always starts over. */
  readonly resume?: LoopOptions['resume']
  /** If given, the run waits for what is missing instead of failing. */
  readonly pauses?: Pauses
  readonly onProgress: (p: JobProgress) => void
  readonly isCancelled: () => boolean
}

/** What recipes share: the base model, the data as images and as features, and progress reporting. */
export class Run {
  private readonly images = new Map<string, Images>()
  private readonly features = new Map<string, Promise<Float32Array>>()

  /** What was said of a few images when the weights were last judged (judges.ts). */
  answers: NonNullable<Judgement['answers']> = []

  /** They start when images are first read or varied, and end with {@link end}. */
  readonly renderers = new Renderers(renderersWithin(threadCount()))

  /** Reads an image in one of their threads, while a step blocks this one. */
  readonly decode: Renderers['decode'] = (...asked) => this.renderers.decode(...asked)

  constructor(readonly o: RunOptions) {}

  get model(): Model {
    return this.o.model
  }

  split(name: string): Images {
    let images = this.images.get(name)
    if (!images) this.images.set(name, (images = new Images(this.o.splits[name] ?? [], this.o.pictures, this.o.pauses)))
    return images
  }

  /** Normalised embeddings of a split by the base model [n, dim], computed once and cached on disk. */
  featuresOf(name: string): Promise<Float32Array> {
    let features = this.features.get(name)
    if (outlining()) return Promise.resolve(new Float32Array(this.split(name).n * this.model.dim))
    if (!features) {
      features = imageFeatures(this.model, this.split(name), {
        provider: this.o.provider,
        cache: this.o.cache,
        onProgress: (done, total) => this.o.onProgress({ phase: 'features', part: name, done, total }),
        isCancelled: () => this.check(),
      })
      this.features.set(name, features)
    }
    return features
  }

  /** Ends the run's threads, also in the midst of what they do. */
  end(): Promise<void> {
    return this.renderers.close()
  }

  /** @throws if the run was cancelled */
  check(): void {
    if (this.o.isCancelled()) throw cancelled()
  }
}
