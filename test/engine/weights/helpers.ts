import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll } from 'vitest'
import { writeCheckpoint, type CheckpointContent } from '../../../src-main/engine/weights/checkpoint.ts'
import { fromMemory } from '../../../src-main/engine/weights/tensors.ts'
import type { FloatDtype } from '../../../src-main/engine/weights/dtype.ts'

export const GOLDEN = path.join(import.meta.dirname, '../../parity/weights')

/** A folder that is gone when the test file is done. */
export function tempDir(): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'dashi-test-'))
  afterAll(() => fs.rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** A safetensors file from a header and data that need not fit each other. */
export function rawFile(file: string, header: unknown, data: Uint8Array | number = 0, declared?: number): string {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header))
  const length = Buffer.alloc(8)
  length.writeBigUInt64LE(BigInt(declared ?? json.length))
  fs.writeFileSync(file, Buffer.concat([length, json, typeof data === 'number' ? Buffer.alloc(data) : data]))
  return file
}

export type Tensors = Record<string, { shape: number[]; data: number[] }>

export const memory = (tensors: Tensors, dtype: FloatDtype = 'F32') =>
  fromMemory(new Map(Object.entries(tensors).map(([k, t]) => [k, { shape: t.shape, data: Float32Array.from(t.data) }])), dtype)

export const record: CheckpointContent['record'] = {
  base: null,
  recipe: { name: 'ft', settings: { lr: 1e-5 } },
  seed: 1,
  dataHash: 'abc',
  device: 'cpu',
  metrics: { heldOut: 0.5 },
  templates: ['a photo of a {}'],
  classes: ['cat', 'dog'],
}

/** A tiny checkpoint of one matrix and one vector. */
export const tiny = (dir: string, data: number[], more: Partial<CheckpointContent> = {}, dtype: FloatDtype = 'F32') =>
  writeCheckpoint(dir, {
    config: { model_type: 'clip', projection_dim: 2 },
    weights: memory({ 'a.weight': { shape: [2, 2], data }, 'b.bias': { shape: [2], data: data.slice(0, 2) } }, dtype),
    record,
    ...more,
  })
