/** Recognises folders that are often mistaken for checkpoints and says what to do. */
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { findJson } from '../data/json.ts'
import { ioError } from './files.ts'
import { isThere, readText } from './regular.ts'
import { NO_PICKLES } from './safetensors.ts'

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
    const two = 'an adapter lies beside a whole model, and which of the two is meant cannot be known'
    return dataError(path.join(dir, 'adapter_config.json'), `${two}: ${MERGE_ADAPTER}, or take the adapter's files away`)
  }
  if (weights) return undefined
  for (const { find, problem } of KINDS) {
    const file = names.find(find)
    if (file !== undefined) return dataError(path.join(dir, file), typeof problem === 'string' ? problem : problem(dir, names))
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

const MERGE_ADAPTER = 'merge it into the model in Python, with peft: model.merge_and_unload().save_pretrained(folder)'
const OPEN_CLIP =
  'is a model of open_clip: take its release for transformers, or convert it with ' +
  'transformers/models/clip/convert_clip_original_pytorch_to_hf.py'
const CACHE = "holds revisions of a model, as Hugging Face's cache keeps them"
const SENTENCES = 'is of a sentence-transformers folder'
const ANOTHER_RUNTIME = 'so it cannot be opened: take the release with model.safetensors, or save it in Python with save_pretrained(folder)'

interface Kind {
  readonly find: (name: string) => boolean
  readonly problem: string | ((dir: string, names: readonly string[]) => string)
}

const named =
  (...names: string[]) =>
  (name: string) =>
    names.includes(name)
const ending = (pattern: RegExp) => (name: string) => pattern.test(name)

/** In order of precedence, most specific first. */
const KINDS: readonly Kind[] = [
  { find: named('snapshots'), problem: (dir) => `${CACHE}: give ${path.join(dir, 'snapshots', revisionOf(dir))}` },
  {
    find: ending(/^(modules|config_sentence_transformers)\.json$/),
    problem: (dir) => `${SENTENCES}: the model lies in ${path.join(dir, clipModule(dir))}`,
  },
  {
    find: named('model_index.json'),
    problem: 'is of a diffusers pipeline, which has half of a CLIP: expected the folder of a whole CLIPModel',
  },
  { find: ending(/^adapter_(config\.json|model\.(safetensors|bin))$/), problem: `is an adapter without its model: ${MERGE_ADAPTER}` },
  { find: ending(/^open_clip_/), problem: OPEN_CLIP },
  {
    find: ending(/^(?!training_args|optimizer|scheduler|rng_state|scaler).*\.(bin|pt|pth|ckpt|pkl|pickle|bin\.index\.json)$/),
    problem: NO_PICKLES,
  },
  { find: ending(/\.gguf$/), problem: `holds weights of llama.cpp, ${ANOTHER_RUNTIME}` },
  { find: ending(/^(tf_model.*|.*\.h5|saved_model\.pb)$/), problem: `holds weights of TensorFlow, ${ANOTHER_RUNTIME}` },
  { find: ending(/\.msgpack$/), problem: `holds weights of Flax, ${ANOTHER_RUNTIME}` },
  { find: ending(/^onnx$|\.onnx$/), problem: `is an export to ONNX, ${ANOTHER_RUNTIME}` },
  { find: ending(/\.(mlmodel|mlpackage|tflite|engine|xml)$/), problem: `is an export for another runtime, ${ANOTHER_RUNTIME}` },
  {
    find: ending(/^(?!(head|prompt)\.)[^.].*\.safetensors$/),
    problem: `expected ${WEIGHTS_FILE} or ${INDEX_FILE} in this folder: give the file that name, if it is a whole CLIPModel`,
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
const WRAPPERS: readonly [prefix: string, wrapper: string][] = [
  ['module._orig_mod.', 'DistributedDataParallel and torch.compile'],
  ['_orig_mod.module.', 'torch.compile and DistributedDataParallel'],
  ['module.', 'DataParallel or DistributedDataParallel'],
  ['_orig_mod.', 'torch.compile'],
  ['base_model.model.', 'peft'],
  ['model_ema.', 'a running mean of the weights'],
  ['ema_model.', 'a running mean of the weights'],
]
/**
 * Why tensors with these names are not those of a transformers model; undefined if they may be.
 * @param landmarks names present in every model of the family
 * @param saves the family's class in transformers
 */
export function strangeNames(names: readonly string[], landmarks: readonly string[], saves: string): string | undefined {
  const adapted = names.find((name) => /\.(lora_|base_layer\.)/.test(name))
  if (adapted) return `tensor ${adapted}: holds an adapter that is not merged: ${MERGE_ADAPTER}`
  const known = new Set(names)
  if (known.has('visual.conv1.weight') || names.some((name) => /^(visual\.)?transformer\.resblocks\./.test(name))) return OPEN_CLIP
  if (landmarks.every((name) => known.has(name))) return undefined
  const before = (mark: string) => names.filter((name) => name.endsWith(`.${mark}`)).map((name) => name.slice(0, -mark.length))
  const prefixes = [...new Set(landmarks.flatMap(before))].sort()
  const [prefix, ...more] = prefixes
  if (prefix !== undefined) {
    const by = WRAPPERS.find(([p]) => p === prefix)?.[1] ?? 'what the model was wrapped in'
    const own = JSON.stringify(prefix)
    const which = more.length
      ? `several models (${prefixes.map((p) => JSON.stringify(p)).join(', ')}); take one of them`
      : `the prefix ${own}, of ${by}`
    const python = `save_file({k.removeprefix(${own}): v for k, v in load_file(f).items() if k.startswith(${own})}, f, {"format": "pt"})`
    return `the names of its tensors have ${which}: save the model inside, or rename in Python: ${python}`
  }
  const [image, text] = ['vision_model.', 'text_model.'].map((tower) => names.some((name) => name.startsWith(tower)))
  if (image === text) return undefined
  return `has no ${text ? 'image tower (vision_model.…)' : 'text tower (text_model.…)'}: expected the weights of a whole ${saves}`
}
