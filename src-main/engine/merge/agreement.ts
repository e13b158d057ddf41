/**
 * Checks whether the ingredients of a soup prepare images and texts in the same way. Weights trained on different
 * tokens or differently scaled images can be averaged but rarely should be: the difference is reported and the user
 * decides.
 */
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { partnerRoles, type CheckpointRecord } from '#shared/model/checkpoint.ts'
import { say, type Sentence, sentence } from '#shared/sentences/table.ts'
import { parseMerges } from '../data/clip-bpe.ts'
import type { PreprocessConfig } from '../data/preprocess.ts'
import type { Tokenizer } from '../data/tokenizer.ts'
import { preprocessIn, tokenizerIn } from '../models/families.ts'
import { findRecord, RECORD_FILE } from '../weights/checkpoint.ts'
import { readJson } from '../weights/json.ts'
import { configDifference } from './config.ts'

/** A file of one ingredient and the field in which it differs from another ingredient. */
interface Difference {
  readonly file: string
  readonly problem: Sentence
}

/** The first difference of each kind: tokenizers, preprocessing, `dashi.json` records. */
export async function disagreements(dirs: readonly string[]): Promise<Difference[]> {
  return [...(await tokenizers(dirs)), ...(await preprocessing(dirs)), ...(await records(dirs))]
}

/**
 * @throws a data fault with the first of {@link disagreements}, unless `insist`; then returns their messages, to be
 * recorded
 */
export async function agree(dirs: readonly string[], insist: boolean): Promise<string[]> {
  const found = await disagreements(dirs)
  if (insist || !found.length) return found.map(({ file, problem }) => `${file}: ${say(problem)}`)
  const { file, problem } = found[0]!
  const all = found.length > 1 ? sentence('merge.and-more', { problem, n: found.length - 1 }) : problem
  throw dataError(file, sentence('merge.disagree', { problem: all }))
}

/**
 * Compares each ingredient with the first one that has the file. A missing file is no difference, except in the first
 * ingredient, whose files the soup copies.
 */
async function compare<T>(
  dirs: readonly string[],
  name: string,
  read: (dir: string) => T | undefined | Promise<T | undefined>,
  differ: (a: T, b: T) => Difference | undefined | Promise<Difference | undefined>,
): Promise<Difference[]> {
  const all = await Promise.all(dirs.map(read))
  const k = all.findIndex((x) => x !== undefined)
  const found: Difference[] = []
  if (k > 0 && name !== RECORD_FILE)
    found.push({ file: path.join(dirs[0]!, name), problem: sentence('merge.soup-file-missing', { folder: dirs[k]! }) })
  for (const other of all.slice(k + 1)) {
    const difference = other === undefined ? undefined : await differ(all[k]!, other)
    if (difference) found.push({ ...difference, problem: sentence('merge.as-in', { problem: difference.problem, folder: dirs[k]! }) })
  }
  return found
}

const PREPROCESSORS = ['preprocessor_config.json', 'processor_config.json']

interface Said {
  readonly file: string
  readonly config: object
}

/** The first field in which two configurations differ, attributed to the second one's file. */
function saidDifference(a: Said, b: Said): Difference | undefined {
  const problem = configDifference(a.config, b.config)
  return problem === undefined ? undefined : { file: b.file, problem }
}

const preprocessing = (dirs: readonly string[]) =>
  compare(
    dirs,
    PREPROCESSORS[0]!,
    (dir): Said | undefined => {
      const name = PREPROCESSORS.find((n) => fs.existsSync(path.join(dir, n)))
      return name === undefined ? undefined : { file: path.join(dir, name), config: relevant(preprocessIn(dir)) }
    },
    saidDifference,
  )

/** Drops the settings of disabled steps. */
function relevant(c: PreprocessConfig): object {
  return {
    do_resize: c.do_resize,
    ...(c.do_resize && { size: c.size, resample: c.resample }),
    do_center_crop: c.do_center_crop,
    ...(c.do_center_crop && { crop_size: c.crop_size }),
    do_rescale: c.do_rescale,
    ...(c.do_rescale && { rescale_factor: c.rescale_factor }),
    do_normalize: c.do_normalize,
    ...(c.do_normalize && { image_mean: c.image_mean, image_std: c.image_std }),
    do_convert_rgb: c.do_convert_rgb,
  }
}

/** Differences that only `dashi.json` shows: prompt templates, partners, and the reduction of samples of more than 8 bits. */
const records = (dirs: readonly string[]) =>
  compare(
    dirs,
    RECORD_FILE,
    (dir): Said | undefined => {
      const record = findRecord(dir)
      return record?.templates.length
        ? {
            file: path.join(dir, RECORD_FILE),
            config: { templates: record.templates, deep: record.seeing?.deep ?? 'clip', ...partnersIn(record) },
          }
        : undefined
    },
    saidDifference,
  )

/** Which models it works with, wherever they are. */
const partnersIn = ({ partners }: CheckpointRecord): object =>
  partners
    ? { partners: Object.fromEntries(partnerRoles.map((role) => [role, partners[role]?.fingerprint ?? partners[role]?.path ?? null])) }
    : {}

interface TokenizerFiles {
  readonly dir: string
  readonly file: string
  /** Contents of the tokenizer's files: if equal, no further comparison is needed. */
  readonly bytes: string
  read(): { vocab: ReadonlyMap<string, number>; merges: readonly string[]; steps: Readonly<Record<string, unknown>> }
}

