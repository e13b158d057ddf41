/**
 * The header of a safetensors file: 8 bytes with its length N (little-endian u64), N bytes of JSON, then the tensors' bytes.
 * Format: https://github.com/huggingface/safetensors (README and safetensors/src/tensor.rs).
 */
import { dataError } from '#shared/errors.ts'
import { sentence, type Sentence } from '#shared/sentences/table.ts'
import { DTYPES, DTYPE_BYTES, isDtype, type Dtype } from './dtype.ts'
import { parseBounded } from './regular.ts'

/** Limit against malicious or corrupt headers. The reference accepts 100 MB; the largest CLIP has 200 KB. */
export const MAX_HEADER_BYTES = 8 << 20
/** The largest CLIP has 1,500. */
const MAX_TENSORS = 20_000

export interface TensorSpec {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
}

/**
 * A tensor's location: `length` bytes at `offset` from the start of `file`, so that it can be mapped as external
 * data.
 */
export interface TensorInfo extends TensorSpec {
  readonly file: string
  readonly offset: number
  readonly length: number
}

export const elements = (shape: readonly number[]) => shape.reduce((n, d) => n * d, 1)
export const byteLength = ({ dtype, shape }: TensorSpec) => elements(shape) * DTYPE_BYTES[dtype]
export const formatShape = (shape: readonly number[]) => `[${shape.join(', ')}]`

const show = (x: unknown) => (JSON.stringify(x) ?? 'nothing').slice(0, 80)
const isSize = (x: unknown): x is number => Number.isSafeInteger(x) && (x as number) >= 0
const isRecord = (x: unknown): x is Record<string, unknown> => typeof x === 'object' && x !== null && !Array.isArray(x)

export interface Header {
  readonly metadata: Readonly<Record<string, string>>
  /** Sorted by offset. */
  readonly tensors: readonly TensorInfo[]
}

/**
 * Parses and validates the JSON of a header.
 * @param json the header's bytes without the 8 of its length
 * @param fileBytes the size of the whole file
 * @param mapped the path stored as the tensors' `file`; errors name `file`
 */
export function parseHeader(file: string, json: Uint8Array, fileBytes: number, mapped = file): Header {
  const header = parseObject(file, json)
  const dataStart = 8 + json.byteLength
  const dataBytes = fileBytes - dataStart
  const tensors: TensorInfo[] = []
  let metadata: Record<string, string> = {}
  for (const [name, value] of Object.entries(header)) {
    if (name === '__metadata__') metadata = parseMetadata(file, value)
    else tensors.push(parseTensor(file, name, value, dataStart, dataBytes, mapped))
  }
  tensors.sort((a, b) => a.offset - b.offset || a.length - b.length)
  let end = dataStart
  let before = sentence('safetensors.the-header')
  for (const t of tensors) {
    if (t.offset !== end) {
      throw dataError(
        file,
        sentence(t.offset < end ? 'tensor.overlaps' : 'tensor.gap', {
          tensor: t.name,
          before,
          expected: end - dataStart,
          found: t.offset - dataStart,
        }),
      )
    }
    end = t.offset + t.length
    before = sentence('safetensors.the-tensor', { tensor: t.name })
  }
  if (end !== fileBytes) throw dataError(file, sentence('safetensors.length', { expected: end - dataStart, found: dataBytes }))
  return { metadata, tensors }
}

function parseObject(file: string, json: Uint8Array): Record<string, unknown> {
  let header: unknown
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json)
    header = parseBounded(text)
  } catch (e) {
    throw dataError(file, sentence('safetensors.header-json'), e)
  }
  if (!isRecord(header) || text[0] !== '{') throw dataError(file, sentence('safetensors.header-object'))
  const count = Object.keys(header).length
  if (count > MAX_TENSORS) throw dataError(file, sentence('safetensors.header-tensors', { limit: MAX_TENSORS, found: count }))
  const twice = duplicateKey(text)
  if (twice !== undefined) throw dataError(file, sentence('safetensors.header-twice', { key: JSON.stringify(twice) }))
  return header
}

