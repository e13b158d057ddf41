/**
 * Learned prompts: context vectors among the tokens of each class name (Zhou et al. 2022, Learning to prompt for
 * vision-language models, §3.2; KaiyangZhou/CoOp trainers/coop.py, class PromptLearner).
 */
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { Rng } from '../data/rng.ts'
import { Graph, type Value } from '../graph/graph.ts'
import type { Model } from '../models/model.ts'
import { textTower } from '../models/families.ts'
import type { Params } from '../nn/params.ts'
import { argmax, concat, expand, gather, gemm, reshape, slice, sub } from '../ops/index.ts'
import { Session, tensor } from '../runtime/session.ts'

export const positions = ['end', 'middle', 'front'] as const

export interface PromptForm {
  /** Learned tokens of a prompt. */
  readonly contextLength: number
  /** Where the class name stands: after the context, in its middle, or before it. */
  readonly position: (typeof positions)[number]
}

/** What the learned context starts from, and stands for without training. */
const WORDS = 'a picture of a'

/** The prompts of some classes without their context. */
export class Prompts {
  private constructor(
    private readonly text: ReturnType<typeof textTower>,
    private readonly form: PromptForm,
    /** [classes, length]: start (if the family has one), name, end, padding. */
    private readonly ids: Int32Array,
    /** Tokens of each name. */
    private readonly names: readonly number[],
    private readonly ends: Int32Array,
  ) {}

  /** @throws a user error if the context leaves no room for a name */
  static of(model: Model, names: readonly string[], form: PromptForm, recipe: string): Prompts {
    const { tokenizer } = model
    const text = textTower(model, recipe)
    const length = text.context - form.contextLength
    if (length < 3) throw userError(sentence('recipe.no-room-for-names', { length: form.contextLength, tokens: text.context }))
    const encoded = names.map((name) => tokenizer.encode(name, length))
    const ids = new Int32Array(names.length * length)
    encoded.forEach((own, c) => ids.set(own, c * length))
    return new Prompts(
      text,
      form,
      ids,
      encoded.map((own) => own.indexOf(tokenizer.endId) - text.before),
      Int32Array.from(encoded, (own) => form.contextLength + text.at(own)),
    )
  }

  /** The token embeddings of the prompts without context: [C, T, width]. */
  words(p: Params): Value {
    return this.text.tokens(p, p.graph.constant(this.ids, 'int32', [this.names.length, this.ids.length / this.names.length]))
  }

  /** Where each prompt's embedding is read: [C], or [times · C]. */
  at(graph: Graph, times = 1): Value {
    const n = this.ends.length
    return graph.constant(
      Int32Array.from({ length: times * n }, (_, i) => this.ends[i % n]!),
      'int32',
      [times * n],
    )
  }

  /** The embeddings of all prompts, not normalised: [C, dim]. @param context [M, width], or a class's own [C, M, width] */
  embed(p: Params, context: Value): Value {
    const [m, width] = context.shape.slice(-2) as [number, number]
    const c = this.names.length
    const all = context.shape.length === 3 ? context : expand(reshape(context, [1, m, width]), [c, m, width])
    return this.text.embed(p, this.arranged(this.words(p), all), this.at(p.graph))
  }

  private arranged(words: Value, context: Value): Value {
    const [c, t, width] = words.shape as [number, number, number]
    const { before } = this.text
    if (this.form.position === 'end') return withContext(words, context, before)
    const m = this.form.contextLength
    const early = this.form.position === 'middle' ? Math.floor(m / 2) : 0
    const rows = this.names.flatMap((name, k) => {
      const [own, learned] = [(at: number) => k * (t + m) + at, (at: number) => k * (t + m) + t + at]
      const from = (start: number, end: number, of: (at: number) => number) => Array.from({ length: end - start }, (_, i) => of(start + i))
      const afterName = before + name
      return [
        ...from(0, before, own),
        ...from(0, early, learned),
        ...from(before, afterName, own),
        ...from(early, m, learned),
        ...from(afterName, t, own),
      ]
    })
    const pool = reshape(concat([words, context], { axis: 1 }), [c * (t + m), width])
    return gather(pool, words.graph.constant(Int32Array.from(rows), 'int32', [c, t + m]))
  }
}

/** Context [N, M, width] after the first `before` tokens of [N, T, width]. */
export const withContext = (words: Value, context: Value, before: number): Value =>
  concat([...(before ? [slice(words, { axis: 1, start: 0, end: before })] : []), context, slice(words, { axis: 1, start: before })], {
    axis: 1,
  })

