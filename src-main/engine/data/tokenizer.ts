import { join } from 'node:path'
import { Tokenizer as HubTokenizer } from '@huggingface/tokenizers'
import { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { VOCABULARY_BYTES } from '../weights/regular.ts'
import { parseMerges, endToken, startToken, tokenizerJson } from './clip-bpe.ts'
import { findJson, findText, parseJson } from './json.ts'
import { checkSteps } from './tokenizer-steps.ts'

/**
 * The tokenizer files of a checkpoint folder. `transformers` ≥ 4 loads `CLIPTokenizerFast` from `tokenizer.json`
 * alone; `tokenizer_config.json` names the class and the padding token and is needed by `AutoTokenizer` and
 * `CLIPProcessor`; the others occur in older folders, which may have only `vocab.json` and `merges.txt`. Copy those
 * that exist.
 */
export const TOKENIZER_FILES = ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'vocab.json', 'merges.txt']

/** Far above any vocabulary, so that an absurd id cannot trigger a huge allocation. */
const tokenId = z.int().min(0).max(4_000_000)
const vocabSchema = z.record(z.string(), tokenId)
const merge = z.union([z.string(), z.tuple([z.string(), z.string()])], { error: 'expected two tokens' })

/**
 * How a family tokenises texts: CLIP's BPE or BERT's WordPiece, or either of them, between start and end tokens, or sentencepiece
 * followed by an end token.
 */
export type TokenizerKind = 'clip' | 'sentencepiece' | 'wordpiece' | 'either'

const bpe = z.looseObject({ type: z.literal('BPE'), vocab: vocabSchema, merges: z.array(merge) })
const wordpiece = z.looseObject({ type: z.literal('WordPiece'), vocab: vocabSchema, unk_token: z.string() })

const models = {
  clip: bpe,
  // SigLIP has a Unigram model, SigLIP 2 Gemma's BPE.
  sentencepiece: z.union(
    [
      z.looseObject({ type: z.literal('Unigram'), vocab: z.array(z.tuple([z.string(), z.number()])).max(4_000_000) }),
      z.looseObject({ type: z.literal('BPE'), vocab: vocabSchema, merges: z.array(merge), byte_fallback: z.literal(true) }),
    ],
    { error: 'expected Unigram, or BPE with byte_fallback' },
  ),
  wordpiece,
  either: z.union([bpe, wordpiece], { error: 'expected BPE or WordPiece' }),
}
const tokenizerSchema = z.looseObject({
  model: z.looseObject({}),
  added_tokens: z.array(z.looseObject({ id: tokenId, content: z.string().max(1000) })),
  normalizer: z.unknown(),
  pre_tokenizer: z.unknown(),
  post_processor: z.unknown(),
  decoder: z.unknown(),
})
const token = z.union([z.string(), z.looseObject({ content: z.string() }).transform((t) => t.content)]).nullish()
const configSchema = z.looseObject({ pad_token: token, model_max_length: z.number().min(2).nullish(), padding_side: z.string().nullish() })

/** Limit in UTF-16 units; the rest of a text is ignored. No model's context reaches this far. */
const MAX_TEXT = 100_000

/**
 * Builds a `tokenizer.json` for a folder with only `vocab.json` and `merges.txt`, the files of CLIP's slow tokenizer.
 */
function olderTokenizer(folder: string): object {
  const vocabFile = join(folder, 'vocab.json')
  const mergesFile = join(folder, 'merges.txt')
  const json = findJson(vocabFile, VOCABULARY_BYTES)
  if (json === undefined) throw noTokenizer(folder)
  const vocab = parseJson(vocabSchema, json, vocabFile)
  for (const special of [startToken, endToken])
    if (!Object.hasOwn(vocab, special)) throw dataError(vocabFile, sentence('tokenizer.special', { token: special }))
  const merges = findText(mergesFile, VOCABULARY_BYTES)
  if (merges === undefined) throw dataError(mergesFile, sentence('tokenizer.no-merges'))
  return tokenizerJson(vocab, parseMerges(merges, vocab, mergesFile))
}

