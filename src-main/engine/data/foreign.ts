/** Images that libvips does not read. Their decoders block the thread that calls them, so they run in a thread of their own. */
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

/** The thread's answer; an error is taken apart to cross threads. */
export type ForeignAnswer = { readonly raster: Raster } | { readonly message: string; readonly tooMany: boolean }

/** From the header alone. @throws an Error whose message says what is wrong with it */
export const foreignSize = (format: ForeignFormat, bytes: Uint8Array): Size => (format === 'BMP' ? bmpSize(bytes) : jp2Size(bytes))

/** In this thread. */
export const decodeHere = async ({ format, bytes, pixelLimit }: ForeignTask): Promise<Raster> =>
  format === 'BMP' ? decodeBmp(bytes, pixelLimit) : decodeJp2(bytes, pixelLimit)

/** Unpacking a smaller BMP takes less time than starting a thread. */
const SMALL = 1 << 20
const THREADS = 2
let busy = 0
const waiting: (() => void)[] = []

export interface ForeignOptions {
  /** Ends the work at once. */
  readonly signal?: AbortSignal
  /** The built image-decoder.ts; found beside the program unless given. */
  readonly program?: URL | null
  /** Time limit, since damaged data may keep a decoder busy for ever: by default 30 s, and 10 s more for each megapixel. */
  readonly mostSeconds?: number
}

/** Decodes the image, in a thread where it may take long. @throws an Error whose message says what is wrong */
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

/** `image-decoder.js` beside the program or above its chunks; null where the program runs from its sources. */
function builtDecoder(): URL | null {
  found ??=
    ['./image-decoder.js', '../image-decoder.js']
      .map((name) => new URL(name, import.meta.url))
      .find((url) => fs.existsSync(fileURLToPath(url))) ?? null
  return found
}
