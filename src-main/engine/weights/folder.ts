/** Recognises folders that are often mistaken for checkpoints and says what to do. */
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { sentence, type Sentence } from '#shared/sentences/table.ts'
import { findJson } from '../data/json.ts'
import { ioError } from './files.ts'
import { isThere, readText } from './regular.ts'

export const WEIGHTS_FILE = 'model.safetensors'
export const INDEX_FILE = 'model.safetensors.index.json'

/** Maximum number of folder entries examined. */
const MOST_ENTRIES = 5000

/**
 * Why the folder cannot be a checkpoint, or is ambiguous; undefined if it has safetensors weights or nothing
 * recognisable.
 */
export function mistakenFolder(dir: string): Error | undefined {
  const stat = statOf(dir)
  if (!stat) return dataError(dir, sentence('model.no-folder'))
  if (!stat.isDirectory()) return dataError(dir, sentence('model.is-file'))
  const names = entriesOf(dir)
  const has = (name: string) => names.includes(name)
  const weights = has(WEIGHTS_FILE) || has(INDEX_FILE)
  if (weights && has('adapter_config.json')) {
    return dataError(path.join(dir, 'adapter_config.json'), sentence('model.adapter-beside', { merging: MERGE_ADAPTER }))
  }
  if (weights) return undefined
  for (const { find, problem } of KINDS) {
    const file = names.find(find)
    if (file !== undefined) return dataError(path.join(dir, file), typeof problem === 'function' ? problem(dir, names) : problem)
  }
  const inner = names.find((name) => [WEIGHTS_FILE, INDEX_FILE].some((file) => isThere(path.join(dir, name, file))))
  return inner === undefined ? undefined : dataError(dir, sentence('model.inside', { folder: path.join(dir, inner) }))
}

function statOf(dir: string): fs.Stats | undefined {
  try {
    return fs.statSync(dir, { throwIfNoEntry: false })
  } catch (e) {
    throw ioError(dir, 'read', e)
  }
}

function entriesOf(dir: string): string[] {
  let open: fs.Dir | undefined
  try {
    open = fs.opendirSync(dir)
    const names: string[] = []
    for (let entry = open.readSync(); entry && names.length < MOST_ENTRIES; entry = open.readSync()) names.push(entry.name)
    return names.sort()
  } catch (e) {
    throw ioError(dir, 'read', e)
  } finally {
    open?.closeSync()
  }
}

const MERGE_ADAPTER = sentence('model.merge-adapter')
const OPEN_CLIP = sentence('model.open-clip')

interface Kind {
  readonly find: (name: string) => boolean
  readonly problem: Sentence | ((dir: string, names: readonly string[]) => Sentence)
}

const named =
  (...names: string[]) =>
  (name: string) =>
    names.includes(name)
const ending = (pattern: RegExp) => (name: string) => pattern.test(name)

/** In order of precedence, most specific first. */
const KINDS: readonly Kind[] = [
  { find: named('snapshots'), problem: (dir) => sentence('model.hub-cache', { folder: path.join(dir, 'snapshots', revisionOf(dir)) }) },
  {
    find: ending(/^(modules|config_sentence_transformers)\.json$/),
    problem: (dir) => sentence('model.sentence-transformers', { folder: path.join(dir, clipModule(dir)) }),
  },
  {
    find: named('model_index.json'),
    problem: sentence('model.diffusers'),
  },
  {
    find: ending(/^adapter_(config\.json|model\.(safetensors|bin))$/),
    problem: sentence('model.adapter-alone', { merging: MERGE_ADAPTER }),
  },
  { find: ending(/^open_clip_/), problem: OPEN_CLIP },
  {
    find: ending(/^(?!training_args|optimizer|scheduler|rng_state|scaler).*\.(bin|pt|pth|ckpt|pkl|pickle|bin\.index\.json)$/),
    problem: sentence('model.pickle'),
  },
  { find: ending(/\.gguf$/), problem: sentence('model.of-runtime', { runtime: 'llama.cpp' }) },
  { find: ending(/^(tf_model.*|.*\.h5|saved_model\.pb)$/), problem: sentence('model.of-runtime', { runtime: 'TensorFlow' }) },
  { find: ending(/\.msgpack$/), problem: sentence('model.of-runtime', { runtime: 'Flax' }) },
  { find: ending(/^onnx$|\.onnx$/), problem: sentence('model.onnx-export') },
  { find: ending(/\.(mlmodel|mlpackage|tflite|engine|xml)$/), problem: sentence('model.other-export') },
  {
    find: ending(/^(?!(head|prompt)\.)[^.].*\.safetensors$/),
    problem: sentence('model.weights-name', { weights: WEIGHTS_FILE, index: INDEX_FILE }),
  },
]

