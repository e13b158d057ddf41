/** Model folders that are hostile or just huge, each with the expected message. Everything but one thing is a valid small CLIP. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { TINY_CLIP } from './pictures.ts'

type Json = Record<string, unknown>
const edit = (dir: string, file: string, change: (json: Json) => void) => {
  const json = JSON.parse(fs.readFileSync(path.join(dir, file), 'utf8')) as Json
  change(json)
  fs.writeFileSync(path.join(dir, file), JSON.stringify(json))
}
const text = (change: Json) => (dir: string) => edit(dir, 'config.json', (c) => Object.assign(c['text_config'] as Json, change))
const vision = (change: Json) => (dir: string) => edit(dir, 'config.json', (c) => Object.assign(c['vision_config'] as Json, change))
const tokenizer = (change: (json: Json) => void) => (dir: string) => edit(dir, 'tokenizer.json', change)
const preprocessor = (change: Json) => (dir: string) => edit(dir, 'preprocessor_config.json', (c) => Object.assign(c, change))
const split = (Regex: string) =>
  tokenizer((t) => (t['pre_tokenizer'] = { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false }))
const normalizer = (...normalizers: Json[]) => tokenizer((t) => (t['normalizer'] = { type: 'Sequence', normalizers }))

/** A safetensors file with this header and a total size of `bytes`; the rest is sparse and takes no disk space. */
const header =
  (json: string, bytes = 0) =>
  (dir: string) => {
    const file = path.join(dir, 'model.safetensors')
    const length = Buffer.alloc(8)
    length.writeBigUInt64LE(BigInt(Buffer.byteLength(json)))
    fs.writeFileSync(file, Buffer.concat([length, Buffer.from(json)]))
    if (bytes) fs.truncateSync(file, Math.max(bytes, fs.statSync(file).size))
  }
const tensors = (n: number) =>
  `{${Array.from({ length: n }, (_, i) => `"tensor.${i}":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}`).join()}}`
const replaced = (name: string, make: (file: string) => void) => (dir: string) => {
  fs.rmSync(path.join(dir, name), { force: true })
  make(path.join(dir, name))
}
const index = (files: number) => (dir: string) => {
  fs.rmSync(path.join(dir, 'model.safetensors'))
  fs.writeFileSync(
    path.join(dir, 'model.safetensors.index.json'),
    `{"weight_map":{${Array.from({ length: files }, (_, i) => `"tensor.${i}":"model-${i}.safetensors"`).join()}}}`,
  )
}
const pipe = (file: string) => void execFileSync('mkfifo', [file])
const sparse = (bytes: number) => (file: string) => {
  fs.writeFileSync(file, '{')
  fs.truncateSync(file, bytes)
}
const linkTo = (target: string) => (file: string) => fs.symlinkSync(target, file)

