/**
 * Label Studio's brush masks: RGBA pixels, row-major, packed by thi.ng/rle-pack; only alpha counts
 * (HumanSignal/label-studio-converter, label_studio_converter/brush.py). Bit stream: 32 bits number of values, 5 bits
 * word size − 1, four times 4 bits run-length size − 1; then blocks of 1 bit (repeated or literal), 2 bits (which
 * size), count − 1, and one word or `count` words.
 */
import { decodeRle, intervals, runsFromIntervals, encodeRle } from '#shared/geometry/rle.ts'
import type { Rle } from '#shared/model/shape.ts'
import { sentence } from '#shared/sentences/table.ts'
import { Unfit } from './findings.ts'
import type { Size } from './draft.ts'

class BitReader {
  private at = 0
  constructor(private readonly bytes: ArrayLike<number>) {}

  read(bits: number): number {
    if (this.at + bits > this.bytes.length * 8) throw new Unfit(sentence('finding.brush-cut'))
    let value = 0
    while (bits > 0) {
      const free = 8 - (this.at % 8)
      const take = Math.min(free, bits)
      const byte = this.bytes[this.at >> 3]!
      value = value * 2 ** take + ((byte >> (free - take)) & ((1 << take) - 1))
      this.at += take
      bits -= take
    }
    return value
  }
}

class BitWriter {
  readonly bytes: number[] = []
  private used = 8 // bits used of the last byte

  write(value: number, bits: number): void {
    while (bits > 0) {
      if (this.used === 8) {
        this.bytes.push(0)
        this.used = 0
      }
      const take = Math.min(8 - this.used, bits)
      const part = Math.floor(value / 2 ** (bits - take)) % 2 ** take
      this.bytes[this.bytes.length - 1]! |= part << (8 - this.used - take)
      this.used += take
      bits -= take
    }
  }
}

/** @throws an Error with the reason if the bytes do not unpack to an image of this size */
export function decodeBrush(bytes: ArrayLike<number>, { width, height }: Size): Rle {
  const input = new BitReader(bytes)
  const values = input.read(32)
  if (values !== width * height * 4) throw new Unfit(sentence('finding.brush-values', { values, width, height }))
  const word = input.read(5) + 1
  const sizes = [0, 0, 0, 0].map(() => input.read(4) + 1)
  /** Runs of set pixels in row-major order. */
  const set: [number, number][] = []
  const mark = (from: number, to: number) => {
    const last = set.at(-1)
    if (last && last[1] === from) last[1] = to
    else if (to > from) set.push([from, to])
  }
  for (let i = 0; i < values;) {
    const repeated = input.read(1)
    const end = Math.min(values, i + 1 + input.read(sizes[input.read(2)]!))
    if (repeated) {
      // Alpha values are at indices 4p + 3 in [i, end).
      if (input.read(word)) mark(Math.ceil((i - 3) / 4), Math.ceil((end - 3) / 4))
      i = end
    } else for (; i < end; i++) if (input.read(word) && i % 4 === 3) mark((i - 3) / 4, (i + 1) / 4)
  }
  return rowMajor(set, { width, height })
}

/** Converts row-major runs to column-major RLE. */
function rowMajor(runs: readonly [number, number][], { width, height }: Size): Rle {
  const bitmap = new Uint8Array(width * height)
  for (const [from, to] of runs) bitmap.fill(1, from, to)
  const columns = function* (): Generator<[number, number]> {
    for (let x = 0; x < width; x++) {
      let start = -1
      for (let y = 0; y <= height; y++) {
        const on = y < height && bitmap[y * width + x] === 1
        if (on && start < 0) start = y
        else if (!on && start >= 0) {
          yield [x * height + start, x * height + y]
          start = -1
        }
      }
    }
  }
  return encodeRle(runsFromIntervals(height, width, columns()))
}

/** Like the browser's encoder: 255 in all four channels where set. */
export function encodeBrush(rle: Rle): number[] {
  const runs = decodeRle(rle)
  const { width, height } = runs
  const bitmap = new Uint8Array(width * height)
  for (const [start, end] of intervals(runs)) for (let i = start; i < end; i++) bitmap[(i % height) * width + Math.floor(i / height)] = 1
  const out = new BitWriter()
  const sizes = [3, 4, 8, 16]
  out.write(width * height * 4, 32)
  out.write(8 - 1, 5)
  for (const s of sizes) out.write(s - 1, 4)
  const emit = (value: number, count: number) => {
    while (count > 0) {
      const n = Math.min(count, 2 ** 16)
      const size = sizes.findIndex((s) => n <= 2 ** s)
      out.write(1, 1)
      out.write(size, 2)
      out.write(n - 1, sizes[size]!)
      out.write(value, 8)
      count -= n
    }
  }
  for (let from = 0; from < bitmap.length;) {
    let to = from
    while (to < bitmap.length && bitmap[to] === bitmap[from]) to++
    emit(bitmap[from] ? 255 : 0, 4 * (to - from))
    from = to
  }
  return out.bytes
}
