import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { openWeights } from '../../../src-main/engine/weights/source.ts'
import { writeSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { GOLDEN, memory, tempDir } from './helpers.ts'

const dir = tempDir()
const folder = (name: string) => {
  const d = path.join(dir, name)
  fs.mkdirSync(d, { recursive: true })
  return d
}
const expectedOf = (name: string) =>
  JSON.parse(fs.readFileSync(path.join(GOLDEN, name, 'expected.json'), 'utf8')) as Record<string, number[]>

describe('a folder that Python wrote', () => {
  it.each([
    ['fp32', 'fp32'],
    ['fp16', 'fp16'],
    ['bf16', 'bf16'],
    ['sharded', 'fp32'],
  ])('%s', (name, values) => {
    const weights = openWeights(path.join(GOLDEN, name))
    const expected = expectedOf(values)
    expect(weights.names()).toEqual(Object.keys(expected).sort())
    for (const [tensor, v] of Object.entries(expected)) expect([...weights.float32(tensor)]).toEqual(v)
    weights.close()
  })

  it('may consist of symbolic links, as in the hub cache', () => {
    const blobs = folder('cache/blobs')
    const snapshot = folder('cache/snapshots/1')
    for (const [i, file] of fs.readdirSync(path.join(GOLDEN, 'sharded')).entries()) {
      fs.copyFileSync(path.join(GOLDEN, 'sharded', file), path.join(blobs, `blob${i}`))
      fs.symlinkSync(`../../blobs/blob${i}`, path.join(snapshot, file))
    }
    const weights = openWeights(snapshot)
    expect([...weights.float32('layer.0.bias')]).toEqual(expectedOf('fp32')['layer.0.bias'])
    expect(path.dirname(weights.info('layer.0.bias').file)).toBe(fs.realpathSync(blobs))
    expect(path.dirname(weights.fileOf('layer.0.bias'))).toBe(snapshot)
    weights.close()
  })
})

describe('an inconsistent index', () => {
  const index = (name: string, map: unknown) => {
    const d = folder(name)
    for (const f of fs.readdirSync(path.join(GOLDEN, 'sharded'))) fs.copyFileSync(path.join(GOLDEN, 'sharded', f), path.join(d, f))
    const file = path.join(d, 'model.safetensors.index.json')
    const given = JSON.parse(fs.readFileSync(file, 'utf8')) as { weight_map: Record<string, string> }
    fs.writeFileSync(file, JSON.stringify({ weight_map: typeof map === 'function' ? map(given.weight_map) : map }))
    return () => openWeights(d)
  }
  it.each(['../secret.safetensors', '/etc/passwd', 'a/../../b', 'C:\\x', 'C:x', '', '.'])('a shard outside the folder: %s', (shard) => {
    expect(index('escape', { w: shard })).toThrow(/index\.json: weight_map\.w: expected the name of a file in this folder/)
  })
  it('a missing shard', () => expect(index('gone', { w: 'no.safetensors' })).toThrow(/no\.safetensors: not found/))
  it('a tensor that its shard does not have', () =>
    expect(index('lies', (m: Record<string, string>) => ({ ...m, extra: Object.values(m)[0] }))).toThrow(/tensor extra: missing, though/))
  it('a tensor of a shard that it does not list', () =>
    expect(index('omits', (m: Record<string, string>) => Object.fromEntries(Object.entries(m).slice(1)))).toThrow(
      /says that it is in no file/,
    ))
  it('not a map', () => expect(index('list', ['a'])).toThrow(/index\.json: weight_map: /))
})

describe('a folder without safetensors', () => {
  it('is told that a pickle is never opened, and how to convert it', () => {
    const d = folder('pickle')
    fs.writeFileSync(path.join(d, 'pytorch_model.bin'), 'cos\nsystem')
    expect(() => openWeights(d)).toThrow(/pytorch_model\.bin: a pickle can run any program.*save_pretrained/)
  })
  it('is told what was expected', () => {
    expect(() => openWeights(folder('empty'))).toThrow(/empty: expected model\.safetensors or/)
    expect(() => openWeights(path.join(dir, 'nowhere'))).toThrow(/nowhere: not found/)
  })
})

describe('the tensors that a model expects', () => {
  const d = folder('model')
  const file = path.join(d, 'model.safetensors')
  const write = (names: string[]) =>
    writeSafetensors(file, memory(Object.fromEntries(names.map((n) => [n, { shape: [2, 3], data: [1, 2, 3, 4, 5, 6] }]))))
  const expected = new Map([
    ['a.weight', [2, 3]],
    ['text.position_ids', [2, 3]],
  ])

  it('are there with their shapes', async () => {
    await write(['a.weight', 'text.position_ids'])
    const w = openWeights(d)
    w.expectTensors(expected)
    expect(w.expectTensor('a.weight', [2, 3])).toHaveLength(6)
    expect(() => w.expectTensor('a.weight', [3, 2])).toThrow(`${file}: tensor a.weight: expected shape [3, 2], found [2, 3]`)
    expect(() => w.expectTensors(new Map([['a.weight', [6]]]))).toThrow('expected shape [6], found [2, 3]')
    w.close()
  })

  it('are missing, or too many, unless they are ignored', async () => {
    await write(['a.weight', 'vision.position_ids'])
    const w = openWeights(d)
    expect(() => w.expectTensors(expected)).toThrow(`${file}: tensor text.position_ids: missing`)
    expect(() => w.expectTensors(new Map([['a.weight', [2, 3]]]))).toThrow(`${file}: tensor vision.position_ids: not part of the model`)
    w.expectTensors(expected, ['*.position_ids'])
    expect(() => w.expectTensors(expected, ['*.position-ids'])).toThrow('missing')
    w.close()
  })
})
