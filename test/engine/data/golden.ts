import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { decodeImage } from '../../../src-main/engine/data/decode.ts'
import type { Pixels } from '../../../src-main/engine/data/pixels.ts'

/** A file of test/parity/data. */
export const golden = (name: string) => fileURLToPath(new URL(`../../parity/data/${name}`, import.meta.url))
export const goldenJson = <T>(name: string) => JSON.parse(readFileSync(golden(name), 'utf8')) as T
export const sha256 = (data: ArrayBufferView) =>
  createHash('sha256')
    .update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))
    .digest('hex')

/** The top left `width × height` of the picture that the cases are cut from. */
export async function cutter() {
  const base = await decodeImage(golden('base.png'))
  return (width: number, height: number): Pixels => {
    const data = new Uint8Array(width * height * 3)
    for (let y = 0; y < height; y++) {
      data.set(base.data.subarray(y * base.width * 3, (y * base.width + width) * 3), y * width * 3)
    }
    return { width, height, channels: 3, data }
  }
}
