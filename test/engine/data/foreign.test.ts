/** Who decodes what libvips cannot read, and what becomes of a decoder in another thread. The built one is in foreign-thread.test.ts. */
import { getEventListeners } from 'node:events'
import { readFileSync } from 'node:fs'
import { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { decodeForeign, decodeHere, foreignSize, type ForeignTask } from '../../../src-main/engine/data/foreign.ts'
import { TooManyPixels } from '../../../src-main/engine/data/raster.ts'
import { golden } from './golden.ts'

/** A decoder that is this program: `task` comes in, `send` answers, `raster` is a picture of one pixel. */
const decoder = (program: string) =>
  new URL(
    `data:text/javascript,${encodeURIComponent(`
      import { parentPort, workerData as task } from 'node:worker_threads'
      const send = (answer) => parentPort.postMessage(answer)
      const raster = { width: 1, height: 1, channels: 1, data: Uint8Array.of(7) }
      ${program}`)}`,
  )
const answering = decoder('send({ raster })')
const silent = decoder('setInterval(() => undefined, 1000)')
const answered = { width: 1, height: 1, channels: 1, data: Uint8Array.of(7) }

const jp2: ForeignTask = { format: 'JPEG 2000', bytes: readFileSync(golden('formats/rgb.jp2')), pixelLimit: 1e6 }
const small: ForeignTask = { format: 'BMP', bytes: readFileSync(golden('formats/rgb24.bmp')), pixelLimit: 1e6 }
/** A bitmap with so many bytes behind its pixels that the file has this length. */
const bitmapOf = (length: number): ForeignTask => ({
  ...small,
  bytes: Buffer.concat([small.bytes, Buffer.alloc(length - small.bytes.length)]),
})

describe('who decodes', () => {
  it('is this thread for small bitmaps, and another for large ones and for JPEG 2000', async () => {
    const here = await decodeHere(small)
    expect(here).toMatchObject({ width: 17, height: 13, channels: 3 })
    expect(await decodeForeign(small, { program: answering })).toEqual(here)
    expect(await decodeForeign(bitmapOf(2 ** 20 - 1), { program: answering })).toEqual(here)
    expect(await decodeForeign(bitmapOf(2 ** 20), { program: answering })).toEqual(answered)
    expect(await decodeForeign(jp2, { program: answering })).toEqual(answered)
  })
  it('is this thread where there is no program for another, as when run from source', async () => {
    expect(await decodeForeign(jp2, { program: null })).toEqual(await decodeHere(jp2))
    expect(await decodeForeign(jp2)).toEqual(await decodeHere(jp2))
    expect(foreignSize('JPEG 2000', jp2.bytes)).toEqual({ width: 17, height: 13 })
  })
  it('is nobody where the image is larger than the limit', async () => {
    for (const task of [small, jp2])
      await expect(decodeForeign({ ...task, pixelLimit: 220 }, { program: decoder('send({ raster })') })).rejects.toBeInstanceOf(
        TooManyPixels,
      )
  })
})

describe('a decoder in another thread', () => {
  afterEach(() => void vi.restoreAllMocks())

  it('gets the task, and answers with a picture or with what is wrong', async () => {
    const { bytes, pixelLimit } = jp2
    const echo = decoder(`send({ raster: { ...raster, width: task.bytes.length, height: task.pixelLimit } })`)
    expect(await decodeForeign(jp2, { program: echo })).toMatchObject({ width: bytes.length, height: pixelLimit })
    const damaged = await decodeForeign(jp2, { program: decoder(`send({ message: 'its end', tooMany: false })`) }).catch((e: unknown) => e)
    expect(damaged).toMatchObject({ message: 'its end' })
    expect(damaged).not.toBeInstanceOf(TooManyPixels)
    const large = decodeForeign(jp2, { program: decoder(`send({ message: 'too large', tooMany: true })`) })
    await expect(large).rejects.toBeInstanceOf(TooManyPixels)
    await expect(large).rejects.toThrow('too large')
  })
  it('that dies, or ends without an answer, is an error', async () => {
    await expect(decodeForeign(jp2, { program: decoder(`throw new Error('broken')`) })).rejects.toThrow('broken')
    await expect(decodeForeign(jp2, { program: decoder('') })).rejects.toThrow('exited before it finished')
  })
  it('has a time that grows with the image, and is ended after it', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout')
    await decodeForeign(jp2, { program: answering })
    expect(timers.mock.calls.map(([, ms]) => ms)).toContainEqual(expect.closeTo(30_000 + (17 * 13) / 100, 6))
    await expect(decodeForeign(jp2, { program: silent, mostSeconds: 0.4 })).rejects.toThrow('did not finish within 0 s')
    expect(timers.mock.calls.map(([, ms]) => ms)).toContain(400)
  })
  it('is ended when that is wished, and not begun when it was before', async () => {
    const stop = new AbortController()
    const stopped = decodeForeign(jp2, { program: silent, signal: stop.signal })
    await vi.waitUntil(() => getEventListeners(stop.signal, 'abort').length === 1)
    stop.abort()
    await expect(stopped).rejects.toMatchObject({ fault: 'cancelled' })
    expect(getEventListeners(stop.signal, 'abort')).toHaveLength(0)
    await expect(decodeForeign(jp2, { program: answering, signal: stop.signal })).rejects.toMatchObject({ fault: 'cancelled' })
    const never = new AbortController()
    await decodeForeign(jp2, { program: answering, signal: never.signal })
    expect(getEventListeners(never.signal, 'abort')).toHaveLength(0)
  })
  it('is one of two at most: the next begins when one has ended, however it did', async () => {
    const gated = decoder(`Atomics.add(task.gate, 1, 1); Atomics.notify(task.gate, 1); Atomics.wait(task.gate, 0, 0); send({ raster })`)
    const gate = () => new Int32Array(new SharedArrayBuffer(8))
    const open = (g: Int32Array) => {
      Atomics.store(g, 0, 1)
      Atomics.notify(g, 0)
    }
    const begin = (g: Int32Array, signal?: AbortSignal) => {
      const task = { ...jp2, gate: g }
      return decodeForeign(task, { program: gated, signal })
    }
    const [first, second, third, fourth] = [gate(), gate(), gate(), gate()]
    open(third)
    open(fourth)
    const stop = new AbortController()
    const work = [begin(first), begin(second, stop.signal)]
    const waiting = [begin(third), begin(fourth)]
    work[1]!.catch(() => undefined)
    await vi.waitUntil(() => first[1] === 1 && second[1] === 1, { timeout: 60_000 })
    // A thread that begins now has ended before those that wait have begun.
    await new Promise((resolve) => new Worker(decoder('')).on('exit', resolve))
    expect([third[1], fourth[1]]).toEqual([0, 0])
    open(first)
    expect(await Promise.all([work[0], ...waiting])).toEqual([answered, answered, answered])
    expect([third[1], fourth[1]]).toEqual([1, 1])
    stop.abort()
    await expect(work[1]).rejects.toMatchObject({ fault: 'cancelled' })
    expect(await Promise.all([1, 2, 3].map(() => decodeForeign(jp2, { program: answering })))).toEqual([answered, answered, answered])
  })
})
