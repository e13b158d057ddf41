import { createHash } from 'node:crypto'
import { readdirSync, rmSync, statSync } from 'node:fs'
import { utimes } from 'node:fs/promises'
import path from 'node:path'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { ClassSpec } from '#shared/model/job.ts'
import { fingerprint as fingerprintOf, RowCache } from '../data/cache.ts'
import { DECODER } from '../data/decode.ts'
import type { Images } from '../data/images.ts'
import { cropAndNormalise, outputSize } from '../data/preprocess.ts'
import type { Graph } from '../graph/graph.ts'
import { textTower } from '../models/families.ts'
import { imageFeature, type Model, paramsFor, type TextTower } from '../models/model.ts'
import type { FrozenAs, Params } from '../nn/params.ts'
import { l2Normalize } from '../ops/index.ts'
import { BatchSession, type FillRow } from '../runtime/infer.ts'
import type { Provider, Tensor } from '../runtime/session.ts'
import { diskFull } from '../../files/words.ts'
import { ioError } from '../weights/files.ts'
import type { Head } from '../weights/head.ts'

export interface EmbedOptions {
  readonly provider?: Provider
  /** Folder of the feature cache; nothing is cached without one. */
  readonly cache?: string
  readonly onProgress?: (done: number, of: number) => void
  readonly isCancelled?: () => void
}

/**
 * Image features [n, dim], row-major, of length 1 if the model normalises them; read from the cache where available.
 */
export async function imageFeatures(model: Model, images: Images, o: EmbedOptions = {}): Promise<Float32Array> {
  const d = model.dim
  const cache = o.cache ? await FeatureCache.open(model, o.cache) : undefined
  const hashes = cache ? await Promise.all(images.items.map((_, i) => images.hash(i))) : []
  const features = new Float32Array(images.n * d)
  const missing: number[] = []
  images.items.forEach((_, i) => {
    const known = cache?.rows.get(hashes[i]!)
    if (known) features.set(known, i * d)
    else missing.push(i)
  })
  if (missing.length) {
    const rows = await embedImages(model, images, missing, o)
    missing.forEach((i, k) => {
      const row = rows.subarray(k * d, (k + 1) * d)
      features.set(row, i * d)
      cache?.rows.set(hashes[i]!, row)
    })
    await cache?.save()
  }
  return features
}

/** The features of one image tower, cached on disk by the images' content hashes. */
export class FeatureCache {
  private constructor(
    readonly rows: RowCache,
    /** Identifies everything besides the images that the features depend on. */
    readonly fingerprint: string,
    private readonly folder: string,
    private readonly file: string,
  ) {}

  static async open(model: Model, folder: string): Promise<FeatureCache> {
    const made = fingerprintOf({
      decoder: DECODER,
      tower: imageTowerHash(model),
      config: model.image.config,
      preprocess: model.preprocess,
    })
    const file = path.join(folder, `${PREFIX}${made.slice(0, 16)}.safetensors`)
    const now = new Date()
    await utimes(file, now, now).catch(() => undefined) // those of a base that many runs use are not the oldest
    return new FeatureCache(await RowCache.open(file, made, model.dim), made, folder, file)
  }

  /** A full disk is no error: the features are in memory, and are computed again next time. */
  async save(): Promise<void> {
    try {
      await this.rows.save()
    } catch (e) {
      if (diskFull(e)) return
      throw ioError(this.file, 'written', e)
    }
    forgetOldest(this.folder)
  }
}

const PREFIX = 'features-'
const KEPT_MODELS = 24

/**
 * SHA-256 of the tensors that compute image features. Probes and tuned prompts leave them unchanged, so they share
 * features.
 */
function imageTowerHash({ weights, tensors }: Model): string {
  const hash = createHash('sha256')
  for (const name of weights.names()) if (tensors.isOf(name, 'image')) hash.update(name).update(weights.bytes(name))
  return hash.digest('hex')
}