const TOKENIZERS = ['tokenizer.json', 'vocab.json']
const pair = z.union([z.string(), z.tuple([z.string(), z.string()]).transform(([a, b]) => `${a} ${b}`)])
const tokens = z.record(z.string(), z.number())
const tokenizerSchema = z.looseObject({
  model: z.looseObject({ vocab: tokens, merges: z.array(pair) }),
  added_tokens: z.array(z.looseObject({ id: z.number(), content: z.string() })).nullish(),
})

function tokenizerFiles(dir: string): TokenizerFiles | undefined {
  const name = TOKENIZERS.find((n) => fs.existsSync(path.join(dir, n)))
  if (!name) return undefined
  const file = path.join(dir, name)
  const bytesOf = (n: string) => (fs.existsSync(path.join(dir, n)) ? fs.readFileSync(path.join(dir, n), 'latin1') : '')
  return {
    dir,
    file,
    bytes: JSON.stringify(
      [...(name === 'tokenizer.json' ? [name] : [name, 'merges.txt']), 'tokenizer_config.json', 'special_tokens_map.json'].map(bytesOf),
    ),
    read() {
      if (name === 'vocab.json') {
        const vocab = readJson(file, tokens)
        const merges = parseMerges(fs.readFileSync(path.join(dir, 'merges.txt'), 'utf8'), vocab, path.join(dir, 'merges.txt'))
        return { vocab: new Map(Object.entries(vocab)), merges, steps: {} }
      }
      const { model, added_tokens: added, ...steps } = readJson(file, tokenizerSchema)
      return {
        vocab: new Map([...Object.entries(model.vocab), ...(added ?? []).map((t): [string, number] => [t.content, t.id])]),
        merges: model.merges,
        steps,
      }
    },
  }
}

const tokenizers = (dirs: readonly string[]) => compare(dirs, TOKENIZERS[0]!, tokenizerFiles, tokenizerDifference)

/**
 * Texts on which tokenizers with the same vocabulary may differ: both cases, composed and decomposed accents, many
 * scripts, digits, symbols, contractions, all kinds of spaces, and a text longer than any context.
 */
const PROBES = [
  '',
  'a photo of a cat.',
  'A Photo Of A CAT',
  "it's, they'd've 've DON'T",
  'x1234567890 3.14',
  'naïve café',
  'cafe\u0301 \u212b \ufb01ne',
  'ΣΟΦΟΣ İstanbul',
  '猫の写真 かな カナ 한국어',
  '🐈‍⬛👍🏽',
  'a\tb\n c\u00a0d\u3000e \u200b',
  '   ',
  '<|startoftext|> x <|endoftext|> y',
  '!?…“”—_/@#%',
  '\u0000\u0007a',
  'supercalifragilistic ' + 'word '.repeat(120),
]
const LONG = 64

/** Tokenizers agree if they give the same ids, whatever the release and format of their files. */
async function tokenizerDifference(a: TokenizerFiles, b: TokenizerFiles): Promise<Difference | undefined> {
  if (a.bytes === b.bytes) return undefined
  const [ours, theirs] = [a.read(), b.read()]
  const found = (problem: Sentence, file = b.file) => ({ file, problem })
  const differing = (field: string, [expected, other]: readonly (string | number | undefined)[], none: 'merge.nothing' | 'model.no-more') =>
    sentence('merge.difference', { field, expected: expected ?? sentence(none), found: other ?? sentence(none) })
  for (const token of new Set([...ours.vocab.keys(), ...theirs.vocab.keys()])) {
    const [id, other] = [ours.vocab.get(token), theirs.vocab.get(token)]
    if (id !== other) return found(differing(`vocab[${JSON.stringify(token)}]`, [id, other], 'merge.nothing'))
  }
  for (let i = 0; i < Math.max(ours.merges.length, theirs.merges.length); i++)
    if (ours.merges[i] !== theirs.merges[i])
      return found(
        differing(
          `merges[${i}]`,
          [ours, theirs].map((t) => JSON.stringify(t.merges[i])),
          'model.no-more',
        ),
      )
  const [first, second] = await Promise.all([tokenizerIn(a.dir), tokenizerIn(b.dir)])
  const upToEnd = (t: Tokenizer, text: string) => {
    const ids = [...t.encode(text, LONG)]
    return ids.slice(0, ids.indexOf(t.endId) + 1) // padding after it has no effect
  }
  for (const text of PROBES) {
    const [expected, ids] = [upToEnd(first, text), upToEnd(second, text)]
    if (expected.join() === ids.join()) continue
    const step =
      ['normalizer', 'pre_tokenizer', 'post_processor'].find((s) => configDifference(ours.steps[s] ?? null, theirs.steps[s] ?? null)) ??
      'tokens'
    return found(
      sentence('merge.becomes', {
        step,
        text: JSON.stringify(text.slice(0, 24)),
        expected: `[${expected.slice(0, 8).join(', ')}]`,
        found: `[${ids.slice(0, 8).join(', ')}]`,
      }),
    )
  }
  if (first.maxLength !== second.maxLength && first.maxLength && second.maxLength)
    return found(
      differing('model_max_length', [first.maxLength, second.maxLength], 'merge.nothing'),
      path.join(b.dir, 'tokenizer_config.json'),
    )
  return undefined
}