/** JSON.parse silently keeps the last of two equal keys; such a file means different things to different readers. */
function duplicateKey(json: string): string | undefined {
  const objects: (Set<string> | undefined)[] = []
  for (const [token, , colon] of json.matchAll(/"(?:[^"\\]|\\.)*"(\s*(:))?|[{}[\]]/g)) {
    if (token === '{') objects.push(new Set())
    else if (token === '[') objects.push(undefined)
    else if (token === '}' || token === ']') objects.pop()
    else if (colon) {
      const key = JSON.parse(token.slice(0, token.lastIndexOf('"') + 1)) as string
      const keys = objects.at(-1)!
      if (keys.has(key)) return key
      keys.add(key)
    }
  }
  return undefined
}

function parseMetadata(file: string, value: unknown): Record<string, string> {
  if (!isRecord(value)) throw dataError(file, sentence('safetensors.metadata'))
  for (const [key, v] of Object.entries(value))
    if (typeof v !== 'string') throw dataError(file, sentence('safetensors.metadata-value', { key, found: show(v) }))
  return value as Record<string, string>
}

function parseTensor(file: string, name: string, value: unknown, dataStart: number, dataBytes: number, mapped: string): TensorInfo {
  const fail = (problem: Sentence) => dataError(file, sentence('tensor', { tensor: name, problem }))
  if (!isRecord(value)) throw fail(sentence('safetensors.object', { fields: '{dtype, shape, data_offsets}', found: show(value) }))
  const { dtype, shape, data_offsets: offsets } = value
  if (!isDtype(dtype)) throw fail(sentence('tensor.dtype', { types: DTYPES.join(', '), found: show(dtype) }))
  if (!Array.isArray(shape) || shape.length > 16 || !shape.every(isSize)) throw fail(sentence('tensor.sizes', { found: show(shape) }))
  const length = byteLength({ name, dtype, shape })
  if (!isSize(length)) throw fail(sentence('tensor.too-large', { shape: show(shape) }))
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize) || offsets[0]! > offsets[1]!)
    throw fail(sentence('tensor.offsets', { found: show(offsets) }))
  const [begin, end] = offsets as [number, number]
  if (end > dataBytes) throw fail(sentence('tensor.offsets-end', { end, bytes: dataBytes }))
  if (end - begin !== length)
    throw fail(sentence('tensor.offsets-length', { expected: length, dtype, shape: formatShape(shape), found: end - begin }))
  return { name, dtype, shape, file: mapped, offset: dataStart + begin, length }
}

/** The order of tensors in a file, as in the reference implementation: larger element types first, then by name. */
export const layout = (specs: readonly TensorSpec[]): TensorSpec[] =>
  [...specs].sort((a, b) => DTYPES.indexOf(b.dtype) - DTYPES.indexOf(a.dtype) || compareNames(a.name, b.name))

/**
 * The bytes before the first tensor of a file laid out by {@link layout}, padded with spaces to a multiple of 8 to
 * align every element.
 */
export function buildHeader(order: readonly TensorSpec[], metadata: Readonly<Record<string, string>>): Uint8Array {
  const fields: string[] = []
  if (Object.keys(metadata).length) fields.push(`"__metadata__":${JSON.stringify(metadata)}`)
  let at = 0
  for (const spec of order) {
    const end = at + byteLength(spec)
    fields.push(`${JSON.stringify(spec.name)}:${JSON.stringify({ dtype: spec.dtype, shape: spec.shape, data_offsets: [at, end] })}`)
    at = end
  }
  const json = Buffer.from(`{${fields.join(',')}}`)
  const bytes = Buffer.alloc(8 + Math.ceil(json.byteLength / 8) * 8, ' ')
  bytes.writeBigUInt64LE(BigInt(bytes.byteLength - 8), 0)
  json.copy(bytes, 8)
  return bytes
}

/** Compares UTF-8 bytes, like Rust; JavaScript's `<` compares UTF-16 units. */
const compareNames = (a: string, b: string) => (a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b)))
