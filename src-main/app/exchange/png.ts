/** Checks PNG files before a library unpacks them: size limits come first. */
import { inflateSync } from 'node:zlib'
import { sentence } from '#shared/sentences/table.ts'
import { Unfit } from './findings.ts'

const limit = 2 ** 28

/** Throws if the bytes are not a PNG, the picture is too large, or its data would unpack to more than its pixels. */
export function checkPng(bytes: Uint8Array): { width: number; height: number; depth: number; colour: number } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 33 || view.getUint32(0) !== 0x89504e47 || view.getUint32(12) !== 0x49484452)
    throw new Unfit(sentence('finding.not-png'))
  const [width, height, depth, colour] = [view.getUint32(16), view.getUint32(20), bytes[24]!, bytes[25]!]
  const channels = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[colour]
  if (!channels || !width || !height || width * height > limit) throw new Unfit(sentence('finding.png-size', { width, height, limit }))
  // Interlaced pictures need up to seven filter bytes per row.
  const most = height * (Math.ceil((width * channels * depth) / 8) + 8) * (bytes[28] ? 2 : 1) + 1024
  const data: Uint8Array[] = []
  for (let at = 8; at + 8 <= bytes.length;) {
    const length = view.getUint32(at)
    if (at + 12 + length > bytes.length) throw new Unfit(sentence('finding.png-cut'))
    if (view.getUint32(at + 4) === 0x49444154) data.push(bytes.subarray(at + 8, at + 8 + length))
    at += 12 + length
  }
  try {
    inflateSync(Buffer.concat(data), { maxOutputLength: most })
  } catch (e) {
    throw new Unfit(sentence('finding.png-damaged', { reason: e instanceof Error ? e.message : String(e) }), {
      cause: e,
    })
  }
  return { width, height, depth, colour }
}
