/** Event files as TensorBoard reads them: what it read of ours is in the golden file, with our bytes (test/parity/tensorboard). */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { crc32c, eventFile, type Scalar } from '../../../src-main/app/training/tfevents.ts'

const folder = join(import.meta.dirname, '../../parity/tensorboard')
const scalars: Scalar[] = [
  { tag: 'loss/train', step: 1, value: 1.5, time: 1_700_000_000.25 },
  { tag: 'loss/train', step: 300, value: 0.1, time: 1_700_000_001 },
  { tag: 'accuracy/val', step: 100_000, value: 0.8125, time: 1_700_000_002 },
  { tag: 'final/検証', step: 100_000, value: 1e-12, time: 1_700_000_003 },
]
if (process.env.DASHI_WRITE_EVENTS) writeFileSync(join(folder, 'events.out.tfevents.1700000000.dashi'), eventFile(scalars, 1_700_000_000))

test('the checksum is that of RFC 3720', () => {
  expect(crc32c(new Uint8Array(32)).toString(16)).toBe('8a9136aa')
  expect(crc32c(new Uint8Array(32).fill(255)).toString(16)).toBe('62a8ab43')
  expect(crc32c(new TextEncoder().encode('123456789')).toString(16)).toBe('e3069283')
})

test('TensorBoard reads what was written, and the bytes are still those', () => {
  const { bytes, read } = JSON.parse(readFileSync(join(folder, 'events.json'), 'utf8')) as {
    bytes: string
    read: (Partial<Scalar> & { version?: string })[]
  }
  expect(Buffer.from(eventFile(scalars, 1_700_000_000)).toString('base64')).toBe(bytes)
  expect(read[0]).toEqual({ version: 'brain.Event:2', time: 1_700_000_000 })
  expect(read.slice(1)).toEqual(scalars.map((s) => ({ ...s, value: Math.fround(s.value) })))
})
