import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { DashiError } from '#shared/errors.ts'
import { findRecord, readRecord, writeCheckpoint, writeRecord } from '../../../src-main/engine/weights/checkpoint.ts'
import { fingerprint } from '../../../src-main/engine/weights/fingerprint.ts'
import { readHead } from '../../../src-main/engine/weights/head.ts'
import { readJson } from '../../../src-main/engine/weights/json.ts'
import { openWeights } from '../../../src-main/engine/weights/source.ts'
import { fromWeights, storedTensors } from '../../../src-main/engine/weights/tensors.ts'
import { GOLDEN, memory, rawFile, record, tempDir, tiny } from './helpers.ts'

const dir = tempDir()
const at = (...names: string[]) => path.join(dir, ...names)
afterEach(() => vi.restoreAllMocks())
const head = { classes: ['cat', 'dog'], dim: 3, weight: Float32Array.of(1, 2, 3, 4, 5, 6), bias: Float32Array.of(0.5, -0.5) }

describe('a checkpoint', () => {
  it('has the base’s config, tokenizer and preprocessor, the weights, the head and the lineage', async () => {
    await tiny(at('base'), [1, 2, 3, 4], {
      files: { 'tokenizer.json': '{"t":1}', 'preprocessor_config.json': '{"p":1}', 'notes.txt': 'not copied' },
    })
    const base = openWeights(at('base'))
    const trained = new Map([['a.weight', Float32Array.of(5, 6, 7, 8)]])
    const written = await writeCheckpoint(at('ft'), {
      base: at('base'),
      weights: fromWeights(base, trained),
      head,
      record: { ...record, base: { path: at('base'), fingerprint: await fingerprint(at('base')) } },
    })
    base.close()
    expect(fs.readdirSync(at('ft')).sort()).toEqual([
      'config.json',
      'dashi.json',
      'head.safetensors',
      'model.safetensors',
      'preprocessor_config.json',
      'tokenizer.json',
    ])
    expect(readRecord(at('ft'))).toEqual(written)
    expect(written).toMatchObject({ format: 1, recipe: { name: 'ft' }, classes: ['cat', 'dog'], fingerprint: await fingerprint(at('ft')) })
    expect(readHead(at('ft'))).toEqual(head)
    const w = openWeights(at('ft'))
    expect([...w.float32('a.weight'), ...w.float32('b.bias')]).toEqual([5, 6, 7, 8, 1, 2])
    w.close()
  })

  it.each(['fp16', 'bf16'])('trained from a %s base is F32 as a whole; what was not trained has the same values', async (stored) => {
    const base = openWeights(path.join(GOLDEN, stored))
    await writeCheckpoint(at('half'), {
      config: {},
      weights: fromWeights(base, new Map([['layer.0.bias', Float32Array.of(0.1, 0.2, 0.3, 0.4)]])),
      record,
    })
    const w = openWeights(at('half'))
    expect(w.names()).toEqual(base.names())
    for (const name of w.names()) expect(w.info(name).dtype).toBe('F32')
    expect([...w.float32('layer.0.bias')]).toEqual([0.1, 0.2, 0.3, 0.4].map(Math.fround))
    expect(w.float32('layer.1.weight')).toEqual(base.float32('layer.1.weight'))
    expect(readRecord(at('half')).fingerprint).toBe(await fingerprint(at('half')))
    base.close()
    w.close()
  })

  it('tells transformers in which precision it is, at every place that says one, and changes no other character', async () => {
    const said = (dtype: string) =>
      `{"dtype": "${dtype}", "initializer_factor": 1.0, "model_type": "clip", "torch_dtype":"${dtype}", "text_config": {"dtype": "${dtype}"}}`
    await tiny(at('f16'), [1, 2, 3, 4], { config: undefined, files: { 'config.json': said('float16') } }, 'F16')
    const base = openWeights(at('f16'))
    for (const [weights, dtype] of [
      [storedTensors(base), 'float16'],
      [fromWeights(base, new Map()), 'float32'],
      [fromWeights(base, new Map([['a.weight', Float32Array.of(5, 6, 7, 8)]])), 'float32'],
    ] as const) {
      await writeCheckpoint(at('f16-ft'), { base: at('f16'), weights, record })
      expect(fs.readFileSync(at('f16-ft', 'config.json'), 'utf8')).toBe(said(dtype))
    }
    base.close()
  })

  it('says so too if its base did not', async () => {
    await tiny(
      at('silent'),
      [1, 2, 3, 4],
      { config: undefined, files: { 'config.json': '{\n  "initializer_factor": 1.0,\n  "text_config": {"torch_dtype": null}\n}' } },
      'BF16',
    )
    const base = openWeights(at('silent'))
    await writeCheckpoint(at('said'), { base: at('silent'), weights: storedTensors(base), record })
    expect(fs.readFileSync(at('said', 'config.json'), 'utf8')).toBe(
      '{\n  "dtype": "bfloat16",\n  "initializer_factor": 1.0,\n  "text_config": {"torch_dtype": "bfloat16"}\n}',
    )
    await writeCheckpoint(at('said'), { base: at('silent'), weights: fromWeights(base, new Map()), record })
    expect(fs.readFileSync(at('said', 'config.json'), 'utf8')).toContain('"dtype": "float32"')
    base.close()
  })

  it('has new metrics by replacing its record', async () => {
    await tiny(at('metrics'), [1, 2, 3, 4])
    await writeRecord(at('metrics'), { ...readRecord(at('metrics')), metrics: { id: 0.9 } })
    expect(readRecord(at('metrics')).metrics).toEqual({ id: 0.9 })
    expect(findRecord(GOLDEN)).toBeUndefined()
  })
})

