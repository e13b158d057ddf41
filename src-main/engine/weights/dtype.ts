/**
 * The element types of safetensors and their conversion to and from float32. Bytes are little-endian, like the format
 * and every platform Node supports.
 */

/** Bytes per element, in the order of the reference implementation's `Dtype` enum, which determines the file layout. */
export const DTYPE_BYTES = {
  BOOL: 1,
  U8: 1,
  I8: 1,
  F8_E5M2: 1,
  F8_E4M3: 1,
  F8_E8M0: 1,
  I16: 2,
  U16: 2,
  F16: 2,
  BF16: 2,
  I32: 4,
  U32: 4,
  F32: 4,
  C64: 8,
  F64: 8,
  I64: 8,
  U64: 8,
} as const

export type Dtype = keyof typeof DTYPE_BYTES
export const DTYPES = Object.keys(DTYPE_BYTES) as Dtype[]
export const isDtype = (s: unknown): s is Dtype => typeof s === 'string' && Object.hasOwn(DTYPE_BYTES, s)

/** Types that can be converted to float32. */
export type FloatDtype = 'F64' | 'F32' | 'F16' | 'BF16'
export const isFloat = (d: Dtype): d is FloatDtype => d === 'F32' || d === 'F16' || d === 'BF16' || d === 'F64'

const word = new Float32Array(1)
const bits = new Uint32Array(word.buffer)

let table: Float32Array | undefined

/** All 65,536 half-precision values: a look-up is faster than bit manipulation, and the table takes only 256 KB. */
const halves = () => {
  if (table) return table
  const values = new Float32Array(1 << 16)
  for (let h = 0; h < values.length; h++) {
    const sign = h & 0x8000 ? -1 : 1
    const exponent = (h >> 10) & 31
    const fraction = h & 1023
    values[h] =
      exponent === 31
        ? fraction
          ? NaN
          : sign * Infinity
        : sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -24 * fraction)
  }
  return (table = values)
}

/** Converts float32 to half precision, rounding to nearest, ties to even (IEEE 754, numpy). */
export function toHalf(x: number): number {
  word[0] = x
  const u = bits[0]!
  const sign = (u >>> 16) & 0x8000
  const magnitude = u & 0x7fffffff
  if (magnitude > 0x7f800000) return sign | 0x7e00
  if (magnitude >= 0x477ff000) return sign | 0x7c00 // ≥ 65520 rounds to infinity
  if (magnitude < 0x38800000) {
    // Below 2^-14: subnormal, a multiple of 2^-24. Adding 0.5 leaves those bits, correctly rounded, at the end of the
    // mantissa.
    word[0] = Math.abs(x) + 0.5
    return sign | (bits[0]! - 0x3f000000)
  }
  return sign | ((magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13)
}

/** `bytes` viewed as `Type`; copied first if they are not aligned. */
const view = <T>(Type: { new (b: ArrayBufferLike, o: number, n: number): T; BYTES_PER_ELEMENT: number }, bytes: Uint8Array): T => {
  const aligned = bytes.byteOffset % Type.BYTES_PER_ELEMENT ? bytes.slice() : bytes
  return new Type(aligned.buffer, aligned.byteOffset, aligned.byteLength / Type.BYTES_PER_ELEMENT)
}

/** Converts `bytes` to float32, into `out` if given. F32 without `out` is a view, not a copy. */
export function decode(bytes: Uint8Array, dtype: FloatDtype, out?: Float32Array): Float32Array {
  if (dtype === 'F32') {
    const x = view(Float32Array, bytes)
    if (!out) return x
    out.set(x)
    return out
  }
  const y = out ?? new Float32Array(bytes.byteLength / DTYPE_BYTES[dtype])
  if (dtype === 'F64') y.set(view(Float64Array, bytes))
  else if (dtype === 'F16') {
    const x = view(Uint16Array, bytes)
    const value = halves()
    for (let i = 0; i < x.length; i++) y[i] = value[x[i]!]!
  } else {
    const x = view(Uint16Array, bytes)
    const u = new Uint32Array(y.buffer, y.byteOffset, y.length)
    for (let i = 0; i < x.length; i++) u[i] = x[i]! << 16
  }
  return y
}

/** Converts `values` to `dtype`, rounding to nearest, ties to even. F32 is a view, not a copy. */
export function encode(values: Float32Array, dtype: FloatDtype): Uint8Array {
  const n = values.length
  if (dtype === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
  if (dtype === 'F64') return new Uint8Array(Float64Array.from(values).buffer)
  const out = new Uint16Array(n)
  if (dtype === 'F16') for (let i = 0; i < n; i++) out[i] = toHalf(values[i]!)
  else {
    const u = view(Uint32Array, new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
    for (let i = 0; i < n; i++) {
      const b = u[i]!
      out[i] = (b & 0x7fffffff) > 0x7f800000 ? (b >>> 16) | 0x40 : (b + 0x7fff + ((b >>> 16) & 1)) >>> 16
    }
  }
  return new Uint8Array(out.buffer)
}

/** Index of the first non-finite element of `bytes`, or -1. Cheap, since it tests exponent bits only. */
export function firstNonFinite(bytes: Uint8Array, dtype: FloatDtype): number {
  if (dtype === 'F32') return firstWithExponent(view(Uint32Array, bytes), 0x7f800000)
  if (dtype === 'F16') return firstWithExponent(view(Uint16Array, bytes), 0x7c00)
  if (dtype === 'BF16') return firstWithExponent(view(Uint16Array, bytes), 0x7f80)
  return view(Float64Array, bytes).findIndex((x) => !Number.isFinite(x))
}

export const allFinite = (x: Float32Array): boolean => firstWithExponent(new Uint32Array(x.buffer, x.byteOffset, x.length), 0x7f800000) < 0

const firstWithExponent = (x: Uint32Array | Uint16Array, mask: number): number => {
  for (let i = 0; i < x.length; i++) if ((x[i]! & mask) === mask) return i
  return -1
}
