/**
 * JPEG 2000 (ISO/IEC 15444-1), as a codestream or a .jp2 file, decoded by OpenJPEG in WebAssembly, which Pillow uses
 * too. Images with alpha go to the decoder of pdf.js, since that build of OpenJPEG accepts one or three components
 * only.
 */
import { createRequire } from 'node:module'
import { JpxImage } from 'jpeg2000'
import { checkSize, type Raster, type Size } from './raster.ts'

interface Component {
  readonly bits: number
  /** Byte offset of its depth, whose highest bit tells that samples have signs. */
  readonly at: number
}

interface Header extends Size {
  readonly components: readonly Component[]
  /** Enumerated colour space: 12 is CMYK, 16 sRGB, 17 grey, 18 YCC. */
  readonly space: number | undefined
  readonly palette: boolean
}

export function jp2Size(bytes: Uint8Array): Size {
  const { width, height } = headerOf(bytes)
  return { width, height }
}

/** Whether it is greyscale with more than 8 bits. */
export const jp2Deep = (bytes: Uint8Array): boolean => {
  const { components } = headerOf(bytes)
  return components.length === 1 && components[0]!.bits > 8
}

const CODESTREAM = 0xff4fff51

function headerOf(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (bytes.length < 12) throw new Error('its header is cut off')
  if (view.getUint32(0) === CODESTREAM) return sizeMarker(view, 2)
  let [space, palette]: [number | undefined, boolean] = [undefined, false]
  for (let at = 0; at + 8 <= bytes.length;) {
    const kind = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    let [length, head] = [view.getUint32(at), 8]
    if (length === 1 && at + 16 <= bytes.length) [length, head] = [Number(view.getBigUint64(at + 8)), 16]
    if (length === 0) length = bytes.length - at
    if (length < head) throw new Error(`a box of ${length} bytes`)
    if (kind === 'jp2c') return { ...sizeMarker(view, at + head + 2), space, palette }
    if (kind === 'colr' && at + 15 <= bytes.length && bytes[at + 8] === 1) space ??= view.getUint32(at + 11)
    if (kind === 'pclr') palette = true
    at += kind === 'jp2h' ? head : length // a superbox: descend into it
  }
  throw new Error('it contains no codestream')
}

/** Reads the SIZ marker, which starts every codestream. */
function sizeMarker(view: DataView, at: number): Header {
  if (at + 40 > view.byteLength || view.getUint16(at) !== 0xff51) throw new Error('its codestream has no size')
  const [x1, y1, x0, y0, tileX, tileY] = [6, 10, 14, 18, 22, 26].map((o) => view.getUint32(at + o)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const count = view.getUint16(at + 38)
  if (count < 1 || count > 4 || at + 40 + 3 * count > view.byteLength) throw new Error(`expected 1 to 4 components, found ${count}`)
  if (!tileX || !tileY || Math.ceil(x1 / tileX) * Math.ceil(y1 / tileY) > 65535) throw new Error('it has more tiles than the format allows')
  const components = Array.from({ length: count }, (_, i): Component => {
    const [depth, dx, dy] = [0, 1, 2].map((o) => view.getUint8(at + 40 + 3 * i + o)) as [number, number, number]
    const bits = (depth & 127) + 1
    if (bits > 16) throw new Error(`expected up to 16 bits a sample, found ${bits}`)
    if (dx !== 1 || dy !== 1) throw new Error('its components are of different resolutions: expected all of one')
    return { bits, at: at + 40 + 3 * i }
  })
  return { width: x1 - x0, height: y1 - y0, components, space: undefined, palette: false }
}

/** @throws an Error describing the problem */
export async function decodeJp2(bytes: Uint8Array, pixelLimit: number): Promise<Raster> {
  const header = headerOf(bytes)
  checkSize(header, pixelLimit)
  const n = header.components.length
  const raster = n === 2 || n === 4 ? withAlpha(bytes, header) : await openJpeg(bytes, header)
  if (raster.width !== header.width || raster.height !== header.height)
    throw new Error(`expected ${header.width} × ${header.height} pixels, found ${raster.width} × ${raster.height}`)
  return raster
}

function withAlpha(bytes: Uint8Array, { components, space }: Header): Raster {
  if (bytes.at(-2) !== 0xff || bytes.at(-1) !== 0xd9) throw new Error('its end is cut off') // that decoder would loop forever
  if (space === 12) throw new Error('CMYK: expected grey or RGB, with or without alpha')
  const image = new JpxImage()
  image.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
  const { width, height } = image
  const n = components.length as 2 | 4
  const data = new Uint8Array(width * height * n)
  for (const { left, top, width: w, height: h, items } of image.tiles)
    for (let y = 0; y < h; y++) data.set(items.subarray(y * w * n, (y + 1) * w * n), ((top + y) * width + left) * n)
  return { width, height, channels: n, data }
}

/** The part of the untyped package that is used. */
interface Decoder {
  getEncodedBuffer(length: number): Uint8Array
  decode(): void
  getFrameInfo(): { width: number; height: number; bitsPerSample: number; componentCount: number }
  getDecodedBuffer(): Uint8ClampedArray
}
type OpenJpeg = (options: {
  locateFile: () => string
  print: (line: string) => void
  printErr: (line: string) => void
}) => Promise<{ J2KDecoder: new () => Decoder }>

async function openJpeg(bytes: Uint8Array, { components, palette }: Header): Promise<Raster> {
  const require = createRequire(import.meta.url)
  const start = require('@cornerstonejs/codec-openjpeg/decodewasmjs') as OpenJpeg
  const complaints: string[] = []
  const print = (line: string) => {
    if (/^\[(ERROR|WARNING)\]/.test(line)) complaints.push(line.replace(/^\[\w+\]\s*/, '').trim())
  }
  // A new instance each time, since its memory never shrinks.
  const { J2KDecoder } = await start({
    locateFile: () => require.resolve('@cornerstonejs/codec-openjpeg/decodewasm'),
    print,
    printErr: print,
  })
  const decoder = new J2KDecoder()
  const encoded = decoder.getEncodedBuffer(bytes.length)
  encoded.set(bytes)
  // As in Pillow's Jpeg2KDecode.c, signed samples are offset by half their range: the decoder does that to unsigned
  // ones, but loses negative ones of 8 bits.
  for (const { at } of components) encoded[at]! &= 127
  try {
    decoder.decode()
  } catch (e) {
    throw new Error(
      complaints[0] ?? (e instanceof Error ? e.message : 'it needs more memory than the decoder has, or holds what it does not know'),
      { cause: e },
    )
  }
  if (complaints.length) throw new Error(complaints[0])
  const { width, height, bitsPerSample: bits, componentCount } = decoder.getFrameInfo()
  const channels = componentCount as 1 | 3
  const stored = decoder.getDecodedBuffer()
  const wide = bits > 8
  if (
    !(width > 0 && height > 0) ||
    (!palette && channels !== components.length) ||
    stored.length < width * height * channels * (wide ? 2 : 1)
  )
    throw new Error('the decoder returned no image')
  const n = width * height * channels
  const samples = wide ? new Uint16Array(stored.buffer, stored.byteOffset, n) : stored
  // As in Pillow: grey deeper than a byte is scaled to 16 bits, colours are rounded to 8.
  if (wide && channels === 1) return { width, height, channels, data: Uint16Array.from(samples, (v) => v << (16 - bits)) }
  const data = wide
    ? Uint8Array.from(samples, (v) => Math.min(255, (v + (1 << (bits - 9))) >> (bits - 8)))
    : Uint8Array.from(samples, (v) => v << (8 - bits))
  return { width, height, channels, data }
}
