/** How much of a caption a model reads. */
import path from 'node:path'
import { Tokenizer } from '../../engine/data/tokenizer.ts'
import { clipConfigSchema } from '../../engine/models/clip-config.ts'
import { readJson } from '../../engine/weights/json.ts'

interface Reader {
  readonly tokenizer: Tokenizer
  /** Context length, start and end among it. */
  readonly limit: number
}

/** A few of the models asked for last; a tokenizer's tables take some megabytes. */
const readers = new Map<string, Promise<Reader>>()
const kept = 4

function readerOf(model: string): Promise<Reader> {
  const known = readers.get(model)
  if (known) return known
  const reader = load(model)
  readers.set(model, reader)
  reader.catch(() => readers.delete(model))
  if (readers.size > kept) readers.delete(readers.keys().next().value!)
  return reader
}

async function load(model: string): Promise<Reader> {
  const { text_config } = readJson(path.join(model, 'config.json'), clipConfigSchema)
  return { tokenizer: await Tokenizer.load(model), limit: text_config.max_position_embeddings }
}

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' })

/** @throws a data fault where the folder is no CLIP */
export async function countTokens(model: string, texts: readonly string[]): Promise<{ limit: number; counts: { tokens: number; fits: number }[] }> {
  const reader = await readerOf(model)
  return { limit: reader.limit, counts: texts.map((text) => ({ tokens: reader.tokenizer.count(text), fits: fits(reader, text) })) }
}

/** Length of the longest beginning of whole words within the limit: halving, for a longer beginning never takes fewer tokens. */
function fits({ tokenizer, limit }: Reader, text: string): number {
  if (tokenizer.count(text) <= limit) return text.length
  const ends = [...segmenter.segment(text)].map((s) => s.index + s.segment.length)
  let [low, high] = [0, ends.length - 1] // `low` words fit, `high` + 1 do not
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (tokenizer.count(text.slice(0, ends[middle - 1])) <= limit) low = middle
    else high = middle - 1
  }
  return low === 0 ? 0 : text.slice(0, ends[low - 1]).trimEnd().length
}
