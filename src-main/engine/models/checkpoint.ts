import { existsSync } from 'node:fs'
import { totalmem } from 'node:os'
import path from 'node:path'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { largestSize, noPreprocessConfig, type PreprocessConfig } from '../data/preprocess.ts'
import { noTokenizer } from '../data/tokenizer.ts'
import { COMPANIONS, CONFIG_FILE, findRecord, RECORD_FILE } from '../weights/checkpoint.ts'
import { restoreFolder } from '../../files/replace.ts'
import { mistakenFolder, strangeNames } from '../weights/folder.ts'
import type { Seeing } from '#shared/model/seeing.ts'
import { HEAD_FILE, readHead } from '../weights/head.ts'
import { elements } from '../weights/header.ts'
import { isThere, refuseLinksOut } from '../weights/regular.ts'
import { openWeights, type Weights } from '../weights/source.ts'
import { architectureIn, families, findPreprocessIn, tokenizerIn } from './families.ts'
import type { Architecture, ImageTower, Model } from './model.ts'
import { preparationOf, preprocessorFileIn } from './preparation.ts'

/** The largest typed array, in bytes, that every supported release of Node can hold. */
const MAX_TENSOR_BYTES = 2 ** 32 - 1

/** The default prompt template of a checkpoint without its own (Radford et al. 2021, §3.1.4). */
const TEMPLATES = ['a photo of a {}.']

/**
 * Opens and validates a checkpoint folder: configuration; name, shape and finiteness of every tensor; tokenizer;
 * preprocessing. The configuration is checked against the tensors before anything is allocated from it.
 * @param told overrides of the preprocessing; by default that of the checkpoint
 * @throws a data fault naming the file and the field
 */
export async function openModel(dir: string, told: Seeing = {}): Promise<Model> {
  restoreFolder(dir, RECORD_FILE)
  const configFile = path.join(dir, CONFIG_FILE)
  const mistaken = mistakenFolder(dir)
  const there = isThere(configFile)
  if (mistaken && !there) throw mistaken
  const described = there ? architectureIn(dir) : undefined // an unsupported family is reported before missing files
  if (mistaken) throw mistaken
  refuseLinksOut(dir, [...COMPANIONS, RECORD_FILE])
  const weights = openWeights(dir)
  try {
    const strange = strangeNames(weights.names(), (described?.family ?? families[0]!).landmarks, (described?.family ?? families[0]!).saves)
    if (strange) throw dataError(weights.listing, strange)
    if (!described) throw dataError(configFile, sentence('system.enoent'))
    const { image, dim } = described
    const words = described.text ?? described.grounding
    checkWeights(dir, described, weights)
    const tokenizer =
      words && (await orMissing(dir, ['tokenizer.json', 'vocab.json', 'merges.txt'], () => tokenizerIn(dir, described.family)))
    if (words && tokenizer && tokenizer.vocabSize > words.vocabulary)
      throw dataError(configFile, sentence('model.vocabulary', { expected: tokenizer.vocabSize, found: words.vocabulary }))
    const record = findRecord(dir)
    const found = findPreprocessIn(dir, described.family)
    if (found) checkImageSize(dir, image, found)
    const preprocess = found && preparationOf(dir, found, image, { ...record?.seeing, ...told })
    const head = existsSync(path.join(dir, HEAD_FILE)) ? readHead(dir) : described.classifier?.(weights)
    if (head && head.dim !== dim)
      throw dataError(path.join(dir, HEAD_FILE), sentence('model.head-width', { expected: dim, found: head.dim }))
    const templates = record?.templates ?? []
    return {
      ...described,
      dir,
      weights,
      head,
      templates: templates.length ? templates : ((described.detector ?? described.grounding)?.templates ?? TEMPLATES),
      captionTemplate: record?.captionTemplate ?? '{}',
      get tokenizer() {
        if (!tokenizer) throw noTokenizer(dir)
        return tokenizer
      },
      get preprocess() {
        if (!preprocess) throw noPreprocessConfig(dir)
        return preprocess
      },
      partners: record?.partners,
      close: () => weights.close(),
    }
  } catch (e) {
    weights.close()
    throw e
  }
}

/**
 * Checks that the tensors are exactly the model's, with the configured shapes, finite, and small enough for this
 * machine's memory.
 */
function checkWeights(dir: string, { tensors, family, check }: Architecture, weights: Weights): void {
  weights.expectTensors(tensors.shapes(), family.buffers)
  const own = weights.names().filter((name) => tensors.has(name))
  const bytes = own.map((name) => 4 * elements(weights.info(name).shape))
  const total = bytes.reduce((a, b) => a + b, 0)
  if (total > totalmem()) throw dataError(dir, sentence('model.too-large', { size: gigabytes(total), memory: gigabytes(totalmem()) }))
  const large = own.find((_, i) => bytes[i]! > MAX_TENSOR_BYTES)
  if (large)
    throw dataError(weights.fileOf(large), sentence('model.tensor-too-large', { tensor: large, limit: gigabytes(MAX_TENSOR_BYTES) }))
  for (const name of own) weights.checkFinite(name)
  check?.(weights)
}

/**
 * Checks that preprocessing yields a size, or sizes up to one, of at least one patch and of no more tokens than attention has
 * memory for.
 */
function checkImageSize(dir: string, image: ImageTower, preprocess: PreprocessConfig): void {
  const file = preprocessorFileIn(dir)
  const { height, width } = largestSize(preprocess, file)
  const patch = image.patch
  if (height < patch || width < patch) throw dataError(file, sentence('model.picture-too-small', { patch, height, width }))
  const problem = image.tooMany(height, width)
  if (problem) throw dataError(file, sentence('in-field', { field: 'crop_size', problem }))
}

/** The result of `load`; undefined if none of the files exists. */
async function orMissing<T>(dir: string, files: readonly string[], load: () => Promise<T>): Promise<T | undefined> {
  return files.some((name) => isThere(path.join(dir, name))) ? load() : undefined
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`