/** The revision that `refs/main` names or, without it, the only one present. */
function revisionOf(dir: string): string {
  const [only, ...more] = entriesOf(path.join(dir, 'snapshots'))
  const main = path.join(dir, 'refs', 'main')
  const named = isThere(main) ? readText(main, 1000).trim() : ''
  if (/^[\w-]{1,64}$/.test(named)) return named
  return only !== undefined && more.length === 0 ? only : 'REVISION'
}

const modulesSchema = z.array(z.looseObject({ type: z.string(), path: z.string() }))

/** The folder within a sentence-transformers model that contains its CLIP. */
function clipModule(dir: string): string {
  const modules = modulesSchema.safeParse(findJson(path.join(dir, 'modules.json')))
  return modules.data?.find((m) => /CLIPModel$/.test(m.type))?.path || '0_CLIPModel'
}

/** Model wrappers, by the prefix that they leave on tensor names. */
const WRAPPERS: readonly [prefix: string, wrapper: string | Sentence][] = [
  ['module._orig_mod.', 'DistributedDataParallel and torch.compile'],
  ['_orig_mod.module.', 'torch.compile and DistributedDataParallel'],
  ['module.', 'DataParallel or DistributedDataParallel'],
  ['_orig_mod.', 'torch.compile'],
  ['base_model.model.', 'peft'],
  ['model_ema.', sentence('model.wrapper-mean')],
  ['ema_model.', sentence('model.wrapper-mean')],
]
/**
 * Why tensors with these names are not those of a transformers model; undefined if they may be.
 * @param landmarks names present in every model of the family
 * @param saves the family's class in transformers
 */
export function strangeNames(names: readonly string[], landmarks: readonly string[], saves: string): Sentence | undefined {
  const adapted = names.find((name) => /\.(lora_|base_layer\.)/.test(name))
  if (adapted) return sentence('tensor.adapter', { tensor: adapted, merging: MERGE_ADAPTER })
  const known = new Set(names)
  if (known.has('visual.conv1.weight') || names.some((name) => /^(visual\.)?transformer\.resblocks\./.test(name))) return OPEN_CLIP
  if (landmarks.every((name) => known.has(name))) return undefined
  const before = (mark: string) => names.filter((name) => name.endsWith(`.${mark}`)).map((name) => name.slice(0, -mark.length))
  const prefixes = [...new Set(landmarks.flatMap(before))].sort()
  const [prefix, ...more] = prefixes
  if (prefix !== undefined) {
    const by = WRAPPERS.find(([p]) => p === prefix)?.[1] ?? sentence('model.wrapper')
    const own = JSON.stringify(prefix)
    const python = `save_file({k.removeprefix(${own}): v for k, v in load_file(f).items() if k.startswith(${own})}, f, {"format": "pt"})`
    return more.length
      ? sentence('tensor.prefixes', { prefixes: prefixes.map((p) => JSON.stringify(p)).join(', '), python })
      : sentence('tensor.prefix', { prefix: own, wrapper: by, python })
  }
  const [image, text] = ['vision_model.', 'text_model.'].map((tower) => names.some((name) => name.startsWith(tower)))
  if (image === text) return undefined
  return sentence(text ? 'tensor.no-image-tower' : 'tensor.no-text-tower', { model: saves })
}
