/** Files of a model folder that may come from anywhere: what is read, and what is refused before it is. */
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { isPointer, isThere, openRegular, parseBounded, readText, refuseLinksOut } from '../../../src-main/engine/weights/regular.ts'
import { allFinite, decode, encode, firstNonFinite } from '../../../src-main/engine/weights/dtype.ts'
import { openSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'
import { rawFile } from './helpers.ts'

describe('links', () => {
  /** DIR/model/name → target, told relative to DIR/model. */
  const linked = (target: string, model = 'model') => {
    const dir = temporaryFolder()
    fs.mkdirSync(path.join(dir, model), { recursive: true })
    fs.mkdirSync(path.join(dir, 'blobs'))
    for (const file of ['blobs/x', '..x', path.join(model, 'x')]) fs.writeFileSync(path.join(dir, file), '')
    fs.writeFileSync(path.join(dir, model, '..y'), '')
    fs.symlinkSync(target, path.join(dir, model, 'name'))
    return () => refuseLinksOut(path.join(dir, model), ['name', 'absent', 'x'])
  }
  test('within the folder are followed', () => {
    expect(linked('x')).not.toThrow()
    expect(linked('..y')).not.toThrow()
  })
  test('that lead out of it are refused', () => {
    expect(linked('../blobs/x')).toThrow('../blobs/x')
    expect(linked('../..x')).toThrow('..x') // a name, not a way up
    expect(linked('../gone')).not.toThrow() // nothing is there to be copied
    expect(linked('..')).toThrow('..')
  })
  test("to blobs beside the snapshots are those of Hugging Face's cache; farther out they are refused", () => {
    expect(linked('../../blobs/x', 'snapshots/1')).not.toThrow()
    expect(linked('../../../', 'snapshots/1')).toThrow('../../../')
  })
})

describe('a file', () => {
  test('is opened where it is one, by its own path', () => {
    const dir = temporaryFolder()
    fs.writeFileSync(path.join(dir, 'a'), 'text')
    fs.symlinkSync('a', path.join(dir, 'link'))
    fs.symlinkSync('gone', path.join(dir, 'broken'))
    const { fd, size, real } = openRegular(path.join(dir, 'link'))
    fs.closeSync(fd)
    expect([size, real]).toEqual([4, fs.realpathSync(path.join(dir, 'a'))])
    expect(() => openRegular(dir)).toThrow('expected a file')
    expect(() => openRegular(path.join(dir, 'broken'))).toThrow('gone')
    expect(() => openRegular(path.join(dir, 'none'))).toThrow(path.join(dir, 'none'))
    expect(['a', 'link', 'broken', 'none', 'a/b'].map((name) => isThere(path.join(dir, name)))).toEqual([true, true, true, false, false])
  })
  test('of text is UTF-8 of so many bytes at most, and no pointer to a file elsewhere', () => {
    const file = path.join(temporaryFolder(), 'a')
    const write = (content: string | Uint8Array) => (fs.writeFileSync(file, content), file)
    expect([readText(write('né'), 3), isPointer('version https://git-lfs…'), isPointer('versions')]).toEqual(['né', true, false])
    expect(() => readText(write('néo'), 3)).toThrow('expected at most 3 bytes, found 4')
    expect(() => readText(write(Uint8Array.of(0x61, 0xff)))).toThrow('UTF-8')
    expect(() => readText(write('version https://git-lfs.github.com/spec/v1\n'))).toThrow(file)
  })
  test('of JSON is nested 64 deep at most, whatever stands in its strings', () => {
    const nested = (n: number) => '['.repeat(n) + ']'.repeat(n)
    expect(parseBounded(nested(64))).toBeDefined()
    expect(() => parseBounded(nested(65))).toThrow('64 deep')
    expect(() => parseBounded('{"a":'.repeat(65) + '0' + '}'.repeat(65))).toThrow('64 deep')
    const text = `${'['.repeat(99)}"\\"${'{'.repeat(99)}`
    expect(parseBounded(JSON.stringify([text, ...Array(99).fill([])]))).toEqual([text, ...Array<unknown>(99).fill([])])
    expect(() => parseBounded('{"secret"')).toThrow(/^(?!.*secret)/)
  })
})

describe('the header of tensors', () => {
  const file = () => path.join(temporaryFolder(), 'x.safetensors')
  test('may be all that the file has', () => {
    const open = openSafetensors(rawFile(file(), {}))
    expect([open.tensors.size, open.metadata]).toEqual([0, {}])
    open.close()
    const noted = openSafetensors(rawFile(file(), { __metadata__: { by: 'ann' } }))
    expect(noted.metadata).toEqual({ by: 'ann' })
    noted.close()
  })
  test('an empty tensor lies where it may, one of no dimensions is one number', () => {
    const open = openSafetensors(
      rawFile(
        file(),
        {
          scalar: { dtype: 'F32', shape: [], data_offsets: [0, 4] },
          none: { dtype: 'F32', shape: [0, 3], data_offsets: [4, 4] },
        },
        Uint8Array.from(new Uint8Array(Float32Array.of(1.5).buffer)),
      ),
    )
    expect([[...open.float32('scalar')], [...open.float32('none')]]).toEqual([[1.5], []])
    open.close()
  })
  const one = { dtype: 'F32', shape: [1], data_offsets: [0, 4] }
  test.each<[string, unknown, number, string]>([
    ['longer than the file', one, 3, 'truncated'],
    ['of bytes that nobody names', one, 5, "expected the tensors' 4 bytes"],
    ['with the end before the beginning', { ...one, data_offsets: [4, 0] }, 4, 'data_offsets'],
    ['with three offsets', { ...one, data_offsets: [0, 4, 4] }, 4, 'data_offsets'],
    ['of another size', { ...one, shape: [2] }, 4, 'expected 8 bytes'],
    ['of a size that is none', { ...one, shape: [-1] }, 4, 'shape'],
    ['of half a size', { ...one, shape: [0.5] }, 4, 'shape'],
    ['of 17 dimensions', { ...one, shape: Array(17).fill(1) }, 4, 'shape'],
    ['of more bytes than numbers have', { ...one, shape: [2 ** 40, 2 ** 40] }, 4, 'larger than any file'],
    ['of no type', { ...one, dtype: 'F33' }, 4, 'dtype'],
    ['of nothing', [], 4, 'expected {dtype, shape, data_offsets}'],
  ])('a tensor %s is refused', (_, spec, bytes, problem) => {
    expect(() => openSafetensors(rawFile(file(), { t: spec }, bytes))).toThrow(problem)
  })
  test('16 dimensions are as many as may be', () => {
    openSafetensors(rawFile(file(), { t: { ...one, shape: Array(16).fill(1) } }, 4)).close()
  })
  test('gaps, overlaps and names that come twice are refused, by the tensor', () => {
    const two = (begin: number) => ({ a: one, b: { ...one, data_offsets: [begin, begin + 4] } })
    expect(() => openSafetensors(rawFile(file(), two(5), 9))).toThrow('tensor b: data_offsets: leaves a gap after tensor a')
    expect(() => openSafetensors(rawFile(file(), two(2), 6))).toThrow('tensor b: data_offsets: overlaps tensor a')
    expect(() => openSafetensors(rawFile(file(), { b: { ...one, data_offsets: [1, 5] } }, 5))).toThrow('leaves a gap after the header')
    const spec = JSON.stringify(one)
    expect(() => openSafetensors(rawFile(file(), `{"a":${spec},"a":${spec}}`, 4))).toThrow('"a" appears twice')
    expect(() => openSafetensors(rawFile(file(), '{"__metadata__":{"k":"a","k":"b"}}'))).toThrow('"k" appears twice')
    expect(() => openSafetensors(rawFile(file(), '{"__metadata__":{"k":1}}'))).toThrow('__metadata__.k')
  })
  test('that is shorter or longer than it says is refused', () => {
    expect(() => openSafetensors(rawFile(file(), '{}', 0, 3))).toThrow('3')
    expect(() => openSafetensors(rawFile(file(), ' ', 0))).toThrow('expected at least 2')
    expect(() => openSafetensors(rawFile(file(), ' {}', 0))).toThrow('expected a JSON object')
    const short = file()
    fs.writeFileSync(short, Buffer.alloc(7))
    expect(() => openSafetensors(short)).toThrow('expected 8 bytes')
  })
})

describe('numbers', () => {
  test.each(['F32', 'F16', 'BF16', 'F64'] as const)(
    '%s: those that every type has come through, also from the middle of a buffer',
    (dtype) => {
      const values = Float32Array.of(0, -0, 1, -1.5, 0.25, Infinity, -Infinity, NaN)
      const bytes = encode(values, dtype)
      expect([...decode(bytes, dtype)]).toEqual([...values])
      const moved = new Uint8Array(bytes.length + 1)
      moved.set(bytes, 1)
      expect([...decode(moved.subarray(1), dtype)]).toEqual([...values])
      const into = new Float32Array(8)
      expect([decode(bytes, dtype, into) === into, [...into]]).toEqual([true, [...values]])
      expect(firstNonFinite(bytes, dtype)).toBe(5)
      expect(firstNonFinite(encode(values.subarray(0, 5), dtype), dtype)).toBe(-1)
      expect(firstNonFinite(encode(values.subarray(7), dtype), dtype)).toBe(0)
    },
  )
  test('are finite or not, of a part of a buffer too', () => {
    const x = Float32Array.of(NaN, 1, 2, Infinity)
    expect([allFinite(x), allFinite(x.subarray(1, 3)), allFinite(x.subarray(2)), allFinite(new Float32Array(0))]).toEqual([
      false,
      true,
      false,
      true,
    ])
  })
})
