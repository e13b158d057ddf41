/** Folders and tensor names that are taken for a model's, name by name; test/engine/models/mistaken.test.ts has whole folders. */
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { DashiError } from '#shared/errors.ts'
import { say } from '#shared/sentences/table.ts'
import { mistakenFolder, strangeNames } from '../../../src-main/engine/weights/folder.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

/** A folder of these files, empty or with a text; a name that ends in / is a folder, and so are some of the cache. */
const folder = (files: readonly string[] | Readonly<Record<string, string>>) => {
  const dir = temporaryFolder()
  for (const [name, text] of Array.isArray(files)
    ? files.map((n: string) => (n === 'snapshots' ? ['snapshots/', ''] : [n, n === 'modules.json' ? '[]' : '']) as [string, string])
    : Object.entries(files)) {
    fs.mkdirSync(path.join(dir, path.dirname(`${name}x`)), { recursive: true })
    if (!name.endsWith('/')) fs.writeFileSync(path.join(dir, name), text)
  }
  return dir
}
/** The file that is named in the message, or undefined where nothing is mistaken. */
const named = (...files: string[]) => {
  const dir = folder(files)
  const error = mistakenFolder(dir)
  if (!error) return undefined
  expect(error).toBeInstanceOf(DashiError)
  expect((error as DashiError).fault).toBe('data')
  return path.relative(dir, error.message.slice(0, error.message.indexOf(': '))) || '.'
}

describe('one file in a folder', () => {
  test.each([
    ['pytorch_model.bin', 'pickle'],
    ['pytorch_model.bin.index.json', 'pickle'],
    ['a.pt', 'pickle'],
    ['a.pth', 'pickle'],
    ['a.ckpt', 'pickle'],
    ['a.pkl', 'pickle'],
    ['a.pickle', 'pickle'],
    ['adapter_config.json', 'adapter'],
    ['adapter_model.safetensors', 'adapter'],
    ['adapter_model.bin', 'adapter'],
    ['open_clip_pytorch_model.bin', 'open_clip'],
    ['open_clip_config.json', 'open_clip'],
    ['model_index.json', 'diffusers'],
    ['modules.json', 'sentence-transformers'],
    ['config_sentence_transformers.json', 'sentence-transformers'],
    ['a.gguf', 'llama.cpp'],
    ['tf_model.h5', 'TensorFlow'],
    ['tf_model.index', 'TensorFlow'],
    ['weights.h5', 'TensorFlow'],
    ['saved_model.pb', 'TensorFlow'],
    ['flax_model.msgpack', 'Flax'],
    ['model.onnx', 'ONNX'],
    ['onnx', 'ONNX'],
    ['a.mlmodel', 'another runtime'],
    ['a.mlpackage', 'another runtime'],
    ['a.tflite', 'another runtime'],
    ['a.engine', 'another runtime'],
    ['a.xml', 'another runtime'],
    ['clip.safetensors', 'model.safetensors'],
    ['snapshots', 'snapshots'],
  ])('%s is told to be of %s', (name, what) => {
    expect(named(name, 'config.json')).toBe(name)
    expect(mistakenFolder(folder([name]))!.message).toContain(what)
    expect(named(name, 'model.safetensors')).toBe(name === 'adapter_config.json' ? name : undefined)
    expect(named(name, 'model.safetensors.index.json')).toBe(name === 'adapter_config.json' ? name : undefined)
  })
  test.each([
    ...['training_args.bin', 'optimizer.pt', 'scheduler.pt', 'rng_state.pth', 'scaler.pt', 'a.bin.json', 'binary', 'bin', 'apt'],
    ...['head.safetensors', 'prompt.safetensors', '.hidden.safetensors', 'a.safetensors.part', 'gguf', 'a.onnx.txt', 'onnxes', 'onnx.md'],
    ...['open-clip.md', 'adapter.md', 'my_adapter_config.json', 'modules.jsonl', 'submodules.json', 'model_index.json5', 'saved_model.pbx'],
    ...['config.json', 'vocab.json', 'model.msgpack.md', 'a.h5.md', 'xml', 'a.enginex'],
  ])('%s says nothing', (name) => expect(named(name)).toBeUndefined())
  test('the most telling of several comes first, whatever their names', () => {
    const order = ['snapshots', 'modules.json', 'model_index.json', 'adapter_config.json', 'open_clip_a', 'z.bin']
    const more = ['y.gguf', 'x.h5', 'w.msgpack', 'v.onnx', 'u.xml', 'a.safetensors']
    const all = [...order, ...more]
    all.forEach((name, i) => expect(named(...all.slice(i))).toBe(name))
    expect(named('b.bin', 'a.bin', 'c.bin')).toBe('a.bin')
  })
})