export const noTokenizer = (folder: string) => dataError(join(folder, 'tokenizer.json'), sentence('model.no-such-file'))

/**
 * Prevents the library from recognising a special token that only appears after lowercasing (<|ENDOFTEXT|>);
 * `tokenizers` matches special tokens in the original text. A space is inserted, which CLIP's splitting ignores.
 */
function normalisedIsNoToken(hub: HubTokenizer, tokens: readonly string[]): void {
  const { normalizer } = hub
  if (!normalizer) return
  const apart = (text: string) => (tokens.includes(text) ? `${text} ` : text)
  hub.normalizer = Object.assign((text: string) => apart(normalizer(text)), normalizer)
}

/** The reference lowercases letter by letter, whereas JavaScript turns a word-final Σ into ς. */
const sigma = (text: string) => text.replaceAll('Σ', 'σ')

/**
 * SigLIP's normalisation: lower case, without ASCII punctuation, single spaces (transformers'
 * SiglipTokenizer.canonicalize_text).
 */
const canonical = (text: string) =>
  text
    .toLowerCase()
    .replace(/[!-/:-@[-`{-~]/g, '')
    .replace(/\s+/g, ' ')
    .trim()

/**
 * SigLIP 2 was trained on lower case (transformers' Siglip2Tokenizer), which the hub's tokenizer.json, being Gemma's, does not
 * say. Special tokens are found before that, in the text as it is.
 */
function lowercased(hub: HubTokenizer): void {
  const { normalizer } = hub
  const lower = (text: string) => sigma(text).toLowerCase()
  hub.normalizer = Object.assign((text: string) => (normalizer ? normalizer(lower(text)) : lower(text)), normalizer)
}

/**
 * A tokenizer run by `@huggingface/tokenizers` from `tokenizer.json`, with the padding and truncation of
 * `CLIPTokenizerFast(text, padding='max_length', truncation=True)`.
 */
export class Tokenizer {
  private constructor(
    private readonly hub: HubTokenizer,
    private readonly prepare: (text: string) => string,
    /** Ids of the start token (if the family has one), the end token and the padding token. */
    readonly startId: number | undefined,
    readonly endId: number,
    readonly padId: number,
    /** The largest id plus one: the minimum number of rows of the token embedding. */
    readonly vocabSize: number,
    /** `model_max_length` of the configuration; undefined if missing or meaningless. */
    readonly maxLength: number | undefined,
  ) {}

  /**
   * Loads the tokenizer of a checkpoint folder.
   * @throws dataError naming the file and the field
   */
  static async load(folder: string, kind: TokenizerKind = 'clip'): Promise<Tokenizer> {
    const file = (name: string) => join(folder, name)
    const json =
      findJson(file('tokenizer.json'), VOCABULARY_BYTES) ?? (kind === 'clip' || kind === 'either' ? olderTokenizer(folder) : undefined)
    if (json === undefined) throw noTokenizer(folder)
    const config = findJson(file('tokenizer_config.json')) ?? {}
    const special = findJson(file('special_tokens_map.json'))
    const older = special === undefined ? {} : parseJson(configSchema, special, file('special_tokens_map.json'))
    const pad = older.pad_token ? { pad_token: older.pad_token } : {}
    return Tokenizer.from(json, { ...pad, ...(config as object) }, file('tokenizer.json'), file('tokenizer_config.json'), kind)
  }

  /**
   * Builds a tokenizer from the contents of `tokenizer.json` and `tokenizer_config.json`; file names are for errors.
   */
  static from(
    json: unknown,
    config: unknown = {},
    file = 'tokenizer.json',
    configFile = 'tokenizer_config.json',
    kind: TokenizerKind = 'clip',
  ): Tokenizer {
    const { added_tokens, normalizer, pre_tokenizer, decoder } = parseJson(tokenizerSchema, json, file)
    const { vocab, type } = parseJson(z.object({ model: models[kind] }), json, file).model
    const { pad_token, model_max_length, padding_side } = parseJson(configSchema, config, configFile)
    const isGemma = kind === 'sentencepiece' && type === 'BPE'
    if (isGemma && padding_side && padding_side !== 'right')
      throw dataError(configFile, sentence('tokenizer.padding-side', { found: JSON.stringify(padding_side).slice(0, 60) }))
    checkSteps({ normalizer, pre_tokenizer, decoder }, file)
    let hub: HubTokenizer
    let frame: number[]
    try {
      hub = new HubTokenizer(json as object, config as object)
      if (isGemma) lowercased(hub)
      normalisedIsNoToken(
        hub,
        added_tokens.map((t) => t.content),
      )
      frame = hub.encode('').ids
    } catch (e) {
      throw dataError(file, sentence('tokenizer.unusable', { reason: e instanceof Error ? e.message : String(e) }), e)
    }
    const around = kind === 'sentencepiece' ? 1 : 2
    const endId = frame.at(-1)
    if (frame.length !== around || endId === undefined) {
      const expected = around === 2 ? 'tokenizer.two-around' : 'tokenizer.one-after'
      throw dataError(file, sentence(expected, { found: frame.length }))
    }
    const startId = around === 2 ? frame[0] : undefined
    const padId = pad_token ? hub.token_to_id(pad_token) : endId
    if (padId === undefined) throw dataError(configFile, sentence('tokenizer.padding', { token: JSON.stringify(pad_token) }))
    let largest = 0
    if (Array.isArray(vocab)) largest = vocab.length - 1
    else for (const id of Object.values(vocab)) largest = Math.max(largest, id)
    for (const { id } of added_tokens) largest = Math.max(largest, id)
    const maxLength = model_max_length && model_max_length < 1e6 ? model_max_length : undefined
    const lowercases = /"Lowercase"|"lowercase":true/.test(JSON.stringify(normalizer ?? null))
    return new Tokenizer(
      hub,
      kind === 'sentencepiece' && !isGemma ? canonical : lowercases ? sigma : (text) => text,
      startId,
      endId,
      padId,
      largest + 1,
      maxLength,
    )
  }

  /**
   * Ids of one text, exactly `contextLength` of them: start, text, end, padding. A text that is too long is truncated
   * before the end token.
   */
  encode(text: string, contextLength: number): Int32Array {
    const out = new Int32Array(contextLength).fill(this.padId)
    const ids = this.ids(text)
    out.set(ids.slice(0, contextLength))
    if (ids.length > contextLength) out[contextLength - 1] = this.endId
    return out
  }

  /** Ids of one text alone, without those around it. */
  inner(text: string): number[] {
    return this.ids(text).slice(this.startId === undefined ? 0 : 1, -1)
  }

  /** Ids of several texts, row-major: [texts.length, contextLength]. */
  encodeAll(texts: readonly string[], contextLength: number): Int32Array {
    const out = new Int32Array(texts.length * contextLength)
    texts.forEach((text, i) => out.set(this.encode(text, contextLength), i * contextLength))
    return out
  }

  /** Number of ids of a text, including start and end; the text is truncated if it exceeds the context length. */
  count(text: string): number {
    return this.ids(text).length
  }

  /** The text of a sequence of ids, without start, end and padding tokens. */
  decode(ids: Iterable<number>): string {
    const own = [...ids].filter((id) => id !== this.startId && id !== this.endId && id !== this.padId)
    return own.length ? this.hub.decode(own, { clean_up_tokenization_spaces: false }).trim() : ''
  }

  private ids(text: string): number[] {
    const read = text.length > MAX_TEXT ? text.slice(0, MAX_TEXT) : text
    return this.hub.encode(this.prepare(read)).ids
  }
}
