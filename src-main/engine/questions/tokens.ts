/** How much of a caption fits into a model's context. */
import type { TokenCounts } from '#shared/model/question.ts'
import type { Tokenizer } from '../data/tokenizer.ts'
import { architectureIn, textTower, tokenizerIn } from '../models/families.ts'

export interface Reader {
  readonly tokenizer: Tokenizer
  /** Context length, including start and end tokens. */
  readonly limit: number
}

/** @throws a data fault if the folder's model has no text tower */
export async function openReader(model: string): Promise<Reader> {
  const { context } = textTower(architectureIn(model), 'counting tokens')
  return { tokenizer: await tokenizerIn(model), limit: context }
}

export const countTokens = (reader: Reader, texts: readonly string[]): TokenCounts => ({
  limit: reader.limit,
  counts: texts.map((text) => {
    const tokens = reader.tokenizer.count(text)
    return { tokens, fits: tokens <= reader.limit ? text.length : fits(reader, text) }
  }),
})

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' })

/** Length of the longest prefix of whole words within the limit, by bisection: token counts grow with the prefix. */
function fits({ tokenizer, limit }: Reader, text: string): number {
  // For a very long text, start with a prefix that is certainly too long.
  let looked = 16 * limit
  while (looked < text.length && tokenizer.count(text.slice(0, looked)) <= limit) looked *= 2
  const ends = [...segmenter.segment(text.slice(0, looked))].map((s) => s.index + s.segment.length)
  let [low, high] = [0, ends.length - 1] // `low` words fit, `high` + 1 do not
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (tokenizer.count(text.slice(0, ends[middle - 1])) <= limit) low = middle
    else high = middle - 1
  }
  return low === 0 ? 0 : text.slice(0, ends[low - 1]).trimEnd().length
}
