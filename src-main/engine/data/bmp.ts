/**
 * Windows bitmaps (Microsoft, BITMAPFILEHEADER and the BITMAPINFO structures, wingdi.h; OS/2's BITMAPCOREHEADER):
 * palettes of 1, 4 and 8 bits, plain or run-length encoded; 16, 24 and 32 bits, with or without masks; bottom-up or
 * top-down. Output is byte-identical to Pillow's `convert('RGB')`. Written here because the maintained decoders on
 * npm fail on odd widths, masks or run lengths.
 */
import { checkSize, type Raster, type Size } from './raster.ts'

const [PLAIN, RLE8, RLE4, FIELDS, ALPHA_FIELDS] = [0, 1, 2, 3, 6]

interface Header extends Size {
  readonly topDown: boolean
  readonly bits: number
  readonly compression: number
  /** Byte offset of the pixels. */
  readonly offset: number
  /** Red, green, blue, alpha; a mask of 0 means that the channel is absent. */
  readonly masks: readonly [number, number, number, number]
  readonly palette: Uint8Array
  /** Bytes per palette entry: blue, green, red and usually a reserved byte. */
  readonly entry: 3 | 4
}

export function bmpSize(bytes: Uint8Array): Size {
  const { width, height } = headerOf(bytes)
  return { width, height }
}

function headerOf(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 26) throw new Error('its header is cut off')
  const info = view.getUint32(14, true)
  const core = info === 12
  if (bytes.length < 14 + info) throw new Error('its header is cut off')
  const [width, tall] = core ? [view.getUint16(18, true), view.getUint16(20, true)] : [view.getInt32(18, true), view.getInt32(22, true)]
  const bits = view.getUint16(core ? 24 : 28, true)
  const compression = core || info < 40 ? PLAIN : view.getUint32(30, true)
  const known =
    compression === PLAIN
      ? [1, 4, 8, 16, 24, 32]
      : compression === RLE8
        ? [8]
        : compression === RLE4
          ? [4]
          : compression === FIELDS || compression === ALPHA_FIELDS
            ? [16, 32]
            : []
  if (!known.includes(bits!))
    throw new Error(`expected 1, 4, 8, 16, 24 or 32 bits a pixel in a compression that fits, found ${bits} and ${compression}`)
  const after = 14 + info + (info === 40 && compression === FIELDS ? 12 : info === 40 && compression === ALPHA_FIELDS ? 16 : 0)
  const entry = core ? 3 : 4
  const said = core || info < 40 ? 0 : view.getUint32(46, true)
  const colours = bits <= 8 ? Math.min(said || 1 << bits, 1 << bits) : 0
  const offset = view.getUint32(10, true)
  if (offset < after || offset > bytes.length) throw new Error(`its pixels begin at ${offset}, which is not behind its header`)
  const masks =
    compression === FIELDS || compression === ALPHA_FIELDS
      ? ([54, 58, 62, 66].map((at, k) =>
          (k < 3 || info >= 56 || compression === ALPHA_FIELDS) && at + 4 <= bytes.length ? view.getUint32(at, true) : 0,
        ) as [number, number, number, number])
      : bits === 16
        ? ([0x7c00, 0x03e0, 0x001f, 0] as const)
        : ([0xff0000, 0xff00, 0xff, 0] as const)
  return {
    width: width!,
    height: Math.abs(tall!),
    topDown: tall! < 0,
    bits,
    compression,
    offset,
    masks,
    palette: bytes.subarray(after, Math.min(offset, after + colours * entry)),
    entry,
  }
}

