/**
 * TensorBoard's event files: TFRecord framing (length, masked crc32c of the length, data, masked crc32c of the data; little-endian) around
 * protocol buffers `Event` with scalar summaries (tensorflow/core/util/event.proto, framework/summary.proto; the framing as documented in
 * tensorflow/core/lib/io/record_writer.h).
 */
import { PbfWriter } from 'pbf'

export interface Scalar {
  /** Such as `loss/train`: TensorBoard groups charts by what is before the slash. */
  readonly tag: string
  readonly step: number
  readonly value: number
  /** In seconds since 1970. */
  readonly time: number
}

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n
  for (let k = 0; k < 8; k++) c = c & 1 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1
  return c
})

/** CRC-32C (Castagnoli), RFC 3720 appendix B.4. */
export function crc32c(bytes: Uint8Array): number {
  let c = 0xffffffff
  for (const b of bytes) c = table[(c ^ b) & 0xff]! ^ (c >>> 8)
  return (c ^ 0xffffffff) >>> 0
}

/** Rotated and shifted, as a CRC of data that holds CRCs must be. */
const masked = (bytes: Uint8Array): number => {
  const c = crc32c(bytes)
  return (((c >>> 15) | (c << 17)) + 0xa282ead8) >>> 0
}

function framed(data: Uint8Array): Uint8Array {
  const record = new Uint8Array(12 + data.length + 4)
  const view = new DataView(record.buffer)
  view.setBigUint64(0, BigInt(data.length), true)
  view.setUint32(8, masked(record.subarray(0, 8)), true)
  record.set(data, 12)
  view.setUint32(12 + data.length, masked(data), true)
  return record
}

function event(time: number, write: (pbf: PbfWriter) => void): Uint8Array {
  const pbf = new PbfWriter()
  pbf.writeDoubleField(1, time)
  write(pbf)
  return framed(pbf.finish())
}

/** The bytes of one event file. */
export function eventFile(scalars: readonly Scalar[], time = scalars[0]?.time ?? 0): Uint8Array {
  const records = [
    event(time, (pbf) => pbf.writeStringField(3, 'brain.Event:2')),
    ...scalars.map((s) =>
      event(s.time, (pbf) => {
        pbf.writeVarintField(2, s.step)
        pbf.writeMessage(
          5,
          (of: Scalar, summary: PbfWriter) =>
            summary.writeMessage(
              1,
              (v: Scalar, value: PbfWriter) => {
                value.writeStringField(1, v.tag)
                value.writeFloatField(2, v.value)
              },
              of,
            ),
          s,
        )
      }),
    ),
  ]
  return Buffer.concat(records)
}
