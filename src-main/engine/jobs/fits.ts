import fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import type { CurateJob } from '#shared/model/job.ts'

/** A thread, onnxruntime, and the images being decoded. */
const BASE = 1 << 30
/** How often a model's weights are in memory: as read, in the graph, and in onnxruntime's session. */
const COPIES = 3
/** A row of embeddings with its copies. */
const ROW = 16 << 10

/** Whether there is memory for the job beside one that is running. @param free in bytes */
export const fitsBeside = ({ model, images }: CurateJob, free = process.availableMemory()): boolean =>
  BASE + COPIES * weightBytes(model) + ROW * images.length <= free

/** 0 if the folder cannot be read: the job itself reports why. */
function weightBytes(model: string): number {
  try {
    const files = fs.readdirSync(model).filter((name) => name.endsWith('.safetensors'))
    return files.reduce((bytes, name) => bytes + fs.statSync(path.join(model, name)).size, 0)
  } catch {
    return 0
  }
}