/** Deletes the features of the least recently used models; they can be recomputed. */
function forgetOldest(folder: string): void {
  const files = readdirSync(folder)
    .filter((f) => f.startsWith(PREFIX) && /^[0-9a-f]{16}\.safetensors$/.test(f.slice(PREFIX.length)))
    .map((f) => path.join(folder, f))
  const byAge = files
    .map((file) => ({ file, time: statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => b.time - a.time)
  for (const { file } of byAge.slice(KEPT_MODELS)) rmSync(file, { force: true })
}

/** Features [rows.length, dim] of some of the images, in the given order, without caching. */
export async function embedImages(model: Model, images: Images, rows: readonly number[], o: EmbedOptions): Promise<Float32Array> {
  const { height, width } = outputSize(model.preprocess)
  const size = 3 * height * width
  const batch = batchOf(32, rows.length, model.image.activations(height, width))
  const session = await BatchSession.create(
    batch,
    ['pixels'],
    (g, b) => ({
      y: imageFeature(
        model,
        paramsFor(model, g, model.weights, undefined, heldFor(batch)),
        g.input('pixels', 'float32', [b, 3, height, width]),
      ),
    }),
    { provider: o.provider },
  )
  try {
    // Images of the next chunk are decoded on libuv's threads while this one is embedded.
    const chunk = batch * Math.max(1, Math.ceil(64 / batch))
    const key = fingerprintOf(model.preprocess)
    const load = (from: number) => Promise.all(rows.slice(from, from + chunk).map((i) => images.resized(i, model.preprocess, key)))
    const out = new Float32Array(rows.length * model.dim)
    let ahead = load(0)
    for (let from = 0; from < rows.length; from += chunk) {
      o.isCancelled?.()
      const pixels = await ahead
      if (from + chunk < rows.length) (ahead = load(from + chunk)).catch(() => undefined) // rethrown when awaited
      const { y } = await session.run(pixels.length, (row, into, slot) =>
        cropAndNormalise(pixels[row]!, model.preprocess, into['pixels'] as Float32Array, slot * size),
      )
      checkEmbeddings(model, y!, model.image.unit, (row) => images.items[rows[from + row]!]!.file)
      out.set(y!, from * model.dim)
      o.onProgress?.(Math.min(rows.length, from + chunk), rows.length)
    }
    return out
  } finally {
    await session.release()
  }
}

/**
 * Batch size: at most `most`, and less if the largest activation would exceed 1 GB. Batches have about equal sizes,
 * since the last one is padded: 33 images make two batches of 17, not of 32.
 */
export function batchOf(most: number, n: number, activations: number): number {
  const fitting = Math.max(1, Math.min(most, Math.floor(2 ** 28 / activations)))
  return Math.max(1, Math.ceil(n / Math.ceil(Math.max(1, n) / fitting)))
}

/** Keeps 16-bit weights as stored if the batch is large enough to amortise the cast of each run. */
const heldFor = (batch: number): FrozenAs => (batch >= 8 ? 'stored' : 'float')

/**
 * Checks that every row has a positive, finite length (1 if rows are normalised). Finite weights may overflow
 * together, and a zero vector has no direction. @throws a data fault naming the first invalid row
 */
function checkEmbeddings({ dir, dim: d }: Model, rows: Float32Array, unit: boolean, nameOf: (row: number) => string): void {
  for (let row = 0; row * d < rows.length; row++) {
    let squares = 0
    for (let i = row * d; i < (row + 1) * d; i++) squares += rows[i]! * rows[i]!
    if (!(unit ? Math.abs(squares - 1) < 0.01 : squares > 0 && squares < Infinity))
      throw dataError(dir, sentence('evaluation.no-direction', { of: nameOf(row) }))
  }
}

/** Writes texts into the inputs `ids` and `at` of a graph; one that always reads at the same position has no `at`. */
export const tokensOf =
  ({ tokenizer }: Model, { context, at: readAt }: Pick<TextTower, 'context' | 'at'>, texts: readonly string[]): FillRow =>
  (row, { ids, at }, slot) => {
    const encoded = tokenizer.encode(texts[row]!, context)
    ;(ids as Int32Array).set(encoded, slot * context)
    if (at) at[slot] = readAt(encoded)
  }

/** A model's text tower at work: its session stays open. */
export class TextReader {
  private constructor(
    private readonly model: Model,
    private readonly text: TextTower,
    private readonly session: BatchSession,
  ) {}

  /**
   * @param n number of texts that are read at once
   * @param params weights for a graph; the model's by default
   * @throws a user error if the model has no text tower
   */
  static async open(model: Model, n: number, { provider }: EmbedOptions = {}, params?: (graph: Graph) => Params): Promise<TextReader> {
    const text = textTower(model, 'text embeddings')
    const batch = batchOf(64, n, text.activations)
    const session = await BatchSession.create(
      batch,
      ['ids', 'at'],
      (g, b) => {
        const p = params?.(g) ?? paramsFor(model, g, model.weights, undefined, heldFor(batch))
        return { y: l2Normalize(text.embed(p, text.tokens(p, g.input('ids', 'int32', [b, text.context])), g.input('at', 'int32', [b]))) }
      },
      { provider },
    )
    return new TextReader(model, text, session)
  }

  /** Normalised embeddings [n, dim]. @param weights those that are inputs of the graph */
  async read(texts: readonly string[], weights: Readonly<Record<string, Tensor>> = {}): Promise<Float32Array> {
    const { y } = await this.session.run(texts.length, tokensOf(this.model, this.text, texts), weights)
    checkEmbeddings(this.model, y!, true, (row) => JSON.stringify(texts[row]))
    return y!
  }

  release(): Promise<void> {
    return this.session.release()
  }
}

/** Normalised text embeddings [n, dim]. @throws a user error if the model has no text tower */
export async function textFeatures(model: Model, texts: readonly string[], o: EmbedOptions = {}): Promise<Float32Array> {
  const reader = await TextReader.open(model, texts.length, o)
  try {
    return await reader.read(texts)
  } finally {
    await reader.release()
  }
}

/** Fills a class into a template: a bare `{}` gets its name, a sentence the phrase used in sentences. */
export const fillTemplate = (template: string, { name, phrase }: ClassSpec): string =>
  template.replace('{}', () => (template === '{}' ? name : (phrase ?? name)))

/** The texts whose mean stands for a class: each of its forms in each of the templates, or in its own. */
export const textsOf = (c: ClassSpec, templates: readonly string[]): string[] =>
  (c.templates ?? templates).flatMap((t) => c.phrases?.map((phrase) => fillTemplate(t, { name: phrase, phrase })) ?? fillTemplate(t, c))

/**
 * The zero-shot classifier as a linear layer on normalised image embeddings: row c is the similarity's scale times
 * the normalised mean of class c's normalised template embeddings (Radford et al. 2021, §3.1.4; wise-ft zeroshot.py).
 */
export async function zeroShotHead(
  model: Model,
  classes: readonly ClassSpec[],
  templates: readonly string[],
  o: EmbedOptions = {},
  read: (texts: readonly string[]) => Promise<Float32Array> = (texts) => textFeatures(model, texts, o),
): Promise<Head> {
  const { scale, bias } = textTower(model, 'zero-shot classifier').similarity.of(model.weights)
  const d = model.dim
  const texts = classes.map((c) => textsOf(c, templates))
  const rows = await read(texts.flat())
  const weight = new Float32Array(classes.length * d)
  let row = 0
  texts.forEach(({ length }, c) => {
    const mean = weight.subarray(c * d, (c + 1) * d)
    for (const until = row + length; row < until; row++) for (let i = 0; i < d; i++) mean[i]! += rows[row * d + i]!
    const norm = Math.hypot(...mean)
    for (let i = 0; i < d; i++) mean[i]! *= scale / norm
  })
  return { classes: classes.map((c) => c.name), dim: d, weight, bias: new Float32Array(classes.length).fill(bias) }
}

/** Divides each row of length `d` by its norm, in place. */
export function unitRows(rows: Float32Array, d: number): Float32Array {
  for (let at = 0; at < rows.length; at += d) {
    let squares = 0
    for (let i = at; i < at + d; i++) squares += rows[i]! * rows[i]!
    const length = Math.sqrt(squares)
    for (let i = at; i < at + d; i++) rows[i]! /= length
  }
  return rows
}
