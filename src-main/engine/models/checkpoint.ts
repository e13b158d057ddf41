import { existsSync } from 'node:fs'
import { totalmem } from 'node:os'
import path from 'node:path'
import { dataError } from '#shared/errors.ts'
import { findPreprocessConfig, noPreprocessConfig, outputSize, type PreprocessConfig } from '../data/preprocess.ts'
import { noTokenizer, Tokenizer } from '../data/tokenizer.ts'
import { COMPANIONS, CONFIG_FILE, findRecord, RECORD_FILE } from '../weights/checkpoint.ts'
import { restoreFolder } from '../../files/replace.ts'
import { mistakenFolder, strangeNames } from '../weights/folder.ts'
import type { Seeing } from '#shared/model/seeing.ts'
import { type Head, HEAD_FILE, readHead } from '../weights/head.ts'
import { elements } from '../weights/header.ts'
import { readJson } from '../weights/json.ts'
import { isThere, refuseLinksOut } from '../weights/regular.ts'
import { openWeights, type Weights } from '../weights/source.ts'
import { clipTensors } from './clip.ts'
import { type ClipConfig, clipConfigSchema, imageTokenCount, tooMany } from './clip-config.ts'
import { type Preparation, preparationOf } from './preparation.ts'

const LOGIT_SCALE = 'logit_scale'
/** The largest array that every release of Node can hold. */
const MAX_TENSOR_BYTES = 2 ** 32 - 1

/** What stands around a class name unless the checkpoint says otherwise (Radford et al. 2021, §3.1.4). */
const CLIP_TEMPLATES = ['a photo of a {}.']

/** An opened CLIP folder: everything that decides what the model answers. */
export interface Clip {
  readonly dir: string
  readonly config: ClipConfig
  readonly weights: Weights
  /** @throws a data fault where the folder has none: images can be embedded without */
  readonly tokenizer: Tokenizer
  /** @throws a data fault where the folder does not say: texts can be embedded without */
  readonly preprocess: Preparation
  readonly templates: readonly string[]
  /** A fine-tuned classifier's last layer. */
  readonly head: Head | undefined
  close(): void
}

/**
 * Opens and checks a checkpoint folder: configuration, every tensor's name, shape and finiteness, tokenizer, preprocessing.
 * What the configuration asks for is compared with what is there before anything is made of its size.
 * @param told how to look at pictures; by default as the checkpoint was trained to
 * @throws a data fault naming the file and the field
 */
export async function openClip(dir: string, told: Seeing = {}): Promise<Clip> {
  restoreFolder(dir, RECORD_FILE)
  const configFile = path.join(dir, CONFIG_FILE)
  const mistaken = mistakenFolder(dir)
  const described = isThere(configFile)
  if (mistaken && !described) throw mistaken
  const config = described ? readJson(configFile, clipConfigSchema) : undefined // a model of another family is called so, whatever it lacks
  if (mistaken) throw mistaken
  refuseLinksOut(dir, [...COMPANIONS, RECORD_FILE])
  const weights = openWeights(dir)
  try {
    const strange = strangeNames(weights.names())
    if (strange) throw dataError(weights.listing, strange)
    if (!config) throw dataError(configFile, 'not found')
    checkWeights(dir, config, weights)
    const tokenizer = await orMissing(dir, ['tokenizer.json', 'vocab.json', 'merges.txt'], () => Tokenizer.load(dir))
    if (tokenizer && tokenizer.vocabSize > config.text_config.vocab_size)
      throw dataError(
        configFile,
        `text_config.vocab_size: expected at least ${tokenizer.vocabSize}, which tokenizer.json has, found ${config.text_config.vocab_size}`,
      )
    const record = findRecord(dir)
    const found = findPreprocessConfig(dir)
    if (found) checkImageSize(dir, config, found)
    const preprocess = found && preparationOf(dir, found, config.vision_config.image_size, { ...record?.seeing, ...told })
    const head = existsSync(path.join(dir, HEAD_FILE)) ? readHead(dir) : undefined
    if (head && head.dim !== config.projection_dim)
      throw dataError(path.join(dir, HEAD_FILE), `tensor head.weight: expected ${config.projection_dim} columns, found ${head.dim}`)
    const templates = record?.templates ?? []
    return {
      dir,
      config,
      weights,
      head,
      templates: templates.length ? templates : CLIP_TEMPLATES,
      get tokenizer() {
        if (!tokenizer) throw noTokenizer(dir)
        return tokenizer
      },
      get preprocess() {
        if (!preprocess) throw noPreprocessConfig(dir)
        return preprocess
      },
      close: () => weights.close(),
    }
  } catch (e) {
    weights.close()
    throw e
  }
}

/** All tensors of the model and no others, in the shapes that the configuration says, of finite numbers, within this machine's memory. */
function checkWeights(dir: string, config: ClipConfig, weights: Weights): void {
  weights.expectTensors(clipTensors(config), ['*.position_ids'])
  const own = weights.names().filter((name) => !name.endsWith('position_ids'))
  const bytes = own.map((name) => 4 * elements(weights.info(name).shape))
  const total = bytes.reduce((a, b) => a + b, 0)
  if (total > totalmem())
    throw dataError(dir, `weights: take ${gigabytes(total)} in memory, more than the ${gigabytes(totalmem())} that this machine has`)
  const large = own.find((_, i) => bytes[i]! > MAX_TENSOR_BYTES)
  if (large) throw dataError(weights.fileOf(large), `tensor ${large}: takes more than ${gigabytes(MAX_TENSOR_BYTES)} in memory`)
  for (const name of own) weights.checkFinite(name)
  const scale = weights.float32(LOGIT_SCALE)[0]!
  if (scale > 80)
    throw dataError(weights.fileOf(LOGIT_SCALE), `tensor logit_scale: expected at most 80, whose exponential is a float32, found ${scale}`)
}

/** Images come out alike, with at least one patch, and not of more patches than attention has memory for. */
function checkImageSize(dir: string, { vision_config: v }: ClipConfig, preprocess: PreprocessConfig): void {
  const file = path.join(dir, 'preprocessor_config.json')
  const { height, width } = outputSize(preprocess, file)
  if (height < v.patch_size || width < v.patch_size)
    throw dataError(file, `crop_size: expected at least one patch of ${v.patch_size} × ${v.patch_size} pixels, found ${height} × ${width}`)
  const problem = tooMany(v, imageTokenCount(v, height, width))
  if (problem) throw dataError(file, `crop_size: ${problem}`)
}

/** What `load` gives; undefined where none of the files is there. */
async function orMissing<T>(dir: string, files: readonly string[], load: () => Promise<T>): Promise<T | undefined> {
  return files.some((name) => isThere(path.join(dir, name))) ? load() : undefined
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`
