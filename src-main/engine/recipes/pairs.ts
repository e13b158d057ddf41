/** Images and what is said of them, as pairs for contrastive training. */
import type { Item } from '#shared/model/job.ts'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Rng } from '../data/rng.ts'
import { outlining } from '../runtime/outline.ts'
import { type Tensor, tensor } from '../runtime/session.ts'
import { textsOf } from '../tasks/embed.ts'
import type { Run } from './run.ts'

/** An image that something is said of. */
export interface Told {
  /** Its number in its split. */
  readonly row: number
  readonly captions: readonly string[]
  /** The number of its class; −1 without one. */
  readonly label: number
}

/** An image with the text that it is paired with in a step. */
export interface Pair {
  readonly of: Told
  readonly text: string
  /** Which of its captions that is; −1 if it was made of its class. */
  readonly caption: number
}

/** Two captions that differ in case or space alone say the same. */
export const sameWords = (text: string): string => text.trim().toLowerCase().replace(/\s+/g, ' ')

const labelOf = ({ captions, label, labelled }: Item): number => (captions && !labelled ? -1 : label)

/** The images of a split that have captions or, with `labels`, a class. */
export const toldOf = (run: Run, split: string, { labels = false } = {}): Told[] =>
  run.split(split).items.flatMap((item, row) => {
    const told = { row, captions: item.captions ?? [], label: labels ? labelOf(item) : -1 }
    return told.captions.length || told.label >= 0 ? [told] : []
  })

/**
 * One text of each image, drawn at random: a caption, or one of the texts of its class; where there are both, either kind as often.
 * @param classTexts of each class
 */
export function drawn(of: Told, rng: Rng, classTexts: readonly (readonly string[])[]): Pair {
  const { captions, label } = of
  if (captions.length && (label < 0 || rng.chance(0.5))) {
    const caption = rng.int(captions.length)
    return { of, text: captions[caption]!, caption }
  }
  const texts = classTexts[label]!
  return { of, text: texts[rng.int(texts.length)]!, caption: -1 }
}

export const classTextsOf = ({ o }: Run): string[][] => o.classes.map((c) => textsOf(c, o.templates))

/** Inputs `ids` [b, T] and `at` [b] of a text tower that reads T tokens. */
export function textFeeds(
  { model }: Run,
  { at: readAt }: { at(ids: Int32Array): number },
  texts: readonly string[],
  length: number,
): Record<string, Tensor> {
  const ids = new Int32Array(texts.length * length)
  const at = new Int32Array(texts.length)
  texts.forEach((text, slot) => {
    const own = model.tokenizer.encode(text, length)
    ids.set(own, slot * length)
    at[slot] = readAt(own)
  })
  return { ids: tensor(ids, 'int32', [texts.length, length]), at: tensor(at, 'int32', [texts.length]) }
}

/** Inputs of a loss over n pairs: `same` [n, n], whether the text of pair j is true of image i too, without being its own. */
export function sameFeed(pairs: readonly Pair[]): Record<'same', Tensor> {
  return { same: tensor(truths(pairs), 'bool', [pairs.length, pairs.length]) }
}

function truths(pairs: readonly Pair[]): Uint8Array {
  const n = pairs.length
  const said = pairs.map(({ of }) => new Set(of.captions.map(sameWords)))
  const words = pairs.map(({ text }) => sameWords(text))
  const same = new Uint8Array(n * n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      const { of, caption } = pairs[j]!
      const isTrue = caption < 0 ? pairs[i]!.of.label === of.label : said[i]!.has(words[j]!)
      same[i * n + j] = Number(i !== j && (isTrue || pairs[i]!.of === of))
    }
  return same
}

/**
 * Inputs of a loss with several positives: `targets` [n, n], in equal shares all pairs of the same class or caption, and `same` as above
 * without those.
 */
export function targetFeeds(pairs: readonly Pair[]): Record<'same' | 'targets', Tensor> {
  const n = pairs.length
  const keys = pairs.map(({ of, text, caption }) => (caption < 0 ? of.label : sameWords(text)))
  const found = new Map<number | string, number>()
  for (const key of keys) found.set(key, (found.get(key) ?? 0) + 1)
  const same = truths(pairs)
  const targets = new Float32Array(n * n)
  for (let i = 0; i < n; i++)
    for (let j = 0; j < n; j++) {
      if (keys[i] !== keys[j]) continue
      targets[i * n + j] = 1 / found.get(keys[i]!)!
      same[i * n + j] = 0
    }
  return { same: tensor(same, 'bool', [n, n]), targets: tensor(targets, 'float32', [n, n]) }
}

/** Input `share` [n], from what each pair weighs. */
export function shareFeed(weights: readonly number[]): Tensor {
  const sum = weights.reduce((a, b) => a + b, 0)
  return tensor(
    Float32Array.from(weights, (w) => w / sum),
    'float32',
    [weights.length],
  )
}

/**
 * @throws a user error if there is nothing to tell apart: fewer than two images, the same caption for all of them, or batches of one
 */
export function checkPairs(told: readonly Told[], { batchSize, effectiveBatch }: { batchSize: number; effectiveBatch: number }): void {
  if (outlining()) return
  if (told.length < 2) throw userError(sentence('training.one-captioned'))
  const first = told[0]!
  const words = new Set(first.captions.map(sameWords))
  if (told.every(({ captions, label }) => label === first.label && captions.every((text) => words.has(sameWords(text)))))
    throw userError(sentence('training.same-captions', { text: first.captions[0] ?? '' }))
  if (Math.max(batchSize, effectiveBatch) < 2) throw userError(sentence('training.batch-of-one'))
}
