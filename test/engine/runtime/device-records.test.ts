/** What every device must say, as soon as its file is there. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { deviceEntrySchema } from '#shared/model/job.ts'
import { deviceRecord, deviceRecords, devicesIn } from '../../../src-main/engine/runtime/device-records.ts'

const folder = path.join(import.meta.dirname, '../../../src-main/engine/runtime/devices')

it('there is one record per file, each with its own name and order', () => {
  expect(deviceRecords.map((d) => `${d.id}.ts`).sort()).toEqual(readdirSync(folder).sort())
  expect(new Set(deviceRecords.map((d) => d.order)).size).toBe(deviceRecords.length)
})

describe.each(deviceRecords.map((d) => [d.id, d] as const))('%s', (_, device) => {
  it('says what it is in both languages, and where it is described', () => {
    deviceEntrySchema.parse(device)
    expect(device.reference).toMatch(/^https:\/\//)
  })
})

it('exactly one chooses among the others, and the CPU is what it falls back to', () => {
  expect(deviceRecords.filter((d) => d.chooses).map((d) => d.id)).toEqual(['auto'])
  expect(deviceRecords.at(-1)!.id).toBe('cpu')
  expect(() => deviceRecord('tpu')).toThrow('unknown device "tpu": expected auto')
})

it('is listed where onnxruntime contains it, CUDA also where its library was fetched', () => {
  const libraries = mkdtempSync(path.join(tmpdir(), 'devices-'))
  expect(devicesIn({ providers: new Set(['cpu', 'coreml']), folder: libraries })).toEqual(['coreml', 'cpu'])
  writeFileSync(path.join(libraries, 'libonnxruntime_providers_cuda.so'), '')
  expect(devicesIn({ providers: new Set(['cpu', 'coreml']), folder: libraries })).toEqual(['cuda', 'coreml', 'cpu'])
  rmSync(libraries, { recursive: true })
})
