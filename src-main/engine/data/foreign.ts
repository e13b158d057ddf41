/** Decodes formats that libvips cannot read. These decoders block their thread, so they run in a separate one. */
import { Worker } from 'node:worker_threads'
import { cancelled } from '#shared/errors.ts'
import { builtProgram } from './built.ts'
import { bmpSize, decodeBmp } from './bmp.ts'
import type { ForeignFormat } from './formats.ts'
import { decodeJp2, jp2Size } from './jp2.ts'
import { checkSize, type Raster, type Size, TooManyPixels } from './raster.ts'

export interface ForeignTask {
  readonly format: ForeignFormat
  readonly bytes: Uint8Array
  readonly pixelLimit: number
}

/** The thread's answer; an error is flattened because its class does not survive the transfer. */
export type ForeignAnswer = { readonly raster: Raster } | { readonly message: string; readonly tooMany: boolean }

/** Image size from the header alone. @throws an Error describing the problem */
export const foreignSize = (format: ForeignFormat, bytes: Uint8Array): Size => (format === 'BMP' ? bmpSize(bytes) : jp2Size(bytes))

/** Decodes in the calling thread. */
export const decodeHere = async ({ format, bytes, pixelLimit }: ForeignTask): Promise<Raster> =>
  format === 'BMP' ? decodeBmp(bytes, pixelLimit) : decodeJp2(bytes, pixelLimit)

/** A BMP below this size decodes faster than a thread starts. */
const SMALL = 1 << 20
const THREADS = 2
let busy = 0
const waiting: (() => void)[] = []

export interface ForeignOptions {
  /** Terminates the decoder at once. */
  readonly signal?: AbortSignal
  /** The built image-decoder.ts; located next to the program by default. */
  readonly program?: URL | null
  /**
   * Time limit in seconds, since damaged data can make a decoder loop forever: by default 30 s plus 10 s per
   * megapixel.
   */
  readonly mostSeconds?: number
}

/** Decodes the image, in a separate thread if it may take long. @throws an Error describing the problem */
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
          : new Error(late ? `its decoder did not finish within ${Math.round(mostSeconds)} s` : 'its decoder exited before it finished'),
      ),
    )
  }).finally(() => {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
    stop()
  })
}

let found: URL | null | undefined

const builtDecoder = () => (found ??= builtProgram('image-decoder'))