export const HOSTILE: Record<string, { make: (dir: string) => void; says: RegExp }> = {
  'a header of 600,000 tensors': { make: header(tensors(600_000)), says: /model\.safetensors: header length: expected at most/ },
  'a header of 30,000 tensors': {
    make: header(tensors(30_000)),
    says: /model\.safetensors: header: expected at most 20000 tensors, found 30000/,
  },
  'a header of 15,000 tensors': { make: header(tensors(15_000)), says: /model\.safetensors: tensor .*missing/ },
  'a header nested three million deep': {
    make: header(`{"a":${'['.repeat(3e6)}${']'.repeat(3e6)}}`),
    says: /model\.safetensors: header: expected JSON/,
  },
  'weights of 100 GB in one tensor': {
    make: header(`{"logit_scale":{"dtype":"F32","shape":[${25e9}],"data_offsets":[0,${100e9}]}}${' '.repeat(8)}`, 100e9 + 200),
    says: /model\.safetensors: /,
  },
  'weights that are a pipe': {
    make: replaced('model.safetensors', pipe),
    says: /model\.safetensors: expected a file, found a folder, a pipe or a device/,
  },
  'weights that are a device': { make: replaced('model.safetensors', linkTo('/dev/zero')), says: /model\.safetensors: expected a file/ },
  'weights that are a folder': { make: replaced('model.safetensors', (f) => fs.mkdirSync(f)), says: /model\.safetensors: expected a file/ },
  'weights that are a link to nothing': {
    make: replaced('model.safetensors', linkTo('../blobs/gone')),
    says: /model\.safetensors: is a link to \.\.\/blobs\/gone, which is not there/,
  },
  'an index of ten thousand files': { make: index(10_000), says: /index\.json: weight_map: expected at most 512 files, found 10000/ },
  'an index of a million files': { make: index(1_000_000), says: /index\.json: expected at most 16777216 bytes/ },

  '10⁸ layers': {
    make: text({ num_hidden_layers: 1e8 }),
    says: /config\.json: text_config\.num_hidden_layers: expected at most 1024, found 100000000/,
  },
  'a thousand layers': {
    make: vision({ num_hidden_layers: 1000 }),
    says: /model\.safetensors: tensor vision_model\.encoder\.layers\.2\..*missing/,
  },
  'a width of 10¹²': { make: vision({ hidden_size: 1e12 }), says: /config\.json: vision_config\.hidden_size: expected at most/ },
  'an image of 10⁹ pixels a side': { make: vision({ image_size: 1e9 }), says: /config\.json: vision_config\.image_size: expected at most/ },
  'a million patches': {
    make: vision({ image_size: 1024, patch_size: 1 }),
    says: /config\.json: vision_config\.image_size: makes 1048577 tokens of each input/,
  },
  'a context of a million': {
    make: text({ max_position_embeddings: 1e6 }),
    says: /config\.json: text_config\.max_position_embeddings: expected at most/,
  },
  'a context of eight thousand': {
    make: text({ max_position_embeddings: 8000 }),
    says: /config\.json: text_config\.max_position_embeddings: makes 8000 tokens/,
  },
  'a vocabulary of 10¹⁵': { make: text({ vocab_size: 1e15 }), says: /config\.json: text_config\.vocab_size: expected at most/ },
  'a projection of 10¹⁰': {
    make: (dir) => edit(dir, 'config.json', (c) => (c['projection_dim'] = 1e10)),
    says: /config\.json: projection_dim: expected at most/,
  },
  'a configuration nested a hundred thousand deep': {
    make: (dir) => fs.writeFileSync(path.join(dir, 'config.json'), `{"model_type":"clip","x":${'{"a":'.repeat(1e5)}1${'}'.repeat(1e5)}}`),
    says: /config\.json: not a JSON document \(nested more than 64 deep\)/,
  },
  'a configuration of 100 GB': {
    make: replaced('config.json', sparse(100e9)),
    says: /config\.json: expected at most \d+ bytes, found 100000000000/,
  },
  'a configuration that is a pipe': { make: replaced('config.json', pipe), says: /config\.json: expected a file/ },

  'a catastrophic pattern': {
    make: split(String.raw`(\p{L}+)+$`),
    says: /tokenizer\.json: pre_tokenizer\.pattern\.Regex: .*may take forever/,
  },
  'a pattern of many alternatives of the same': {
    make: split('(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)(a|a)x'),
    says: /pre_tokenizer\.pattern\.Regex/,
  },
  'a catastrophic normalizer': {
    make: normalizer({ type: 'Replace', pattern: { Regex: String.raw`(\s+)+x` }, content: ' ' }),
    says: /tokenizer\.json: normalizer\.normalizers\.0\.pattern\.Regex: .*may take forever/,
  },
  'a normalizer that doubles the text forty times': {
    make: normalizer(...Array.from({ length: 40 }, () => ({ type: 'Replace', pattern: { String: 'a' }, content: 'aa' }))),
    says: /tokenizer\.json: normalizer\.normalizers\.6\.content: would make a text more than 64 times as long/,
  },
  'ten thousand normalizers': {
    make: normalizer(...Array.from({ length: 10_000 }, () => ({ type: 'NFC' }))),
    says: /tokenizer\.json: normalizer: expected at most 64 steps/,
  },
  'a token of the id 10¹⁵': {
    make: tokenizer((t) => ((t['model'] as { vocab: Json }).vocab['x'] = 1e15)),
    says: /tokenizer\.json: model\.vocab\.x: /,
  },
  'a tokenizer of 100 GB': { make: replaced('tokenizer.json', sparse(100e9)), says: /tokenizer\.json: expected at most \d+ bytes/ },
  'a tokenizer that is a pipe': { make: replaced('tokenizer.json', pipe), says: /tokenizer\.json: expected a file/ },
  'merges that are no pairs': {
    make: tokenizer((t) => ((t['model'] as Json)['merges'] = [{ a: 1 }])),
    says: /tokenizer\.json: model\.merges\.0: expected two tokens/,
  },
  'a tokenizer that is a link to a private file': {
    make: (dir) => {
      fs.writeFileSync(`${dir}.secret.json`, fs.readFileSync(path.join(dir, 'tokenizer_config.json')))
      replaced('tokenizer_config.json', linkTo(`${dir}.secret.json`))(dir)
    },
    says: /tokenizer_config\.json: is a link out of its folder/,
  },

  'a crop of 16,384 pixels': { make: preprocessor({ crop_size: 16_384 }), says: /preprocessor_config\.json: crop_size: makes \d+ tokens/ },
  'a crop of 10⁹ pixels': { make: preprocessor({ crop_size: 1e9 }), says: /preprocessor_config\.json: crop_size: expected/ },
  'a crop smaller than a patch': {
    make: preprocessor({ crop_size: 4 }),
    says: /preprocessor_config\.json: crop_size: expected at least one patch of 8 × 8 pixels, found 4 × 4/,
  },
  'a size of 10⁹ pixels': {
    make: preprocessor({ size: { shortest_edge: 1e9 } }),
    says: /preprocessor_config\.json: size\.shortest_edge: Too big/,
  },
  'preprocessing that is a pipe': { make: replaced('preprocessor_config.json', pipe), says: /preprocessor_config\.json: expected a file/ },
}

/** Copies the small CLIP to `dir` and makes it hostile in one way. */
export function makeHostile(dir: string, kind: string): string {
  fs.cpSync(TINY_CLIP, dir, { recursive: true })
  HOSTILE[kind]!.make(dir)
  return dir
}
