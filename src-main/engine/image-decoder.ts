import { parentPort, workerData } from 'node:worker_threads'
import { decodeHere, type ForeignAnswer, type ForeignTask } from './data/foreign.ts'
import { TooManyPixels } from './data/raster.ts'

// Thread entry: decodes one image that libvips cannot read.
const answer = await decodeHere(workerData as ForeignTask).then(
  (raster): ForeignAnswer => ({ raster }),
  (e: unknown): ForeignAnswer => ({ message: e instanceof Error ? e.message : String(e), tooMany: e instanceof TooManyPixels }),
)
parentPort!.postMessage(answer, 'raster' in answer ? [answer.raster.data.buffer as ArrayBuffer] : [])