describe('the fingerprint', () => {
  it('depends on values, names, shapes and the head, not on shards or metadata', async () => {
    const prints = new Set<string>()
    const variants = [
      () => tiny(at('f'), [1, 2, 3, 4]),
      () => tiny(at('f'), [1, 2, 3, 5]),
      () => tiny(at('f'), [1, 2, 3, 4], { head }),
      () =>
        tiny(at('f'), [1, 2, 3, 4], {
          weights: memory({ 'a.weight': { shape: [4], data: [1, 2, 3, 4] }, 'b.bias': { shape: [2], data: [1, 2] } }),
        }),
      () =>
        tiny(at('f'), [1, 2, 3, 4], {
          weights: memory({ 'A.weight': { shape: [2, 2], data: [1, 2, 3, 4] }, 'b.bias': { shape: [2], data: [1, 2] } }),
        }),
    ]
    for (const write of variants) prints.add((await write()).fingerprint!)
    expect(prints.size).toBe(variants.length)
    expect(await fingerprint(path.join(GOLDEN, 'sharded'))).toBe(await fingerprint(path.join(GOLDEN, 'fp32')))
  })
})

describe('replacing a checkpoint', () => {
  it('is all or nothing', async () => {
    await tiny(at('r'), [1, 2, 3, 4])
    const failing = tiny(at('r'), [9, 9, 9, 9], {
      weights: {
        ...memory({ w: { shape: [1], data: [1] } }),
        produce: () => {
          throw new Error('out of memory')
        },
      },
    })
    await expect(failing).rejects.toThrow('out of memory')
    const w = openWeights(at('r'))
    expect([...w.float32('a.weight')]).toEqual([1, 2, 3, 4])
    w.close()
    await tiny(at('r'), [5, 6, 7, 8], { files: { 'vocab.json': '{}' } })
    await tiny(at('r'), [5, 6, 7, 9])
    expect(fs.readdirSync(at('r')).sort()).toEqual(['config.json', 'dashi.json', 'model.safetensors']) // nothing of the old one is left in it
    expect(fs.readdirSync(dir).filter((n) => n.startsWith('.'))).toEqual([])
  })

  it('on a full disk names the file as the user knows it', async () => {
    const open = fs.openSync
    vi.spyOn(fs, 'openSync').mockImplementation(((file: string, flags: string) => {
      if (String(file).includes('.model.safetensors.')) throw Object.assign(new Error(), { code: 'ENOSPC' })
      return open(file, flags)
    }) as typeof fs.openSync)
    await expect(tiny(at('full'), [1, 2, 3, 4])).rejects.toThrow(
      `${at('full', 'model.safetensors')}: cannot be written: no space left on the device`,
    )
    expect(fs.readdirSync(dir).filter((n) => n.includes('full'))).toEqual([])
  })

  it('that was killed between its two renames is undone by the next to open it', async () => {
    await tiny(at('killed'), [1, 2, 3, 4])
    fs.renameSync(at('killed'), at('.killed.old'))
    const w = openWeights(at('killed'))
    expect([...w.float32('b.bias')]).toEqual([1, 2])
    w.close()
  })

  it('never touches a folder that is not a checkpoint', async () => {
    fs.mkdirSync(at('home'))
    fs.writeFileSync(at('home', 'thesis.txt'), 'all of it')
    await expect(tiny(at('home'), [1, 2, 3, 4])).rejects.toThrow(/home: has files and no dashi\.json: not replaced/)
    await expect(tiny(at('home', 'thesis.txt'), [1, 2, 3, 4])).rejects.toThrow(/thesis\.txt: is a file/)
    expect(fs.readFileSync(at('home', 'thesis.txt'), 'utf8')).toBe('all of it')
  })

  it('is not replaced if somebody keeps a file next to it', async () => {
    await tiny(at('noted'), [1, 2, 3, 4])
    fs.writeFileSync(at('noted', '.DS_Store'), '')
    await tiny(at('noted'), [1, 2, 3, 5])
    fs.writeFileSync(at('noted', 'notes.txt'), 'all of it')
    await expect(tiny(at('noted'), [1, 2, 3, 4])).rejects.toThrow(/notes\.txt: does not belong to the checkpoint: not replaced/)
    fs.renameSync(at('noted', 'notes.txt'), at('notes.txt'))
    fs.mkdirSync(at('noted', '.git'))
    await expect(tiny(at('noted'), [1, 2, 3, 4])).rejects.toThrow(/\.git: does not belong to the checkpoint: not replaced/)
  })

  it('may read from the folder that it replaces', async () => {
    await tiny(at('self'), [1, 2, 3, 4])
    const w = openWeights(at('self'))
    await writeCheckpoint(at('self'), { base: at('self'), weights: storedTensors(w), record })
    w.close()
    expect(readRecord(at('self')).fingerprint).toBe(await fingerprint(at('self')))
  })
})

