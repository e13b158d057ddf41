/** Images that libvips does not read. Their decoders would hold up the thread that calls them, so they have one of their own. */
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { cancelled } from '#shared/errors.ts'
import { bmpSize, decodeBmp } from './bmp.ts'
import type { ForeignFormat } from './formats.ts'
import { decodeJp2, jp2Size } from './jp2.ts'
import { checkSize, type Raster, type Size, TooManyPixels } from './raster.ts'

export interface ForeignTask {
  readonly format: ForeignFormat
  readonly bytes: Uint8Array
  readonly pixelLimit: number
}

/** What the thread answers; an error crosses as its parts. */
export type ForeignAnswer = { readonly raster: Raster } | { readonly message: string; readonly tooMany: boolean }

/** From the header alone. @throws an Error whose message says what is wrong with it */
export const foreignSize = (format: ForeignFormat, bytes: Uint8Array): Size => (format === 'BMP' ? bmpSize(bytes) : jp2Size(bytes))

/** In this thread. */
export const decodeHere = async ({ format, bytes, pixelLimit }: ForeignTask): Promise<Raster> =>
  format === 'BMP' ? decodeBmp(bytes, pixelLimit) : decodeJp2(bytes, pixelLimit)

/** A smaller BMP is unpacked sooner than a thread is started. */
const SMALL = 1 << 20
const THREADS = 2
let busy = 0
const waiting: (() => void)[] = []

export interface ForeignOptions {
  /** Ends the work at once. */
  readonly signal?: AbortSignal
  /** The built image-decoder.ts; found beside the program unless given. */
  readonly program?: URL | null
  /** Damaged data may keep a decoder at work for ever: by default it has half a minute, and ten seconds more for each megapixel. */
  readonly mostSeconds?: number
}

/** The decoded image, by a thread where it may take long. @throws an Error whose message says what is wrong */
export async function decodeForeign(
  task: ForeignTask,
  { signal, program = builtDecoder(), mostSeconds }: ForeignOptions = {},
): Promise<Raster> {
  const size = foreignSize(task.format, task.bytes)
  checkSize(size, task.pixelLimit)
  if (!program || (task.format === 'BMP' && task.bytes.length < SMALL)) return decodeHere(task)
  if (busy >= THREADS) await new Promise<void>((resolve) => waiting.push(resolve))
  busy++
  try {
    if (signal?.aborted) throw cancelled()
    return await inThread(program, task, signal, mostSeconds ?? 30 + (size.width * size.height) / 1e5)
  } finally {
    busy--
    waiting.shift()?.()
  }
}

function inThread(program: URL, task: ForeignTask, signal: AbortSignal | undefined, mostSeconds: number): Promise<Raster> {
  const worker = new Worker(program, { workerData: task })
  const stop = () => void worker.terminate()
  let late = false
  const timer = setTimeout(() => {
    late = true
    stop()
  }, mostSeconds * 1000)
  signal?.addEventListener('abort', stop)
  return new Promise<Raster>((resolve, reject) => {
    worker.on('message', (answer: ForeignAnswer) => {
      if ('raster' in answer) resolve(answer.raster)
      else reject(answer.tooMany ? new TooManyPixels(answer.message) : new Error(answer.message))
    })
    worker.on('error', reject)
    worker.on('exit', () =>
      reject(
        signal?.aborted
          ? cancelled()
          : new Error(late ? `its decoder came to no end within ${Math.round(mostSeconds)} s` : 'its decoder ended before it was done'),
      ),
    )
  }).finally(() => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
    stop()
  })
}

let found: URL | null | undefined

/** `image-decoder.js` beside the program or above its chunks; null where the sources run unbuilt. */
function builtDecoder(): URL | null {
  found ??=
    ['./image-decoder.js', '../image-decoder.js']
      .map((name) => new URL(name, import.meta.url))
      .find((url) => fs.existsSync(fileURLToPath(url))) ?? null
  return found
}