/** @throws an Error describing the problem, before any allocation based on the header */
export function decodeBmp(bytes: Uint8Array, pixelLimit: number): Raster {
  const header = headerOf(bytes)
  checkSize(header, pixelLimit)
  const { width, height, bits, compression, topDown } = header
  const pixels = bytes.subarray(header.offset)
  if (compression === RLE8 || compression === RLE4) return paletteRaster(header, runs(pixels, header))
  const stride = Math.ceil((width * bits) / 32) * 4
  // The last row's padding may be missing.
  if (pixels.length < stride * (height - 1) + Math.ceil((width * bits) / 8))
    throw new Error(`expected ${stride * height} bytes of pixels, found ${pixels.length}`)
  const rowOf = (y: number) => pixels.subarray(stride * (topDown ? y : height - 1 - y))
  if (bits > 8) return colourRaster(header, rowOf)
  const indices = new Uint8Array(width * height)
  const perByte = 8 / bits
  const mask = (1 << bits) - 1
  for (let y = 0, o = 0; y < height; y++) {
    const row = rowOf(y)
    for (let x = 0; x < width; x++) indices[o++] = (row[Math.floor(x / perByte)]! >> (8 - bits * (1 + (x % perByte)))) & mask
  }
  return paletteRaster(header, indices)
}

/** A colour missing from the palette is black, as in Pillow. */
function paletteRaster({ width, height, palette, entry }: Header, indices: Uint8Array): Raster {
  const data = new Uint8Array(width * height * 3)
  for (let i = 0, o = 0; i < indices.length; i++, o += 3) {
    const at = indices[i]! * entry
    for (let c = 0; c < 3; c++) data[o + c] = palette[at + 2 - c] ?? 0
  }
  return { width, height, channels: 3, data }
}

function colourRaster({ width, height, bits, masks }: Header, rowOf: (y: number) => Uint8Array): Raster {
  const channels = masks[3] ? 4 : 3
  const data = new Uint8Array(width * height * channels)
  const size = bits / 8
  const fields = masks.slice(0, channels).map((mask) => {
    const shift = mask ? 31 - Math.clz32(mask & -mask) : 0
    return { shift, most: mask >>> shift, mask }
  })
  for (let y = 0, o = 0; y < height; y++) {
    const row = rowOf(y)
    for (let x = 0, at = 0; x < width; x++, at += size, o += channels) {
      const value =
        size === 2
          ? row[at]! | (row[at + 1]! << 8)
          : (row[at]! | (row[at + 1]! << 8) | (row[at + 2]! << 16) | ((size === 4 ? row[at + 3]! : 0) << 24)) >>> 0
      for (let c = 0; c < channels; c++) {
        const { shift, most, mask } = fields[c]!
        const field = (value & mask) >>> shift
        data[o + c] = most === 255 ? field : most ? Math.floor((field * 255) / most) : 0
      }
    }
  }
  return { width, height, channels, data }
}

/** Most pixels that a byte of run-length data can encode; larger sizes are refused before memory is allocated. */
const PIXELS_A_BYTE = 4096

/** Decodes run-length data to palette indices; pixels that the runs skip have index 0. */
function runs(bytes: Uint8Array, { width, height, topDown, compression }: Header): Uint8Array {
  if (width * height > bytes.length * PIXELS_A_BYTE) throw new Error(`${bytes.length} bytes can't hold ${width} × ${height} pixels`)
  const indices = new Uint8Array(width * height)
  const nibbles = compression === RLE4
  let [x, y, at] = [0, 0, 0]
  const put = (index: number) => {
    if (x < width && y < height) indices[(topDown ? y : height - 1 - y) * width + x] = index
    x++
  }
  while (y < height) {
    if (at + 2 > bytes.length) throw new Error('its run-length data is cut off')
    const [n, value] = [bytes[at++]!, bytes[at++]!]
    if (n) {
      for (let i = 0; i < n; i++) put(nibbles ? (i & 1 ? value & 15 : value >> 4) : value)
    } else if (value === 0) {
      x = 0
      y++
    } else if (value === 1) break
    else if (value === 2) {
      if (at + 2 > bytes.length) throw new Error('its run-length data is cut off')
      x += bytes[at++]!
      y += bytes[at++]!
    } else {
      const length = nibbles ? (value + 1) >> 1 : value
      if (at + length > bytes.length) throw new Error('its run-length data is cut off')
      for (let i = 0; i < value; i++) put(nibbles ? (i & 1 ? bytes[at + (i >> 1)]! & 15 : bytes[at + (i >> 1)]! >> 4) : bytes[at + i]!)
      at += length + (length & 1)
    }
  }
  return indices
}