/**
 * These weights, with which the context of a prompt is another in each of the layers after the first.
 * @param deeper [M, width] for the second layer, the third …; the last one goes on through the layers that remain
 */
export function withDeeperContext(p: Params, layers: readonly string[], before: number, deeper: readonly Value[]): Params {
  const view = Object.create(p) as Params
  view.enter = (layer, x) => {
    const context = deeper[layers.indexOf(layer) - 1]
    if (!context) return x
    const [m, width] = context.shape as [number, number]
    const others = concat([...(before ? [slice(x, { axis: 1, start: 0, end: before })] : []), slice(x, { axis: 1, start: before + m })], {
      axis: 1,
    })
    return withContext(others, expand(reshape(context, [1, m, width]), [x.shape[0]!, m, width]), before)
  }
  return view
}

/** Token embeddings of the first `n` words of "a picture of a"; beyond that the last one is repeated. */
function wordContext(model: Model, n: number, recipe: string): Float32Array {
  const { table: name, width: d } = textTower(model, recipe)
  const table = model.weights.float32(name)
  const words = model.tokenizer.inner(WORDS)
  const out = new Float32Array(n * d)
  for (let i = 0; i < n; i++) {
    const id = words[Math.min(i, words.length - 1)]!
    out.set(table.subarray(id * d, (id + 1) * d), i * d)
  }
  return out
}

/** The context before training: [M, width], or [classes, M, width] where each class has its own. */
export function startContext(
  model: Model,
  {
    init,
    contextLength,
    classes,
    seed,
    recipe,
  }: { init: 'words' | 'random'; contextLength: number; classes?: number; seed: number; recipe: string },
) {
  const { width } = textTower(model, recipe)
  const shape = [...(classes === undefined ? [] : [classes]), contextLength, width]
  const n = (classes ?? 1) * contextLength * width
  if (init === 'random') {
    const rng = Rng.of(seed, 0xc0)
    return { shape, data: Float32Array.from({ length: n }, () => rng.normal() * 0.02) }
  }
  const words = wordContext(model, contextLength, recipe)
  return { shape, data: Float32Array.from({ length: n }, (_, i) => words[i % words.length]!) }
}

export interface Nearest {
  readonly word: string
  /** Euclidean distance between the learned vector and the word's embedding. */
  readonly distance: number
}

/** Vectors that are compared with the vocabulary at once. */
const CHUNK = 128

/**
 * For each learned vector the vocabulary's word whose embedding is nearest (interpret_prompt.py). They need not mean
 * anything: the paper (§4.4) found most of them to be no readable phrase.
 * @param vectors [n, width]
 */
export async function nearestWords(model: Model, vectors: Float32Array, recipe: string): Promise<Nearest[]> {
  const { table: name, width, vocabulary } = textTower(model, recipe)
  const table = model.weights.float32(name)
  const halves = new Float32Array(vocabulary)
  for (let id = 0; id < vocabulary; id++) {
    let squares = 0
    for (let i = id * width; i < (id + 1) * width; i++) squares += table[i]! * table[i]!
    halves[id] = squares / 2
  }
  const graph = new Graph()
  const n = vectors.length / width
  const batch = Math.min(n, CHUNK)
  // The nearest row has the largest x·e − ½‖e‖².
  const [words, x] = [graph.input('words', 'float32', [vocabulary, width]), graph.input('x', 'float32', [batch, width])]
  const near = sub(gemm(x, words, undefined, { transB: true }), graph.constant(halves, 'float32', [1, vocabulary]))
  graph.output('id', argmax(near, { axis: 1 }))
  const session = await Session.create(graph)
  const found: Nearest[] = []
  for (let from = 0; from < n; from += batch) {
    const x = new Float32Array(batch * width)
    x.set(vectors.subarray(from * width, (from + batch) * width))
    const { id: ids } = await session.run({ x: tensor(x, 'float32', [batch, width]), words: tensor(table, 'float32', [vocabulary, width]) })
    Array.from(ids!.data as BigInt64Array, Number)
      .slice(0, n - from)
      .forEach((id, k) => {
        let squares = 0
        for (let i = 0; i < width; i++) squares += (x[k * width + i]! - table[id * width + i]!) ** 2
        found.push({ word: model.tokenizer.decode([id]) || `#${id}`, distance: Math.sqrt(squares) })
      })
  }
  await session.release()
  return found
}
