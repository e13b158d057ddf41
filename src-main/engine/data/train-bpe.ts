import { join } from 'node:path'
import { mkdir, open, rename } from 'node:fs/promises'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { endOfWord, endToken, startToken, tokenizerJson, wordPattern } from './clip-bpe.ts'

/**
 * A byte-level BPE like CLIP's (Sennrich et al. 2016; Radford et al. 2019 for the bytes; CLIP adds lowercasing and
 * the suffix `</w>` at the end of a word). Ids: 256 byte characters, the same with `</w>`, one per merge, then the
 * start and end tokens.
 */
export interface Bpe {
  /** In order of priority. */
  merges: (readonly [string, string])[]
  /** Token → id. */
  vocab: Map<string, number>
}

/** Printable stand-ins for the 256 bytes, in CLIP's order (GPT-2 encoder.py bytes_to_unicode). */
function byteAlphabet(): { ofByte: string[]; ordered: string[] } {
  const printable = [
    [33, 126],
    [161, 172],
    [174, 255],
  ] as const
  const bytes = printable.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i))
  const ofByte: string[] = []
  for (const b of bytes) ofByte[b] = String.fromCharCode(b)
  const ordered = bytes.map((b) => ofByte[b]!)
  for (let b = 0, n = 0; b < 256; b++) {
    if (ofByte[b] !== undefined) continue
    ofByte[b] = String.fromCharCode(256 + n++)
    ordered.push(ofByte[b]!)
  }
  return { ofByte, ordered }
}

/** Word frequencies, with words spelt in byte characters and the last one marked by `</w>`. */
function wordCounts(texts: Iterable<string>, ofByte: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>()
  const pattern = new RegExp(wordPattern, 'gu')
  for (const text of texts)
    for (const [word] of text.normalize('NFC').replace(/\s+/g, ' ').toLowerCase().matchAll(pattern))
      counts.set(word, (counts.get(word) ?? 0) + 1)
  const spell = (word: string) => [...new TextEncoder().encode(word)].map((b) => ofByte[b]!).join('')
  return new Map([...counts].map(([word, n]) => [spell(word), n]))
}

/**
 * Learns merges until the vocabulary has `size` tokens or no pair occurs twice. Ties go to the first pair in code
 * unit order, so that the result does not depend on the order of the texts.
 */
export function trainBpe(texts: Iterable<string>, size: number): Bpe {
  const { ofByte, ordered } = byteAlphabet()
  const words = [...wordCounts(texts, ofByte)].map(([word, count]) => {
    const symbols = [...word]
    symbols.push(symbols.pop()! + endOfWord)
    return { symbols, count }
  })
  const tokens = [...ordered, ...ordered.map((c) => c + endOfWord)]
  const known = new Set(tokens)
  const merges: Bpe['merges'] = []
  const pairCounts = new Map<string, number>()
  const pairWords = new Map<string, Set<number>>()
  const account = (w: number, sign: 1 | -1) => {
    const { symbols, count } = words[w]!
    for (let i = 0; i + 1 < symbols.length; i++) {
      const pair = `${symbols[i]!} ${symbols[i + 1]!}`
      pairCounts.set(pair, (pairCounts.get(pair) ?? 0) + sign * count)
      if (sign > 0) (pairWords.get(pair) ?? pairWords.set(pair, new Set()).get(pair)!).add(w)
    }
  }
  words.forEach((_, w) => account(w, 1))

  while (tokens.length < size - 2) {
    let best = ''
    let most = 1
    for (const [pair, n] of pairCounts) if (n > most || (n === most && n > 1 && pair < best)) [best, most] = [pair, n]
    if (!best) break
    const [left, right] = best.split(' ') as [string, string]
    merges.push([left, right])
    // Two merges may produce the same token; it gets one id.
    if (!known.has(left + right)) tokens.push(left + right)
    known.add(left + right)
    for (const w of [...pairWords.get(best)!]) {
      account(w, -1)
      words[w]!.symbols = joined(words[w]!.symbols, left, right)
      account(w, 1)
    }
    pairCounts.delete(best)
    pairWords.delete(best)
  }
  return { merges, vocab: new Map([...tokens, startToken, endToken].map((token, id) => [token, id])) }
}

function joined(symbols: readonly string[], left: string, right: string): string[] {
  const out: string[] = []
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      out.push(left + right)
      i++
    } else out.push(symbols[i]!)
  }
  return out
}

/**
 * The files that `CLIPTokenizerFast` and `@huggingface/tokenizers` load, by name. `maxLength` includes both special
 * tokens.
 */
export function tokenizerFiles(bpe: Bpe, maxLength: number): Record<string, string> {
  const special = { bos_token: startToken, eos_token: endToken, unk_token: endToken, pad_token: endToken }
  const config = { ...special, add_prefix_space: false, do_lower_case: true, model_max_length: maxLength, tokenizer_class: 'CLIPTokenizer' }
  const json = (value: unknown) => `${JSON.stringify(value, null, 1)}\n`
  const vocab = Object.fromEntries(bpe.vocab)
  const merges = bpe.merges.map((pair) => pair.join(' '))
  return {
    'tokenizer.json': json(tokenizerJson(vocab, merges)),
    'tokenizer_config.json': json(config),
    'special_tokens_map.json': json(special),
    'vocab.json': `${JSON.stringify(vocab)}\n`,
    'merges.txt': `#version: 0.2\n${merges.map((pair) => `${pair}\n`).join('')}`,
  }
}

/** Writes {@link tokenizerFiles} into a folder. */
export async function writeTokenizer(dir: string, bpe: Bpe, maxLength: number): Promise<void> {
  await mkdir(dir, { recursive: true })
  for (const [name, text] of Object.entries(tokenizerFiles(bpe, maxLength))) {
    const file = await open(join(dir, `${name}.part`), 'w')
    await file.writeFile(text)
    await file.sync()
    await file.close()
    await rename(join(dir, `${name}.part`), join(dir, name))
  }
}

/** Tokens of CLIP's vocabulary: those of bytes, one a merge, and the two special ones. */
const CLIP_VOCABULARY = 49_408

/**
 * CLIP's vocabulary from the text of `bpe_simple_vocab_16e6.txt`, which comes with OpenAI's `clip` and with open_clip: a line
 * of its version, then a merge a line, of which the first are used (openai/CLIP simple_tokenizer.py).
 * @throws dataError naming the file if it has too few
 */
export function clipVocabulary(text: string, file: string): Bpe {
  const { ordered } = byteAlphabet()
  const most = CLIP_VOCABULARY - 2 * ordered.length - 2
  const merges = text
    .split('\n')
    .slice(1, most + 1)
    .map((line) => line.split(' '))
  const flaw = merges.findIndex((pair) => pair.length !== 2 || pair.includes(''))
  if (flaw >= 0 || merges.length < most)
    throw dataError(file, sentence('tokenizer.clip-merges', { expected: most, found: flaw < 0 ? merges.length : flaw }))
  const tokens = [...ordered, ...ordered.map((c) => c + endOfWord), ...merges.map((pair) => pair.join('')), startToken, endToken]
  return { merges: merges.map(([left, right]) => [left!, right!] as const), vocab: new Map(tokens.map((token, id) => [token, id])) }
}
