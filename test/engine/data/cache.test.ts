import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { contentHash, fingerprint, PixelStore, RowCache } from '../../../src-main/engine/data/cache.ts'
import type { Pixels } from '../../../src-main/engine/data/pixels.ts'

const fresh = () => join(mkdtempSync(join(tmpdir(), 'dashi-cache-')), 'sets', 'features.safetensors')
const hash = (i: number) => contentHash(Uint8Array.of(i, i >> 8))

it('a fingerprint does not depend on the order of keys, but on everything else', () => {
  expect(fingerprint({ a: 1, b: { c: [1, 2], d: null } })).toBe(fingerprint({ b: { d: null, c: [1, 2] }, a: 1 }))
  expect(fingerprint({ a: 1, b: [1, 2] })).not.toBe(fingerprint({ a: 1, b: [2, 1] }))
  expect(contentHash(new TextEncoder().encode('abc'))).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})

describe('RowCache', () => {
  async function filled(file: string, n = 200) {
    const cache = await RowCache.open(file, 'vit+96px', 5)
    for (let i = 0; i < n; i++) cache.set(hash(i), [i, -i, i / 3, 0, 1])
    await cache.save()
    return cache
  }

  it('gives back what was put in, now and after reopening', async () => {
    const file = fresh()
    const reopened = (await filled(file), await RowCache.open(file, 'vit+96px', 5))
    expect(reopened.size).toBe(200)
    expect([...reopened.get(hash(150))!]).toEqual([150, -150, 50, 0, 1])
    expect(reopened.get(hash(1000))).toBeUndefined()
    reopened.set(hash(150), [9, 9, 9, 9, 9])
    reopened.set(hash(1000), [1, 2, 3, 4, 5])
    await reopened.save()
    const again = await RowCache.open(file, 'vit+96px', 5)
    expect([again.size, [...again.get(hash(150))!], [...again.get(hash(1000))!], [...again.get(hash(7))!]]).toEqual([
      201,
      [9, 9, 9, 9, 9],
      [1, 2, 3, 4, 5],
      [7, -7, Math.fround(7 / 3), 0, 1],
    ])
    expect(readdirSync(join(file, '..'))).toEqual(['features.safetensors'])
  })

  it('is a safetensors file', async () => {
    const file = fresh()
    await filled(file, 3)
    const bytes = readFileSync(file)
    const header = Number(bytes.readBigUInt64LE())
    expect(header % 8).toBe(0)
    expect(JSON.parse(bytes.subarray(8, 8 + header).toString())).toMatchObject({
      rows: { dtype: 'F32', shape: [3, 5], data_offsets: [0, 60] },
    })
    expect(bytes.length).toBe(8 + header + 60)
  })

  it('is empty, not wrong, for another fingerprint, another length, or a damaged file', async () => {
    const file = fresh()
    await filled(file)
    expect((await RowCache.open(file, 'vit+224px', 5)).size).toBe(0)
    expect((await RowCache.open(file, 'vit+96px', 6)).size).toBe(0)
    const whole = readFileSync(file)
    for (const length of [whole.length - 1, whole.length / 2, 20, 3, 0]) {
      truncateSync(file, Math.floor(length))
      expect((await RowCache.open(file, 'vit+96px', 5)).size).toBe(0)
    }
    writeFileSync(file, Buffer.concat([whole, Buffer.from('more')]))
    expect((await RowCache.open(file, 'vit+96px', 5)).size).toBe(0)
    writeFileSync(file, Buffer.alloc(64, 0xff))
    const cache = await filled(file, 4)
    expect(cache.size).toBe(4)
    expect((await RowCache.open(file, 'vit+96px', 5)).size).toBe(4)
  })

  it('is empty where its header says what it is not', async () => {
    const file = fresh()
    await filled(file, 4)
    const whole = readFileSync(file)
    const size = Number(whole.readBigUInt64LE())
    type Header = { __metadata__: Record<string, unknown>; rows: Record<string, unknown> }
    const { __metadata__: about, rows } = JSON.parse(whole.subarray(8, 8 + size).toString()) as Header
    const write = (header: unknown, bytes = 80, said?: number) => {
      const json = Buffer.from(JSON.stringify(header))
      const prefix = Buffer.alloc(8)
      prefix.writeBigUInt64LE(BigInt(said ?? json.length))
      writeFileSync(file, Buffer.concat([prefix, json, Buffer.alloc(bytes)]))
    }
    const kept = async (header: unknown, bytes?: number, said?: number) => {
      write(header, bytes, said)
      return (await RowCache.open(file, 'vit+96px', 5)).size
    }
    const keys = JSON.parse(about['keys'] as string) as string[]
    expect(await kept({ __metadata__: about, rows })).toBe(4)
    for (const [wrong, bytes] of [
      [{ __metadata__: { ...about, format: 'other' }, rows }],
      [{ __metadata__: { ...about, keys: JSON.stringify(keys.slice(1)) }, rows }],
      [{ __metadata__: { ...about, keys: '[1,2,3,4]' }, rows }],
      [{ __metadata__: about, rows: { ...rows, dtype: 'F16' } }],
      [{ __metadata__: about, rows: { ...rows, shape: [4, 0] } }, 0],
      [{ __metadata__: about, rows: { ...rows, shape: [-4, 5] } }],
      [{ __metadata__: about, rows: { ...rows, data_offsets: [1, 81] } }],
      [{ __metadata__: about, rows: { ...rows, data_offsets: [0, -1] } }],
      [{ __metadata__: about }],
      [{ rows }],
    ] as const)
      expect(await kept(wrong, bytes), JSON.stringify(wrong)).toBe(0)
    expect(await kept({ __metadata__: about, rows }, 80, 2 ** 40)).toBe(0)
    // None at all is a cache too.
    expect(await kept({ __metadata__: { ...about, keys: '[]' }, rows: { ...rows, shape: [0, 5], data_offsets: [0, 0] } }, 0)).toBe(0)
  })

  it('knows which it has, and keeps what cannot be saved for the next time', async () => {
    const file = fresh()
    const cache = await RowCache.open(file, 'vit', 2)
    cache.set('a', [1, 2])
    expect([cache.has('a'), cache.has('b'), cache.size]).toEqual([true, false, 1])
    mkdirSync(file, { recursive: true }) // a folder is in the way
    await expect(cache.save()).rejects.toThrow(/EISDIR|ENOTEMPTY|EEXIST|EPERM/)
    expect(readdirSync(join(file, '..'))).toEqual(['features.safetensors'])
    rmdirSync(file)
    await cache.save()
    expect([...(await RowCache.open(file, 'vit', 2)).get('a')!]).toEqual([1, 2])
    // Nothing is new now.
    writeFileSync(file, 'another')
    await cache.save()
    expect(readFileSync(file, 'utf8')).toBe('another')
  })

  it('pads its header with spaces to a multiple of eight bytes, so that rows are aligned', async () => {
    for (const fingerprint of ['v', 'vi', 'vit', 'vit-']) {
      const file = fresh()
      const cache = await RowCache.open(file, fingerprint, 1)
      cache.set('a', [1])
      await cache.save()
      const bytes = readFileSync(file)
      const size = Number(bytes.readBigUInt64LE())
      const text = bytes.subarray(8, 8 + size).toString()
      expect([size % 8, bytes.length, text.length - text.trimEnd().length < 8]).toEqual([0, 8 + size + 4, true])
    }
  })

  it.skipIf(process.platform !== 'linux')('leaves no file open', async () => {
    const file = fresh()
    await filled(file, 3)
    await RowCache.open(file, 'vit+96px', 5)
    await RowCache.open(file, 'other', 5)
    const open = readdirSync('/proc/self/fd').map((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`)
      } catch {
        return ''
      }
    })
    expect(open.filter((name) => name.startsWith(join(file, '..')))).toEqual([])
  })

  it('writes nothing where nothing is new, and refuses a row of another length', async () => {
    const file = fresh()
    const cache = await RowCache.open(file, 'vit', 2)
    await cache.save()
    expect(existsSync(file)).toBe(false)
    expect(() => cache.set('a', [1, 2, 3])).toThrow('row length 3 does not match the cache (2)')
  })
})

describe('PixelStore', () => {
  const image = (bytes: number): Pixels => ({ width: bytes / 3, height: 1, channels: 3, data: new Uint8Array(bytes) })

  it('loads once what fits, and every time what does not', async () => {
    const store = new PixelStore(100)
    const loads: string[] = []
    const get = (key: string, bytes: number) =>
      store.get(key, async () => {
        loads.push(key)
        return image(bytes)
      })
    const [a, same] = await Promise.all([get('a', 60), get('a', 60)])
    expect(same).toBe(a)
    await get('big', 60)
    await get('big', 60)
    await get('b', 30)
    await get('b', 30)
    expect(loads).toEqual(['a', 'big', 'big', 'b'])
    expect(store.bytes).toBe(90)
    // To the last byte.
    await get('c', 12)
    await get('d', 9)
    await get('e', 3)
    await get('d', 9)
    await get('e', 3)
    expect([loads.slice(4), store.bytes]).toEqual([['c', 'd', 'e', 'e'], 99])
  })

  it('forgets a failure', async () => {
    const store = new PixelStore(100)
    await expect(store.get('a', () => Promise.reject(new Error('no such file')))).rejects.toThrow('no such file')
    expect((await store.get('a', async () => image(9))).data.length).toBe(9)
  })
})
