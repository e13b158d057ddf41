/** For each caption, the most similar one of another image (Li et al. 2022, DeCLIP, §3.2, nearest-neighbour supervision). */
import { outlining } from '../runtime/outline.ts'
import { textFeatures } from '../tasks/embed.ts'
import { nearestOf } from './nearest.ts'
import { type Pair, sameWords, type Told } from './pairs.ts'
import type { Run } from './run.ts'

/** An image may have more captions than these that are alike; its own then take the neighbour's place. */
const LOOKED_AT = 8

/**
 * By the base's embeddings of all captions.
 * @returns a pair with the neighbour of its caption as its text; the pair itself where there is none, or where its text was made of a label
 */
export async function nearestCaptions(run: Run, told: readonly Told[]): Promise<(pair: Pair) => Pair> {
  if (outlining()) return (pair) => pair
  const texts = [...new Map(told.flatMap(({ captions }) => captions.map((text) => [sameWords(text), text] as const)))]
  if (texts.length < 2) return (pair) => pair
  const features = await textFeatures(
    run.model,
    texts.map(([, text]) => text),
    { provider: run.o.provider, isCancelled: () => run.check() },
  )
  const { k, rows } = await nearestOf(features, run.model.dim, texts.length, LOOKED_AT, () => run.check())
  const rowOf = new Map(texts.map(([words], row) => [words, row]))
  return (pair) => {
    const row = pair.caption < 0 ? undefined : rowOf.get(sameWords(pair.text))
    if (row === undefined) return pair
    const own = new Set(pair.of.captions.map(sameWords))
    const found = [...rows.subarray(row * k, (row + 1) * k)].map((at) => texts[at]!).find(([words]) => !own.has(words))
    return found ? { ...pair, text: found[1] } : pair
  }
}