describe('a model within', () => {
  test('is told where it lies, of one file or of shards', () => {
    for (const file of ['model.safetensors', 'model.safetensors.index.json']) {
      const dir = folder([`b/${file}`, `c/${file}`, 'a/config.json'])
      expect(mistakenFolder(dir)!.message).toContain(path.join(dir, 'b'))
    }
    expect(named('a/config.json', 'b/c/model.safetensors')).toBeUndefined()
  })
  test.each<[string, Record<string, string>, string]>([
    ['the revision that main is', { 'refs/main': ' abc \n', 'snapshots/xyz/': '', 'snapshots/uvw/': '' }, 'snapshots/abc'],
    ['the only revision', { 'snapshots/xyz/': '' }, 'snapshots/xyz'],
    ['one of several', { 'snapshots/xyz/': '', 'snapshots/uvw/': '' }, 'snapshots/REVISION'],
    ['none', { 'snapshots/': '' }, 'snapshots/REVISION'],
    ['a name that leads out', { 'refs/main': '../../etc', 'snapshots/xyz/': '' }, 'snapshots/xyz'],
    ['a name that is too long', { 'refs/main': 'a'.repeat(65), 'snapshots/xyz/': '' }, 'snapshots/xyz'],
    ['a name of 64 letters', { 'refs/main': 'a'.repeat(64), 'snapshots/xyz/': '' }, `snapshots/${'a'.repeat(64)}`],
  ])('in the cache: %s', (_, files, inside) => {
    const dir = folder(files)
    expect(mistakenFolder(dir)!.message.endsWith(` ${path.join(dir, inside)}`)).toBe(true)
  })
  test.each<[string, string, string]>([
    ['the module that is a CLIP', '[{"type":"a.Pooling","path":"1"},{"type":"a.CLIPModel","path":"0_X"}]', '0_X'],
    ['one without a folder', '[{"type":"a.CLIPModel","path":""}]', '0_CLIPModel'],
    ['none', '[{"type":"a.CLIPModelX","path":"0_X"}]', '0_CLIPModel'],
    ['what is no list', '{"type":"a.CLIPModel","path":"0_X"}', '0_CLIPModel'],
  ])('of sentence-transformers: %s', (_, modules, inside) => {
    const dir = folder({ 'modules.json': modules })
    expect(mistakenFolder(dir)!.message.endsWith(` ${path.join(dir, inside)}`)).toBe(true)
  })
  test('there is none where there is no folder, or a file', () => {
    const dir = folder(['file'])
    for (const [name, code] of [
      ['none', 'model.no-folder'],
      ['file', 'model.is-file'],
    ] as const)
      expect(mistakenFolder(path.join(dir, name))).toMatchObject({
        sentence: { code: 'in-file', params: { file: path.join(dir, name), problem: { code } } },
      })
    expect(() => mistakenFolder(path.join(dir, 'file', 'under'))).toThrow(path.join(dir, 'file', 'under'))
  })
})

describe('names of tensors', () => {
  const landmarks = ['text_model.a.weight', 'vision_model.b.weight', 'scale']
  const strange = (...names: string[]) => {
    const said = strangeNames(names, landmarks, 'CLIPModel')
    return said && say(said)
  }
  test('of the model, or of nothing known, are not strange', () => {
    expect(strange(...landmarks, 'other.transformer.resblocks.0')).toBeUndefined()
    expect(strange(...landmarks, 'ema.scale')).toBeUndefined() // beside the whole model
    expect(strange('text_model.a.weight', 'vision_model.b.weight')).toBeUndefined() // one is missing: said by its name elsewhere
    expect(strange('conv1.weight')).toBeUndefined()
    expect(strange()).toBeUndefined()
    expect(strangeNames(['anything'], [], 'X')).toBeUndefined()
    expect(strange('xscale', 'xtext_model.a.weight')).toBeUndefined()
  })
  test.each(['a.lora_A.weight', 'a.base_layer.weight', 'a.lora_embedding_B'])(
    '%s is of an adapter, even beside the whole model',
    (name) => {
      expect(strange(...landmarks, name)).toMatch(new RegExp(`^tensor ${name}: `))
    },
  )
  test.each(['lora.weight', 'alora_.weight', 'a.base_layers.weight', 'a.lora'])('%s is not', (name) => {
    expect(strange(...landmarks, name)).toBeUndefined()
  })
  test.each(['visual.conv1.weight', 'transformer.resblocks.0.a', 'visual.transformer.resblocks.3.b'])('%s is of open_clip', (name) => {
    expect(strange('scale', name)).toContain('open_clip')
  })
  test.each([
    ['module._orig_mod.', 'DistributedDataParallel and torch.compile'],
    ['_orig_mod.module.', 'torch.compile and DistributedDataParallel'],
    ['module.', 'DataParallel or DistributedDataParallel'],
    ['_orig_mod.', 'torch.compile'],
    ['base_model.model.', 'peft'],
    ['model_ema.', 'a running mean of the weights'],
    ['ema_model.', 'a running mean of the weights'],
    ['student.', "the model's wrapper"],
  ])('with %s before all of them are of %s', (prefix, wrapper) => {
    const said = strange(...landmarks.map((name) => prefix + name))
    expect(said).toContain(`the prefix "${prefix}", of ${wrapper}: `)
    expect(said).toContain(`removeprefix("${prefix}")`)
  })
  test('of several models are told by their prefixes, in order', () => {
    expect(strange('b.scale', 'a.scale', 'a.vision_model.b.weight')).toContain('several models ("a.", "b."); take one of them')
  })
  test('of one tower lack the other', () => {
    expect(strange('text_model.a.weight')).toMatch(/no image tower \(vision_model\.…\).* whole CLIPModel$/)
    expect(strange('vision_model.b.weight')).toMatch(/no text tower \(text_model\.…\).* whole CLIPModel$/)
    expect(strange('my_text_model.a')).toBeUndefined()
  })
})
