/** What people take for a checkpoint folder is called what it is, with what to do about it. */
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { openModel } from '../../../src-main/engine/models/checkpoint.ts'
import { openSafetensors, writeSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { textFeatures } from '../../../src-main/engine/tasks/embed.ts'
import { TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'

const dir = temporaryFolder()
const WEIGHTS = 'model.safetensors'

const write = (folder: string, files: Record<string, string | object>) => {
  for (const [name, content] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true })
    fs.writeFileSync(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content))
  }
}
const clip = (folder: string) => (fs.cpSync(TINY_CLIP, folder, { recursive: true }), folder)

/** The weights with other names; those without one are left out. */
async function rename(
  folder: string,
  name: (name: string) => string | undefined,
  copies: (name: string) => string[] = () => [],
): Promise<void> {
  const stored = openSafetensors(path.join(TINY_CLIP, WEIGHTS))
  const from = new Map(
    [...stored.tensors.keys()].flatMap((own) =>
      [name(own), ...copies(own)].flatMap((as) => (as === undefined ? [] : [[as, own] as const])),
    ),
  )
  const specs = [...from].map(([as, own]) => ({ ...stored.tensors.get(own)!, name: as }))
  await writeSafetensors(path.join(folder, 'renamed'), { specs, produce: (spec) => stored.bytes(from.get(spec.name)!) })
  stored.close()
  fs.renameSync(path.join(folder, 'renamed'), path.join(folder, WEIGHTS))
}
const config = (folder: string, change: Record<string, unknown>) => {
  const file = path.join(folder, 'config.json')
  fs.writeFileSync(file, JSON.stringify({ ...(JSON.parse(fs.readFileSync(file, 'utf8')) as object), ...change }))
}
const onlyFiles = (files: Record<string, string | object>) => (folder: string) => write(folder, files)
const withoutWeights = (files: Record<string, string | object>) => (folder: string) => {
  fs.rmSync(path.join(clip(folder), WEIGHTS))
  write(folder, files)
}

