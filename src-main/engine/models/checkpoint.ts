import { existsSync } from 'node:fs'
import path from 'node:path'
import { dataError } from '#shared/errors.ts'
import { readPreprocessConfig } from '../data/preprocess.ts'
import { Tokenizer } from '../data/tokenizer.ts'
import type { Seeing } from '#shared/model/seeing.ts'
import { findRecord } from '../weights/checkpoint.ts'
import { type Head, HEAD_FILE, readHead } from '../weights/head.ts'
import { readJson } from '../weights/json.ts'
import { openWeights, type Weights } from '../weights/source.ts'
import { clipTensors } from './clip.ts'
import { type ClipConfig, clipConfigSchema } from './clip-config.ts'
import { type Preparation, preparationOf } from './preparation.ts'

/** What stands around a class name unless the checkpoint says otherwise (Radford et al. 2021, §3.1.4). */
const CLIP_TEMPLATES = ['a photo of a {}.']

/** An opened CLIP folder: everything that decides what the model answers. */
export interface Clip {
  readonly dir: string
  readonly config: ClipConfig
  readonly weights: Weights
  readonly tokenizer: Tokenizer
  readonly preprocess: Preparation
  readonly templates: readonly string[]
  /** A fine-tuned classifier's last layer. */
  readonly head: Head | undefined
  close(): void
}

/**
 * Opens and checks a checkpoint folder: configuration, every tensor's name, shape and finiteness, tokenizer, preprocessing.
 * @param told how to look at pictures; by default as the checkpoint was trained to
 * @throws a data fault naming the file and the field
 */
export async function openClip(dir: string, told: Seeing = {}): Promise<Clip> {
  if (!existsSync(dir)) throw dataError(dir, 'not found: expected a checkpoint folder')
  const configFile = path.join(dir, 'config.json')
  const config = readJson(configFile, clipConfigSchema)
  const weights = openWeights(dir)
  try {
    weights.expectTensors(clipTensors(config), ['*.position_ids'])
    for (const name of weights.names()) if (!name.endsWith('position_ids')) weights.float32(name) // refuses other dtypes, NaN and infinity
    const scale = weights.float32('logit_scale')[0]!
    if (scale > 80) throw dataError(weights.fileOf('logit_scale'), `tensor logit_scale: expected at most 80, whose exponential is a float32, found ${scale}`)
    const tokenizer = await Tokenizer.load(dir)
    if (tokenizer.vocabSize > config.text_config.vocab_size)
      throw dataError(configFile, `text_config.vocab_size: expected at least ${tokenizer.vocabSize}, which tokenizer.json has, found ${config.text_config.vocab_size}`)
    const record = findRecord(dir)
    const preprocess = preparationOf(dir, await readPreprocessConfig(dir), config.vision_config.image_size, { ...record?.seeing, ...told })
    const head = existsSync(path.join(dir, HEAD_FILE)) ? readHead(dir) : undefined
    if (head && head.dim !== config.projection_dim)
      throw dataError(path.join(dir, HEAD_FILE), `tensor head.weight: expected ${config.projection_dim} columns, found ${head.dim}`)
    const templates = record?.templates ?? []
    return { dir, config, weights, tokenizer, preprocess, templates: templates.length ? templates : CLIP_TEMPLATES, head, close: () => weights.close() }
  } catch (e) {
    weights.close()
    throw e
  }
}
