/** How tensors lie in a file, and what identifies them: sizes, order, alignment, limits of the header, the fingerprint. */
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { commonDtype, COMPANIONS, writeCheckpoint } from '../../../src-main/engine/weights/checkpoint.ts'
import { DTYPE_BYTES, DTYPES, decode, encode, isDtype, isFloat, toHalf } from '../../../src-main/engine/weights/dtype.ts'
import { readAll, writeAllAt } from '../../../src-main/engine/weights/files.ts'
import { fingerprint, sidecars } from '../../../src-main/engine/weights/fingerprint.ts'
import { buildHeader, byteLength, elements, formatShape, layout, parseHeader } from '../../../src-main/engine/weights/header.ts'
import { readJson, writeJson } from '../../../src-main/engine/weights/json.ts'
import { nonFinite, openSafetensors, readStored, writeSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { openWeights, openWeightsFile } from '../../../src-main/engine/weights/source.ts'
import { fromMemory, fromWeights, storedTensors } from '../../../src-main/engine/weights/tensors.ts'
import { memory, rawFile, record, tempDir, tiny } from './helpers.ts'

const dir = tempDir()
const at = (...names: string[]) => path.join(dir, ...names)
const spec = (name: string, dtype: (typeof DTYPES)[number], ...shape: number[]) => ({ name, dtype, shape })

describe('types', () => {
  test('have the sizes and the order of the reference implementation', () => {
    const sizes = { 1: 'BOOL U8 I8 F8_E5M2 F8_E4M3 F8_E8M0', 2: 'I16 U16 F16 BF16', 4: 'I32 U32 F32', 8: 'C64 F64 I64 U64' }
    const all = Object.entries(sizes).flatMap(([n, names]) => names.split(' ').map((name) => [name, Number(n)]))
    expect(Object.entries(DTYPE_BYTES)).toEqual(all)
    expect(DTYPES.filter(isFloat)).toEqual(['F16', 'BF16', 'F32', 'F64'])
    expect(['F32', 'f32', 'toString', undefined, 4].map(isDtype)).toEqual([true, false, false, false, false])
  })
  test('half precision: what is at its edges, to the nearest and the even', () => {
    expect([65504, 65519.99, 65520, 2 ** -14, 2 ** -24, 2 ** -25, 1.5 * 2 ** -25, -0, -65520, NaN].map(toHalf)).toEqual([
      ...[0x7bff, 0x7bff, 0x7c00, 0x0400, 1, 0, 1, 0x8000, 0xfc00, 0x7e00],
    ])
    expect([1 + 2 ** -11, 1 + 3 * 2 ** -11, 1 + 2 ** -11 + 2 ** -20].map(toHalf)).toEqual([0x3c00, 0x3c02, 0x3c01])
  })
  test('bfloat16: ties to even, and a NaN stays one', () => {
    const bits = (...words: number[]) => new Float32Array(Uint32Array.from(words).buffer)
    const half = (x: Float32Array) => [...new Uint16Array(encode(x, 'BF16').buffer)]
    expect(half(bits(0x3f808000, 0x3f818000, 0x3f808001, 0x7f800001, 0xff800000, 0x7f7fffff))).toEqual([
      ...[0x3f80, 0x3f82, 0x3f81, 0x7fc0, 0xff80, 0x7f80],
    ])
    expect([...decode(encode(bits(0x3f808001).subarray(0), 'BF16'), 'BF16')]).toEqual([...bits(0x3f810000)])
  })
})

describe('a file', () => {
  test('has larger types first, then names by their UTF-8 bytes', () => {
    const names = ['b', 'a', '\u{1F600}', '\uFF5E', 'B', 'aa']
    const order = layout([...names.map((name) => spec(name, 'F32', 1)), spec('z', 'I64', 1), spec('A', 'F16', 1), spec('m', 'U8', 1)])
    expect(order.map((s) => s.name)).toEqual(['z', 'B', 'a', 'aa', 'b', '\uFF5E', '\u{1F600}', 'A', 'm'])
  })
  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('begins with a header that ends at a multiple of 8: a name of %i letters', (n) => {
    const order = [spec('n'.repeat(n), 'F32', 2, 3), spec('o', 'U8', 5)]
    const bytes = buildHeader(order, {})
    expect(bytes.byteLength % 8).toBe(0)
    const text = Buffer.from(bytes.subarray(8)).toString()
    expect(text.trimEnd().length).toBeGreaterThan(text.length - 8)
    expect(Number(Buffer.from(bytes).readBigUInt64LE())).toBe(bytes.byteLength - 8)
    expect(JSON.parse(text)).toEqual({
      ['n'.repeat(n)]: { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
      o: { dtype: 'U8', shape: [5], data_offsets: [24, 29] },
    })
    const { tensors, metadata } = parseHeader('f', bytes.subarray(8), bytes.byteLength + 29)
    expect(tensors.map((t) => [t.name, t.offset - bytes.byteLength, t.length, t.file])).toEqual([
      ['n'.repeat(n), 0, 24, 'f'],
      ['o', 24, 5, 'f'],
    ])
    expect(metadata).toEqual({})
  })
  test('has metadata first, where there are any', () => {
    const text = (metadata: Record<string, string>) => Buffer.from(buildHeader([], metadata).subarray(8)).toString().trimEnd()
    expect([text({}), text({ format: 'pt' })]).toEqual(['{}', '{"__metadata__":{"format":"pt"}}'])
  })
  test('sizes of shapes', () => {
    expect([elements([]), elements([2, 3]), elements([2, 0]), byteLength(spec('x', 'F64', 2, 3)), byteLength(spec('x', 'BOOL'))]).toEqual([
      ...[1, 6, 0, 48, 1],
    ])
    expect([formatShape([]), formatShape([2, 3])]).toEqual(['[]', '[2, 3]'])
  })
  test('has at most 20,000 tensors, and a header of at most 8 MiB', () => {
    const entry = { dtype: 'U8', shape: [0], data_offsets: [0, 0] }
    const many = (n: number) => Object.fromEntries(Array.from({ length: n }, (_, i) => [String(i), entry]))
    const parse = (header: object) =>
      parseHeader('f', Buffer.from(JSON.stringify(header)), 8 + JSON.stringify(header).length).tensors.length
    expect(parse(many(20_000))).toBe(20_000)
    expect(() => parse(many(20_001))).toThrow('at most 20000 tensors')
    const padded = (n: number) => rawFile(at('padded'), `{}${' '.repeat(n - 2)}`)
    openSafetensors(padded(8 << 20)).close()
    expect(() => openSafetensors(padded((8 << 20) + 1))).toThrow('at most 8388608')
  })
  test('may list its tensors in any order: they come as they lie', () => {
    const lies = (...offsets: [string, number][]) => {
      const entries = offsets.map(([name, at]) => [name, { dtype: 'U8', shape: [2], data_offsets: [at, at + 2] }])
      const json = Buffer.from(JSON.stringify(Object.fromEntries(entries)))
      return parseHeader('f', json, 8 + json.length + 2 * offsets.length).tensors.map((t) => t.name)
    }
    expect(lies(['a', 4], ['b', 0], ['c', 2])).toEqual(['b', 'c', 'a'])
    expect(lies(['a', 2], ['b', 4], ['c', 0])).toEqual(['c', 'a', 'b'])
    const odd = (end: unknown) => () =>
      parseHeader('f', Buffer.from(JSON.stringify({ t: { dtype: 'U8', shape: [4], data_offsets: [0, end] } })), 99)
    for (const end of [4.5, '4', null, -1]) expect(odd(end)).toThrow('tensor t: data_offsets: expected [begin, end]')
  })
  test('is named in errors as the user gave it, and mapped by its real path', () => {
    const json = Buffer.from('{"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}')
    expect(parseHeader('given', json, 8 + json.length + 1, 'real').tensors[0]!.file).toBe('real')
    expect(() => parseHeader('given', json, 8 + json.length, 'real')).toThrow('given: tensor t')
  })
  test('is written in order, whatever order the tensors come in; each is asked for once', async () => {
    const asked: string[] = []
    const specs = [spec('c', 'F16', 2), spec('a', 'F32', 1), spec('b', 'F64', 1)]
    await writeSafetensors(at('order'), {
      specs,
      async *produce({ name, shape }) {
        asked.push(name)
        await Promise.resolve()
        for (let i = 0; i < shape[0]!; i++) yield Float32Array.of(i + 0.5)
      },
    })
    expect(asked).toEqual(['b', 'a', 'c'])
    const open = openSafetensors(at('order'))
    expect([...open.tensors.keys()]).toEqual(['b', 'a', 'c'])
    expect([open.metadata, ...['b', 'a', 'c'].map((name) => [...open.float32(name)])]).toEqual([{ format: 'pt' }, [0.5], [0.5], [0.5, 1.5]])
    open.close()
  })
  test('may be filled out of order, at the places that are told', async () => {
    const seen: [string, number][] = []
    await writeSafetensors(at('placed'), {
      specs: [spec('a', 'F32', 2), spec('b', 'F64', 1)],
      fill(fd, offsets, wrote) {
        seen.push(...offsets)
        for (const [name, values] of [
          ['a', Float32Array.of(1, 2)],
          ['b', Float64Array.of(3)],
        ] as const) {
          const bytes = new Uint8Array(values.buffer)
          writeAllAt(fd, bytes, offsets.get(name)!)
          wrote(bytes.length)
        }
        return Promise.resolve()
      },
    })
    const open = openSafetensors(at('placed'))
    expect(seen).toEqual(['b', 'a'].map((name) => [name, open.tensors.get(name)!.offset]))
    expect([[...open.float32('a')], [...open.float32('b')]]).toEqual([[1, 2], [3]])
    open.close()
  })
  test.each<[string, Parameters<typeof writeSafetensors>[1], string]>([
    ['a name twice', { specs: [spec('a', 'F32', 0), spec('a', 'F32', 0)], produce: () => new Float32Array(0) }, 'must be unique'],
    ['the name of the metadata', { specs: [spec('__metadata__', 'F32', 0)], produce: () => new Float32Array(0) }, 'must be unique'],
    ['numbers for another type', { specs: [spec('a', 'I32', 1)], produce: () => new Float32Array(1) }, 'a tensor of I32'],
    ['too few bytes', { specs: [spec('a', 'F32', 2)], produce: () => new Uint8Array(7) }, 'was given 7 bytes'],
    ['too many bytes', { specs: [spec('a', 'F32', 2)], produce: () => new Uint8Array(9) }, 'was given 9 bytes'],
    ['too many in parts', { specs: [spec('a', 'U8', 2)], produce: () => [1, 1, 1, 1].map((n) => new Uint8Array(n)) }, 'given 3 bytes'],
  ])('is not written with %s', async (_, source, problem) => {
    await expect(writeSafetensors(at('never'), source)).rejects.toThrow(problem)
    expect(fs.existsSync(at('never'))).toBe(false)
  })
})

describe('a part of a tensor', () => {
  const file = at('part')
  test('is read from where it is asked for, and never past the end of its tensor', async () => {
    await writeSafetensors(file, memory({ a: { shape: [4], data: [1, 2, 3, 4] }, b: { shape: [1], data: [9] } }))
    const open = openWeightsFile(file)
    const into = new Uint8Array(8)
    open.readInto('a', into, 4)
    expect([...new Float32Array(into.buffer)]).toEqual([2, 3])
    open.readInto('a', into)
    expect([...new Float32Array(into.buffer)]).toEqual([1, 2])
    open.readInto('a', into, 8)
    expect(() => open.readInto('a', into, 9)).toThrow(RangeError)
    expect(() => open.readInto('none', into)).toThrow('tensor none: missing')
    expect(open.stored('b')).toMatchObject({ name: 'b', file, dtype: 'F32', shape: [1], length: 4 })
    expect([open.source, open.listing, open.fileOf('a'), open.has('a'), open.has('c')]).toEqual([file, file, file, true, false])
    open.close()
  })
  test('that is no longer there is a fault of the file', async () => {
    await writeSafetensors(file, memory({ a: { shape: [4], data: [1, 2, 3, 4] } }))
    const open = openSafetensors(file)
    fs.truncateSync(file, fs.statSync(file).size - 1)
    expect(() => open.bytes('a')).toThrow(`${file}: tensor a: the file ended while it was read`)
    const { offset, ...stored } = open.stored('a')
    const into = new Uint8Array(3)
    readStored({ ...stored, offset }, into, 12)
    expect([...into]).toEqual([...new Uint8Array(Float32Array.of(4).buffer).subarray(0, 3)])
    open.close()
  })
  test('bytes at a place of a file: as many as there are', () => {
    const plain = at('plain')
    fs.writeFileSync(plain, '0123456789')
    const fd = fs.openSync(plain, 'r+')
    const into = Buffer.alloc(6)
    expect([readAll(fd, into, 2), into.toString(), readAll(fd, into, 7), readAll(fd, into, 10)]).toEqual([6, '234567', 3, 0])
    writeAllAt(fd, Buffer.from('ab'), 9)
    fs.closeSync(fd)
    expect(fs.readFileSync(plain, 'utf8')).toBe('012345678ab')
  })
  test('an element that is no number is told by its row and column', () => {
    const place = (shape: number[], i: number) => /at (\[.*\])$/.exec(nonFinite('f', 't', shape, i, NaN).message)![1]
    expect([place([2, 3, 4], 23), place([2, 3, 4], 0), place([2, 3, 4], 13), place([5], 4), place([], 0)]).toEqual([
      ...['[1, 2, 3]', '[0, 0, 0]', '[1, 0, 1]', '[4]', '[]'],
    ])
  })
  test.each(['F32', 'F16', 'BF16', 'F64'] as const)('the first infinity of %s is found where it is', async (dtype) => {
    await writeSafetensors(
      file,
      memory({ a: { shape: [3, 5], data: [...Array<number>(7).fill(1), -Infinity, ...Array<number>(7).fill(NaN)] } }, dtype),
    )
    const open = openWeightsFile(file)
    for (const look of [() => open.checkFinite('a'), () => open.float32('a'), () => open.expectTensor('a', [3, 5])])
      expect(look).toThrow(`${file}: tensor a: expected finite numbers, found -Infinity at [1, 2]`)
    open.close()
  })
})

describe('what is written from a model', () => {
  test('a tensor of many parts, as stored and widened', async () => {
    const n = (4 << 20) / 2 + 3 // three more than fit one part
    const values = Float32Array.from({ length: n }, (_, i) => (i % 2048) - 1024)
    const ids = BigInt64Array.of(5n, -6n)
    await writeSafetensors(at('large'), {
      specs: [spec('w', 'F16', n), spec('ids', 'I64', 2)],
      produce: ({ name }) => (name === 'w' ? values : new Uint8Array(ids.buffer)),
    })
    const base = openWeightsFile(at('large'))
    await writeSafetensors(at('stored'), storedTensors(base))
    expect(fs.readFileSync(at('stored')).equals(fs.readFileSync(at('large')))).toBe(true)
    await writeSafetensors(at('wide'), fromWeights(base, new Map()))
    const wide = openSafetensors(at('wide'))
    expect([...wide.tensors.values()].map(({ name, dtype, shape }) => [name, dtype, shape])).toEqual([
      ['ids', 'I64', [2]],
      ['w', 'F32', [n]],
    ])
    expect(Buffer.from(wide.bytes('w')).equals(Buffer.from(values.buffer))).toBe(true)
    expect([...new BigInt64Array(wide.bytes('ids').buffer)]).toEqual([5n, -6n])
    wide.close()
    expect(() => fromWeights(base, new Map([['w', new Float32Array(n - 1)]]))).toThrow('values for shape')
    expect(() => fromWeights(base, new Map([['none', new Float32Array(1)]]))).toThrow('tensor none: missing')
    base.close()
  })
  test('from memory it is F32 unless another type is asked for', () => {
    const tensors = new Map([['a', { shape: [2], data: Float32Array.of(1, 2) }]])
    expect([fromMemory(tensors).specs, fromMemory(tensors, 'BF16').specs]).toEqual([[spec('a', 'F32', 2)], [spec('a', 'BF16', 2)]])
  })
  test('of several float types it is told to be of the one that holds all', () => {
    const cases: [(typeof DTYPES)[number][], string | undefined][] = [
      [['F16'], 'F16'],
      [['BF16', 'BF16', 'I64'], 'BF16'],
      [['F16', 'BF16'], 'F32'],
      [['F16', 'F32'], 'F32'],
      [['F16', 'F64', 'F32'], 'F64'],
      [['I64', 'BOOL'], undefined],
      [[], undefined],
    ]
    for (const [dtypes, common] of cases) expect([dtypes, commonDtype(dtypes)]).toEqual([dtypes, common])
  })
  test.each([
    ['{}', '{\n  "dtype": "float64"}'],
    ['{"torch_dtype": null}', '{"torch_dtype": "float64"}'],
    ['{"text_config": {"dtype" : "float16"}}', '{\n  "dtype": "float64","text_config": {"dtype" : "float64"}}'],
    ['{"name": "dtype"}', '{\n  "dtype": "float64","name": "dtype"}'],
  ])('its type is told in a configuration of %s', async (config, told) => {
    fs.mkdirSync(at('typed'), { recursive: true })
    fs.writeFileSync(at('typed', 'config.json'), config)
    const weights = memory({ a: { shape: [1], data: [1] } }, 'F64')
    await writeCheckpoint(at('typed-out'), { base: at('typed'), weights, record })
    expect(fs.readFileSync(at('typed-out', 'config.json'), 'utf8')).toBe(told)
  })
  test('every companion of the base comes along, readable and writable, and nothing else', async () => {
    fs.mkdirSync(at('base/sub'), { recursive: true })
    for (const name of [...COMPANIONS, 'README.md', 'sub/config.json']) fs.writeFileSync(at('base', name), '{}', { mode: 0o444 })
    await writeCheckpoint(at('copy'), {
      base: at('base'),
      weights: memory({ a: { shape: [1], data: [1] } }),
      files: { 'adapter/adapter_config.json': '{"r":4}', 'tokenizer.json': '{"own":1}' },
      record,
    })
    const written = ['adapter', 'dashi.json', 'model.safetensors', ...COMPANIONS]
    expect(fs.readdirSync(at('copy')).sort()).toEqual(written.sort())
    expect(fs.readFileSync(at('copy/tokenizer.json'), 'utf8')).toBe('{"own":1}')
    expect(COMPANIONS.map((name) => (fs.statSync(at('copy', name)).mode & 0o600).toString(8))).toEqual(COMPANIONS.map(() => '600'))
    expect(COMPANIONS).toHaveLength(10)
    await expect(writeCheckpoint(at('no'), { base: at('base/none'), weights: memory({}), record })).rejects.toThrow(
      'config.json: not found',
    )
  })
})

describe('the fingerprint', () => {
  const sha = (x: Uint8Array | string) => createHash('sha256').update(x).digest('hex')
  const line = (name: string, dtype: string, shape: string, bytes: Uint8Array) => `${name} ${dtype} [${shape}] ${sha(bytes)}\n`
  test('is the hash of one line a tensor, by name, the model first and then every file beside it', async () => {
    const [a, b] = [Float32Array.of(1, 2), Float32Array.of(3)]
    const of = (x: Float32Array, name: string, shape: number[]) => memory({ [name]: { shape, data: [...x] } })
    const written = await writeCheckpoint(at('signed'), {
      config: {},
      weights: memory({ b: { shape: [2, 1], data: [1, 2] }, a: { shape: [], data: [3] } }, 'F16'),
      tensors: { 'z.safetensors': of(a, 'p', [2]), 'c.safetensors': of(b, 'q', [1]), 'adapter/x.safetensors': of(b, 'r', [1]) },
      record,
    })
    const [fa, fb] = [encode(a, 'F16'), encode(b, 'F16')]
    const bytes = (x: Float32Array) => new Uint8Array(x.buffer)
    const text = [
      line('a', 'F16', '', fb),
      line('b', 'F16', '2,1', fa),
      '# c.safetensors\n',
      line('q', 'F32', '1', bytes(b)),
      '# z.safetensors\n',
      line('p', 'F32', '2', bytes(a)),
    ].join('')
    expect(await fingerprint(at('signed'))).toBe(sha(text))
    expect(written.fingerprint).toBe(sha(text))
    expect(sidecars(at('signed'))).toEqual(['c.safetensors', 'z.safetensors'])
  })
  test('leaves out shards, hidden files and what is no tensor file', () => {
    fs.mkdirSync(at('beside'))
    const names = ['model.safetensors', 'model-00001-of-00002.safetensors', '.model.safetensors', 'model.safetensors.index.json', 'x.json']
    for (const name of [...names, 'model-1.safetensors', 'models.safetensors', 'head.safetensors']) fs.writeFileSync(at('beside', name), '')
    expect(sidecars(at('beside'))).toEqual(['head.safetensors', 'model-1.safetensors', 'models.safetensors'])
  })
  test('is not known of what is written out of order', async () => {
    const filled = {
      specs: [spec('a', 'U8', 1)],
      fill: (fd: number, o: ReadonlyMap<string, number>) => Promise.resolve(writeAllAt(fd, Uint8Array.of(1), o.get('a')!)),
    }
    expect((await tiny(at('unsigned'), [1, 2, 3, 4], { weights: filled })).fingerprint).toBeUndefined()
    const beside = { 'p.safetensors': filled }
    expect((await tiny(at('unsigned'), [1, 2, 3, 4], { tensors: beside })).fingerprint).toBeUndefined()
  })
})

test("a temperature of one element is CLIP's scalar; SigLIP's, which has a bias beside it, is not", async () => {
  const shapeOf = async (tensors: Record<string, number[]>) => {
    await writeSafetensors(
      at('scale'),
      memory(
        Object.fromEntries(Object.entries(tensors).map(([name, shape]) => [name, { shape, data: Array<number>(elements(shape)).fill(1) }])),
      ),
    )
    const open = openWeightsFile(at('scale'))
    const { shape } = open.info(Object.keys(tensors)[0]!)
    open.close()
    return shape
  }
  expect(await shapeOf({ logit_scale: [1] })).toEqual([])
  expect(await shapeOf({ logit_scale: [1], logit_bias: [1] })).toEqual([1])
  expect(await shapeOf({ logit_scale: [2] })).toEqual([2])
  expect(await shapeOf({ logit_scale: [1, 1] })).toEqual([1, 1])
  expect(await shapeOf({ other_scale: [1] })).toEqual([1])
})

test('optional tensors are named with wildcards, and by nothing but them', async () => {
  fs.mkdirSync(at('wild'))
  const write = (...names: string[]) =>
    writeSafetensors(at('wild', 'model.safetensors'), memory(Object.fromEntries(names.map((n) => [n, { shape: [1], data: [1] }]))))
  await write('a.b', 'axb')
  const open = openWeights(at('wild'))
  expect(open.names()).toEqual(['a.b', 'axb'])
  const extra =
    (...ignore: string[]) =>
    () =>
      open.expectTensors(new Map(), ignore)
  expect(extra('a.b')).toThrow('tensor axb: not part of the model')
  expect(extra('a?b', '.*')).toThrow('tensor a')
  expect(extra('a*', 'b')).not.toThrow()
  expect(extra('a', 'b', '*.b')).toThrow('tensor axb')
  open.close()
})

describe('JSON', () => {
  test('is written indented, with a line end, and read with the place of what is wrong', async () => {
    await writeJson(at('j.json'), { a: [1] })
    expect(fs.readFileSync(at('j.json'), 'utf8')).toBe('{\n  "a": [\n    1\n  ]\n}\n')
    const number = z.object({ a: z.array(z.number({ error: 'expected a number' })) })
    fs.writeFileSync(at('j.json'), '{"a": [1, "2"]}')
    expect(() => readJson(at('j.json'), number)).toThrow(`${at('j.json')}: a[1]: expected a number`)
    expect(() => readJson(at('j.json'), z.number({ error: 'expected a number' }))).toThrow(`${at('j.json')}: expected a number`)
    expect(() => readJson(at('j.json'), number, 14)).toThrow('at most 14 bytes, found 15')
    expect(readJson(at('j.json'), z.unknown(), 15)).toEqual({ a: [1, '2'] })
  })
})