type Case = [what: string, make: (folder: string) => unknown, says: RegExp]
const FOLDERS: Case[] = [
  ['pickles only', withoutWeights({ 'pytorch_model.bin': 'x' }), /pytorch_model\.bin: a pickle can run any program.*save_pretrained/],
  [
    'a pickle of another name',
    withoutWeights({ 'epoch_12.ckpt': 'x', 'optimizer.pt': 'x', 'training_args.bin': 'x' }),
    /epoch_12\.ckpt: a pickle/,
  ],
  [
    'a pickle called safetensors',
    (f) => write(clip(f), { [WEIGHTS]: 'PK\u0003\u0004 and so on' }),
    /model\.safetensors: is a pickle with another file extension; .*save_pretrained/,
  ],
  [
    'a sentence-transformers folder',
    onlyFiles({
      'modules.json': [{ idx: 0, name: '0', path: '0_CLIPModel', type: 'sentence_transformers.models.CLIPModel' }],
      '0_CLIPModel/config.json': {},
    }),
    /modules\.json: is part of a sentence-transformers folder: the model lies in .*\/0_CLIPModel$/,
  ],
  [
    'a sentence-transformers folder with another name in it',
    onlyFiles({ 'modules.json': [{ path: 'vision', type: 'a.CLIPModel' }] }),
    /the model lies in .*\/vision$/,
  ],
  [
    'an adapter',
    onlyFiles({ 'adapter_config.json': {}, 'adapter_model.safetensors': 'x' }),
    /adapter_config\.json: is an adapter without its model: merge it into the model in Python, with peft/,
  ],
  [
    'an adapter beside a model',
    (f) => write(clip(f), { 'adapter_config.json': {}, 'adapter_model.safetensors': 'x' }),
    /adapter_config\.json: an adapter lies beside a whole model.*merge_and_unload.*or remove the adapter's files/,
  ],
  [
    'an open_clip folder',
    onlyFiles({ 'open_clip_config.json': {}, 'open_clip_model.safetensors': 'x' }),
    /open_clip_config\.json: is in the layout of open_clip or of OpenAI: convert it by `dashi models convert/,
  ],
  [
    'a diffusers folder',
    onlyFiles({ 'model_index.json': {}, 'text_encoder/model.safetensors': 'x' }),
    /model_index\.json: is part of a diffusers pipeline/,
  ],
  ['an export to ONNX', withoutWeights({ 'onnx/model.onnx': 'x' }), /onnx: is an export to ONNX.*take the release with model\.safetensors/],
  ['weights of llama.cpp', withoutWeights({ 'clip-f16.gguf': 'GGUF' }), /clip-f16\.gguf: holds weights of llama\.cpp/],
  ['weights of TensorFlow', withoutWeights({ 'tf_model.h5': 'x' }), /tf_model\.h5: holds weights of TensorFlow/],
  ['weights of Flax', withoutWeights({ 'flax_model.msgpack': 'x' }), /flax_model\.msgpack: holds weights of Flax/],
  [
    'weights of another name',
    (f) => fs.renameSync(path.join(clip(f), WEIGHTS), path.join(f, 'clip_ft.safetensors')),
    /clip_ft\.safetensors: expected model\.safetensors or/,
  ],
  ['folders of a training', (f) => clip(path.join(f, 'checkpoint-500')), /holds no model itself: one lies in .*\/checkpoint-500$/],
  [
    "the cache's folder of all revisions",
    onlyFiles({ 'refs/main': 'abc123\n', 'snapshots/abc123/config.json': {}, 'blobs/x': 'x' }),
    /holds revisions of a model.*give .*\/snapshots\/abc123$/,
  ],
  [
    'a shard missing',
    withoutWeights({ 'model.safetensors.index.json': { weight_map: { logit_scale: 'model-00001-of-00002.safetensors' } } }),
    /model-00001-of-00002\.safetensors: not found/,
  ],
  [
    'weights that Git did not fetch',
    (f) => write(clip(f), { [WEIGHTS]: 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n' }),
    /model\.safetensors: is a Git LFS pointer.*git lfs pull/,
  ],
  [
    'a tokenizer that Git did not fetch',
    (f) => write(clip(f), { 'tokenizer.json': 'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3\n' }),
    /tokenizer\.json: is a Git LFS pointer/,
  ],
  [
    'a web page',
    (f) => write(clip(f), { [WEIGHTS]: '<!DOCTYPE html><html>Log in</html>' }),
    /model\.safetensors: is a web page: the download failed/,
  ],
  ['nothing', (f) => fs.mkdirSync(f), /config\.json: not found|expected model\.safetensors/],
]
const NAMES: Case[] = [
  [
    'DistributedDataParallel',
    (f) => rename(clip(f), (n) => `module.${n}`),
    /model\.safetensors: the names of its tensors have the prefix "module\.", of DataParallel or DistributedDataParallel: .*removeprefix\("module\."\)/,
  ],
  ['torch.compile', (f) => rename(clip(f), (n) => `_orig_mod.${n}`), /the prefix "_orig_mod\.", of torch\.compile/],
  [
    'both',
    (f) => rename(clip(f), (n) => `module._orig_mod.${n}`),
    /the prefix "module\._orig_mod\.", of DistributedDataParallel and torch\.compile/,
  ],
  ['a trainer of its own', (f) => rename(clip(f), (n) => `student.${n}`), /the prefix "student\.", of the model's wrapper/],
  [
    'a running mean beside it',
    (f) =>
      rename(
        clip(f),
        (n) => `model.${n}`,
        (n) => [`model_ema.${n}`],
      ),
    /several models \("model\.", "model_ema\."\); take one of them/,
  ],
  [
    'an adapter that is not merged',
    (f) =>
      rename(
        clip(f),
        (n) => n,
        (n) => (n.endsWith('q_proj.weight') ? [n.replace('.weight', '.lora_A.default.weight')] : []),
      ),
    /lora_A\.default\.weight: holds an adapter that is not merged/,
  ],
  [
    'open_clip',
    (f) =>
      rename(clip(f), (n) =>
        n === 'logit_scale'
          ? n
          : n
              .replace('text_model.encoder.layers', 'transformer.resblocks')
              .replace('vision_model.embeddings.patch_embedding', 'visual.conv1'),
      ),
    /is in the layout of open_clip/,
  ],
  ['the text tower alone', (f) => rename(clip(f), (n) => (/^(text|logit)/.test(n) ? n : undefined)), /has no image tower/],
  [
    'a mistake in one of them',
    (f) => rename(clip(f), (n) => n.replace('text_projection', 'text_projector')),
    /tensor text_projection\.weight: missing/,
  ],
]
const FAMILIES: Case[] = [
  [
    'swinv2',
    (f) => config(clip(f), { model_type: 'swinv2' }),
    /config\.json: model_type: expected "clip", .* or "mm-grounding-dino", found "swinv2": the supported families are CLIP, .* and Grounding DINO/,
  ],
  [
    'one tower',
    (f) => config(clip(f), { model_type: 'clip_text_model' }),
    /found "clip_text_model": that is the text tower alone, save the whole CLIPModel/,
  ],
  ['bert, with a pickle', (f) => (withoutWeights({ 'pytorch_model.bin': 'x' })(f), config(f, { model_type: 'bert' })), /found "bert"/],
  [
    'none',
    onlyFiles({ 'config.json': { hidden_size: 3 }, [WEIGHTS]: 'x' }),
    /config\.json: model_type: expected "clip", .*, found nothing/,
  ],
  ['no object', (f) => config(clip(f), { model_type: { a: 1 } }), /model_type: expected "clip", .*, found \{"a":1\}/],
]

describe.each([
  ['a folder of', FOLDERS],
  ['tensors named by', NAMES],
  ['a model_type of', FAMILIES],
])('%s', (group, cases) => {
  test.each(cases)('%s', async (what, make, says) => {
    const folder = path.join(dir, group, what)
    fs.mkdirSync(path.dirname(folder), { recursive: true })
    await make(folder)
    const message = await openModel(folder).then(
      () => 'opened',
      (e: Error) => e.message,
    )
    expect(message).toMatch(says)
    expect(message.startsWith(folder)).toBe(true)
    expect(message).not.toContain('\n')
  })
})

test('a path to a file, or to nothing', async () => {
  await expect(openModel(path.join(TINY_CLIP, WEIGHTS))).rejects.toThrow(
    /model\.safetensors: is a file: give the checkpoint folder that it lies in/,
  )
  await expect(openModel(path.join(dir, 'nowhere'))).rejects.toThrow(/nowhere: not found: expected a checkpoint folder/)
})

test('what is more than a checkpoint is one all the same', async () => {
  const folder = clip(path.join(dir, 'everything'))
  write(folder, {
    'pytorch_model.bin': 'x',
    'flax_model.msgpack': 'x',
    'open_clip_config.json': {},
    'onnx/model.onnx': 'x',
    'modules.json': [],
    'README.md': 'x',
    'training_args.bin': 'x',
  })
  const open = await openModel(folder)
  expect(await textFeatures(open, ['a cat'])).toHaveLength(24)
  open.close()
})

test("a revision in the hub's cache, all links", async () => {
  const repo = path.join(dir, 'models--org--name')
  const revision = path.join(repo, 'snapshots', 'abc')
  fs.mkdirSync(revision, { recursive: true })
  fs.mkdirSync(path.join(repo, 'blobs'))
  for (const name of fs.readdirSync(TINY_CLIP)) {
    fs.copyFileSync(path.join(TINY_CLIP, name), path.join(repo, 'blobs', `of-${name}`))
    fs.symlinkSync(`../../blobs/of-${name}`, path.join(revision, name))
  }
  const open = await openModel(revision)
  expect(await textFeatures(open, ['a cat'])).toHaveLength(24)
  open.close()
})

test('weights may be a link to anywhere: what they are is checked', async () => {
  const folder = clip(path.join(dir, 'linked'))
  fs.rmSync(path.join(folder, WEIGHTS))
  fs.symlinkSync(path.join(TINY_CLIP, WEIGHTS), path.join(folder, WEIGHTS))
  ;(await openModel(folder)).close()
})
