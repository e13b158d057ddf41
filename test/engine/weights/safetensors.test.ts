import fs from 'node:fs'
import path from 'node:path'
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { DashiError } from '#shared/errors.ts'
import { decode, encode, isFloat, toHalf } from '../../../src-main/engine/weights/dtype.ts'
import { openSafetensors, writeSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { storedTensors } from '../../../src-main/engine/weights/tensors.ts'
import { openWeightsFile } from '../../../src-main/engine/weights/source.ts'
import { GOLDEN, memory, rawFile, tempDir } from './helpers.ts'

const dir = tempDir()
const at = (name: string) => path.join(dir, name)
afterEach(() => vi.restoreAllMocks())

describe('a file of the reference library', () => {
  const golden = path.join(GOLDEN, 'mixed.safetensors')
  const expected = JSON.parse(fs.readFileSync(path.join(GOLDEN, 'mixed.json'), 'utf8')) as Record<
    string,
    { shape: number[]; values: number[] }
  >

  it('is read: names, shapes and the values of every float type', () => {
    const open = openSafetensors(golden)
    expect([...open.tensors.keys()].sort()).toEqual(Object.keys(expected).sort())
    expect(open.metadata).toEqual({ format: 'pt' })
    for (const [name, { shape, values }] of Object.entries(expected)) {
      const info = open.tensors.get(name)!
      expect(info.shape).toEqual(shape)
      if (isFloat(info.dtype)) expect([...open.float32(name)]).toEqual(values.map(Math.fround))
    }
    expect([...new BigInt64Array(open.bytes('embeddings.position_ids').buffer)]).toEqual([0n, 1n, 2n, 3n, 4n, 5n])
    expect([...open.bytes('mask')]).toEqual([1, 0, 1])
    expect(() => open.float32('mask')).toThrow(`${golden}: tensor mask: dtype: expected F32, F16, BF16 or F64, found BOOL`)
    open.close()
  })

  it('says where each tensor lies, for memory-mapping', () => {
    const open = openSafetensors(golden)
    const whole = fs.readFileSync(golden)
    for (const { name, file, offset, length } of open.tensors.values()) {
      expect(file).toBe(fs.realpathSync(golden))
      expect(Buffer.from(open.bytes(name))).toEqual(whole.subarray(offset, offset + length))
    }
    open.close()
  })

  it('is written again byte for byte', async () => {
    const weights = openWeightsFile(golden)
    await writeSafetensors(at('again.safetensors'), storedTensors(weights))
    weights.close()
    expect(fs.readFileSync(at('again.safetensors'))).toEqual(fs.readFileSync(golden))
  })
})

describe('conversion', () => {
  it('rounds as numpy and torch do, 3,000 random bit patterns and the edges', () => {
    const file = fs.readFileSync(path.join(GOLDEN, 'rounding.bin'))
    const n = file.length / 8
    const bytes = new Uint8Array(file)
    const values = new Float32Array(bytes.buffer, 0, n)
    expect(Buffer.from(encode(values, 'F16'))).toEqual(file.subarray(4 * n, 6 * n))
    expect(Buffer.from(encode(values, 'BF16'))).toEqual(file.subarray(6 * n))
  })

  it('keeps every half value', () => {
    const all = Uint16Array.from({ length: 1 << 16 }, (_, i) => i)
    const values = decode(new Uint8Array(all.buffer), 'F16')
    expect([...all].filter((h) => !Number.isNaN(values[h]) && toHalf(values[h]!) !== h)).toEqual([])
    expect([values[0x3c00], values[0x7bff], values[1], values[0xfc00]]).toEqual([1, 65504, 2 ** -24, -Infinity])
  })
})

describe('an inconsistent file is refused in one line', () => {
  const f32 = (shape: unknown, offsets: unknown, dtype = 'F32') => ({ dtype, shape, data_offsets: offsets })
  const cases: [string, () => string, RegExp][] = [
    ['empty', () => (fs.writeFileSync(at('x'), ''), at('x')), /header length: expected 8 bytes, found a file of 0/],
    ['a header length beyond the file', () => rawFile(at('x'), {}, 0, 5000), /header length: 5000 bytes, but only 2 follow/],
    ['an absurd header length', () => rawFile(at('x'), {}, 0, 2 ** 60), /header length: expected at most 8388608/],
    ['a header too short to be JSON', () => rawFile(at('x'), {}, 0, 1), /header length: expected at least 2/],
    ['a header cut off', () => rawFile(at('x'), { a: f32([1], [0, 4]) }, 4, 10), /header: expected JSON/],
    ['not JSON', () => rawFile(at('x'), 'hello world'), /header: expected JSON/],
    [
      'not UTF-8',
      () => (fs.writeFileSync(at('x'), Buffer.from([4, 0, 0, 0, 0, 0, 0, 0, 123, 255, 254, 125])), at('x')),
      /header: expected JSON in UTF-8/,
    ],
    ['not an object', () => rawFile(at('x'), []), /header: expected a JSON object/],
    [
      'a name twice',
      () =>
        rawFile(
          at('x'),
          '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"\\u0061":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
          4,
        ),
      /key "a" appears twice/,
    ],
    [
      'a field twice',
      () => rawFile(at('x'), '{"a":{"dtype":"F32","dtype":"F16","shape":[2],"data_offsets":[0,4]}}', 4),
      /key "dtype" appears twice/,
    ],
    ['metadata that is not text', () => rawFile(at('x'), { __metadata__: { epoch: 3 } }), /__metadata__.epoch: expected a string/],
    ['an unknown dtype', () => rawFile(at('x'), { a: f32([1], [0, 4], 'Q4') }, 4), /tensor a: dtype: expected one of BOOL.*found "Q4"/],
    ['a negative size', () => rawFile(at('x'), { a: f32([-1], [0, 4]) }, 4), /tensor a: shape: expected an array of sizes/],
    ['a fractional size', () => rawFile(at('x'), { a: f32([1.5], [0, 4]) }, 4), /tensor a: shape/],
    ['a huge shape', () => rawFile(at('x'), { a: f32([2 ** 40, 2 ** 40], [0, 4]) }, 4), /tensor a: shape: .* larger than any file/],
    ['no shape', () => rawFile(at('x'), { a: { dtype: 'F32', data_offsets: [0, 4] } }, 4), /tensor a: shape: .*found nothing/],
    [
      'too few bytes for its shape',
      () => rawFile(at('x'), { a: f32([2], [0, 4]) }, 4),
      /tensor a: data_offsets: expected 8 bytes for F32 \[2\], found 4/,
    ],
    ['offsets backwards', () => rawFile(at('x'), { a: f32([1], [4, 0]) }, 4), /tensor a: data_offsets: expected \[begin, end\]/],
    [
      'offsets out of range',
      () => rawFile(at('x'), { a: f32([2], [0, 8]) }, 4),
      /tensor a: data_offsets: end at 8, but the file has 4 bytes/,
    ],
    [
      'overlapping tensors',
      () => rawFile(at('x'), { a: f32([2], [0, 8]), b: f32([2], [4, 12]) }, 12),
      /tensor b: data_offsets: overlaps tensor a/,
    ],
    [
      'the same bytes twice',
      () => rawFile(at('x'), { a: f32([1], [0, 4]), b: f32([1], [0, 4]) }, 4),
      /tensor b: data_offsets: overlaps tensor a/,
    ],
    [
      'a gap',
      () => rawFile(at('x'), { a: f32([1], [0, 4]), b: f32([1], [8, 12]) }, 12),
      /tensor b: data_offsets: leaves a gap after tensor a: expected to begin at 4, found 8/,
    ],
    ['a gap at the start', () => rawFile(at('x'), { a: f32([1], [4, 8]) }, 8), /tensor a: data_offsets: leaves a gap after the header/],
    ['bytes that belong to nothing', () => rawFile(at('x'), { a: f32([1], [0, 4]) }, 9), /data: expected the tensors' 4 bytes.*found 9/],
    ['a folder', () => dir, /expected a file/],
    ['nothing there', () => at('missing'), /not found/],
  ]
  it.each(cases)('%s', (_, make, problem) => {
    const file = make()
    expect(() => openSafetensors(file)).toThrow(DashiError)
    expect(() => openSafetensors(file)).toThrow(problem)
    expect(() => openSafetensors(file)).toThrow(`${file}: `)
  })

  it('cut off anywhere', () => {
    const whole = fs.readFileSync(path.join(GOLDEN, 'fp16/model.safetensors'))
    for (let n = 0; n < whole.length; n += 3) {
      fs.writeFileSync(at('cut'), whole.subarray(0, n))
      expect(() => openSafetensors(at('cut'))).toThrow(DashiError)
    }
  })

  it('with any byte of its header changed: accepted or refused, never a crash', () => {
    const whole = fs.readFileSync(path.join(GOLDEN, 'fp16/model.safetensors'))
    const header = Number(whole.readBigUInt64LE()) + 8
    fc.assert(
      fc.property(fc.nat(header - 1), fc.nat(255), (i, byte) => {
        const changed = Buffer.from(whole)
        changed[i] = byte
        fs.writeFileSync(at('fuzz'), changed)
        try {
          openSafetensors(at('fuzz')).close()
        } catch (e) {
          expect(e).toBeInstanceOf(DashiError)
          expect((e as Error).message).not.toContain('\n')
        }
      }),
      { numRuns: 500 },
    )
  })

  it('NaN beyond the part of a large tensor that is looked at first', async () => {
    const data = new Float32Array(5_000_000)
    data[4_700_001] = NaN
    await writeSafetensors(at('large'), { specs: [{ name: 'w', dtype: 'F32', shape: [5, 1_000_000] }], produce: () => data })
    const open = openSafetensors(at('large'))
    expect(() => open.checkFinite('w')).toThrow(`${at('large')}: tensor w: expected finite numbers, found NaN at [4, 700001]`)
    open.close()
  })

  it('NaN and infinity, by name and place', async () => {
    await writeSafetensors(at('nan'), memory({ w: { shape: [2, 3], data: [0, 1, 2, 3, NaN, Infinity] } }))
    expect(() => openSafetensors(at('nan')).float32('w')).toThrow(`${at('nan')}: tensor w: expected finite numbers, found NaN at [1, 1]`)
    await writeSafetensors(at('inf'), memory({ w: { shape: [2], data: [1, 1e6] } }, 'F16'))
    expect(() => openSafetensors(at('inf')).float32('w')).toThrow('found Infinity at [1]')
  })
})

describe('writing', () => {
  it('gives back what was written, in any dtype, for any names and shapes', async () => {
    const tensor = fc.array(fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 }), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          fc.string({ unit: 'binary' }).filter((s) => s !== '__metadata__'),
          tensor,
          { maxKeys: 5 },
        ),
        async (values) => {
          const source = memory(Object.fromEntries(Object.entries(values).map(([k, data]) => [k, { shape: [data.length], data }])))
          await writeSafetensors(at('any'), source)
          const open = openSafetensors(at('any'))
          for (const [name, data] of Object.entries(values)) expect(open.float32(name)).toEqual(Float32Array.from(data))
          for (const { offset } of open.tensors.values()) expect(offset % 4).toBe(0)
          open.close()
        },
      ),
      { numRuns: 20 },
    )
  })

  it('takes a tensor in parts, and refuses one of the wrong length', async () => {
    const specs = [{ name: 'w', dtype: 'F32' as const, shape: [5] }]
    await writeSafetensors(at('parts'), {
      specs,
      *produce() {
        yield Float32Array.of(1, 2)
        yield Float32Array.of(3, 4, 5)
      },
    })
    expect([...openSafetensors(at('parts')).float32('w')]).toEqual([1, 2, 3, 4, 5])
    await expect(writeSafetensors(at('parts'), { specs, produce: () => Float32Array.of(1) })).rejects.toThrow('given 4 bytes')
    expect([...openSafetensors(at('parts')).float32('w')]).toEqual([1, 2, 3, 4, 5])
  })

  it.each([
    ['ENOSPC', 'no space left on the device'],
    ['EROFS', 'the file system is read-only'],
    ['EACCES', 'permission denied'],
  ])('%s: one line, the old file as it was, nothing left beside it', async (code, reason) => {
    const folder = fs.mkdtempSync(at('full-'))
    const file = path.join(folder, 'model.safetensors')
    await writeSafetensors(file, memory({ w: { shape: [2], data: [1, 2] } }))
    const before = fs.readFileSync(file)
    const write = fs.write
    let calls = 0
    vi.spyOn(fs, 'write').mockImplementation(((...args: unknown[]) => {
      if (calls++ === 0) return (write as (...a: unknown[]) => void)(...args)
      ;(args.at(-1) as (e: Error) => void)(Object.assign(new Error(code), { code }))
    }) as typeof fs.write)
    await expect(writeSafetensors(file, memory({ w: { shape: [9], data: Array(9).fill(3) } }))).rejects.toThrow(
      `${file}: cannot be written: ${reason}`,
    )
    expect(fs.readFileSync(file)).toEqual(before)
    expect(fs.readdirSync(folder)).toEqual(['model.safetensors'])
  })

  it('sweeps what a killed process left, and nothing of a living one', async () => {
    const folder = fs.mkdtempSync(at('sweep-'))
    const left = (pid: number) => path.join(folder, `.m.safetensors.${pid}-00000000.part`)
    fs.writeFileSync(left(2 ** 22 + 1), 'dead')
    fs.writeFileSync(left(process.ppid), 'alive')
    await writeSafetensors(path.join(folder, 'm.safetensors'), memory({}))
    expect(fs.readdirSync(folder).sort()).toEqual([path.basename(left(process.ppid)), 'm.safetensors'])
  })
})