describe('bad files, one line each', () => {
  const schema = z.object({ vision_config: z.object({ layers: z.array(z.number()) }) })
  it.each([
    ['{"vision_config": {"layers": [1, "two"]}}', /bad\.json: vision_config\.layers\[1\]: .*expected number/],
    ['{"vision_config"', /bad\.json: not a JSON document/],
    ['[]', /bad\.json: .*expected object/],
  ])('JSON: %s', (text, problem) => {
    fs.writeFileSync(at('bad.json'), text)
    expect(() => readJson(at('bad.json'), schema)).toThrow(DashiError)
    expect(() => readJson(at('bad.json'), schema)).toThrow(problem)
  })
  it('missing JSON', () => expect(() => readJson(at('no.json'), schema)).toThrow(`${at('no.json')}: not found`))

  it('a head whose rows are not its classes', () => {
    fs.mkdirSync(at('h'))
    const tensor = (shape: number[], from: number) => ({
      dtype: 'F32',
      shape,
      data_offsets: [from, from + 4 * shape.reduce((a, b) => a * b, 1)],
    })
    const write = (classes: string, rows: number) =>
      rawFile(
        at('h', 'head.safetensors'),
        { __metadata__: { classes }, 'head.weight': tensor([rows, 2], 0), 'head.bias': tensor([2], rows * 8) },
        rows * 8 + 8,
      )
    write('["a","b"]', 3)
    expect(() => readHead(at('h'))).toThrow('tensor head.weight: expected shape [2, dim], found [3, 2]')
    write('["a","b","c"]', 3)
    expect(() => readHead(at('h'))).toThrow('tensor head.bias: expected shape [3], found [2]')
    write('a,b', 2)
    expect(() => readHead(at('h'))).toThrow('__metadata__.classes: expected a JSON array of class names')
  })
})
