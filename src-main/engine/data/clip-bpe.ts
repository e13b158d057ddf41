import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'

/** CLIP's start and end tokens, and its end-of-word suffix. */
export const startToken = '<|startoftext|>'
export const endToken = '<|endoftext|>'
export const endOfWord = '</w>'
/** CLIP's pre-tokenisation pattern (openai/CLIP simple_tokenizer.py): digits are split one by one. */
export const wordPattern = String.raw`'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`

/**
 * A Hugging Face `tokenizer.json`, equal to `transformers`' conversion of CLIP's `vocab.json` and `merges.txt`
 * (CLIPConverter).
 */
export function tokenizerJson(vocab: Readonly<Record<string, number>>, merges: readonly string[]): object {
  const special = (content: string) => ({
    ...{ id: vocab[content]!, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true },
  })
  return {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [special(startToken), special(endToken)],
    normalizer: {
      type: 'Sequence',
      normalizers: [{ type: 'NFC' }, { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' }, { type: 'Lowercase' }],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        { type: 'Split', pattern: { Regex: wordPattern }, behavior: 'Removed', invert: true },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: [endToken, vocab[endToken]],
      cls: [startToken, vocab[startToken]],
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true, use_regex: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: endToken,
      continuing_subword_prefix: '',
      end_of_word_suffix: endOfWord,
      fuse_unk: false,
      byte_fallback: false,
      ignore_merges: false,
      vocab,
      merges,
    },
  }
}

/**
 * Parses `merges.txt`, which may begin with a version line.
 * @throws dataError naming the file and the line
 */
export function parseMerges(text: string, vocab: Readonly<Record<string, number>>, file: string): string[] {
  return text.split(/\r?\n/).flatMap((line, i) => {
    if (line === '' || (i === 0 && line.startsWith('#version'))) return []
    const [left, right, ...more] = line.split(' ')
    if (!left || !right || more.length)
      throw dataError(file, sentence('tokenizer.merge-line', { line: i + 1, found: JSON.stringify(line.slice(0, 60)) }))
    if (!Object.hasOwn(vocab, left + right))
      throw dataError(file, sentence('tokenizer.not-in-vocabulary', { line: i + 1, token: JSON.stringify((left + right).slice(0, 60)) }))
    return [line]
  })
}
