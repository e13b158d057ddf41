/**
 * Reads and writes safetensors files: headers are validated strictly, tensors are read one at a time, files are
 * written as a stream.
 */
import fs from 'node:fs'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { decode, encode, firstNonFinite, isFloat, DTYPE_BYTES } from './dtype.ts'
import { ioError, readAll, replaceFile, writeAll } from './files.ts'
import { MAX_HEADER_BYTES, buildHeader, byteLength, formatShape, layout, parseHeader, type TensorInfo, type TensorSpec } from './header.ts'
import { isPointer, openRegular, pointerError } from './regular.ts'
import type { Chunk, PlacedTensors, Produced, TensorsToWrite } from './written.ts'

export type { TensorInfo, TensorSpec } from './header.ts'

/** A tensor in an open file, readable by any thread of this process until the file is closed. */
export interface StoredTensor extends TensorSpec {
  /** The path as the user gave it. */
  readonly file: string
  readonly fd: number
  readonly offset: number
  readonly length: number
}

export interface SafetensorsFile {
  readonly file: string
  readonly metadata: Readonly<Record<string, string>>
  /** By name, sorted by offset. `TensorInfo.file` is the real path, with symbolic links resolved. */
  readonly tensors: ReadonlyMap<string, TensorInfo>
  /** The tensor's bytes, as a copy. */
  bytes(name: string): Uint8Array
  /** A floating-point tensor as float32. @throws a data fault on NaN or infinity */
  float32(name: string): Float32Array
  /** @throws a data fault if a floating-point tensor contains NaN or infinity; reads in chunks of some megabytes */
  checkFinite(name: string): void
  /** Fills `into` with the tensor's bytes starting at `from`. */
  readInto(name: string, into: Uint8Array, from?: number): void
  stored(name: string): StoredTensor
  close(): void
}

/** Opens `file` and reads only its header. Every flaw is a data fault: `FILE: FIELD: what was expected`. */
export function openSafetensors(file: string): SafetensorsFile {
  const { fd, size, real } = openRegular(file)
  try {
    const { metadata, tensors } = parseHeader(file, readHeader(file, fd, size), size, real)
    return new OpenFile(file, fd, metadata, new Map(tensors.map((t) => [t.name, t])))
  } catch (e) {
    fs.closeSync(fd)
    throw ioError(file, 'read', e)
  }
}

function readHeader(file: string, fd: number, size: number): Uint8Array {
  if (size < 8) throw dataError(file, sentence('safetensors.short', { found: size }))
  const prefix = Buffer.alloc(8)
  readAll(fd, prefix, 0)
  const length = prefix.readBigUInt64LE()
  if (length > MAX_HEADER_BYTES)
    throw otherFormat(file, fd) ?? dataError(file, sentence('safetensors.long-header', { limit: MAX_HEADER_BYTES, found: String(length) }))
  if (length > size - 8) throw dataError(file, sentence('model.truncated', { length: String(length), left: size - 8 }))
  if (length < 2) throw dataError(file, sentence('safetensors.short-header', { found: String(length) }))
  const json = new Uint8Array(Number(length))
  if (readAll(fd, json, 8) < json.length) throw dataError(file, sentence('safetensors.header-ended'))
  return json
}

/** Other formats that are sometimes named like a safetensors file; parsed as one, they have an absurd header length. */
function otherFormat(file: string, fd: number): Error | undefined {
  const bytes = Buffer.alloc(64)
  readAll(fd, bytes, 0)
  const begins = bytes.toString('latin1')
  if (isPointer(begins)) return pointerError(file)
  if (/^(PK\x03\x04|\x80[\x02-\x05])/.test(begins))
    return dataError(file, sentence('model.pickle-renamed', { pickle: sentence('model.pickle') }))
  if (/^\s*<(!doctype|html|\?xml)/i.test(begins)) return dataError(file, sentence('model.web-page'))
  return undefined
}

/** A multiple of every element's size. */
const LOOK_BYTES = 16 << 20

class OpenFile implements SafetensorsFile {
  constructor(
    readonly file: string,
    private fd: number | undefined,
    readonly metadata: Readonly<Record<string, string>>,
    readonly tensors: ReadonlyMap<string, TensorInfo>,
  ) {}

  private open() {
    if (this.fd === undefined) throw new Error(`${this.file} was read after closing`)
    return this.fd
  }

  private info(name: string) {
    const info = this.tensors.get(name)
    if (!info) throw dataError(this.file, sentence('model.tensor-missing', { tensor: name }))
    return info
  }

  bytes(name: string) {
    const bytes = new Uint8Array(this.info(name).length)
    this.readInto(name, bytes)
    return bytes
  }

  float32(name: string) {
    const { dtype, shape } = this.info(name)
    if (!isFloat(dtype)) throw dataError(this.file, sentence('tensor.type', { tensor: name, found: dtype }))
    const bytes = this.bytes(name)
    const at = firstNonFinite(bytes, dtype)
    if (at < 0) return decode(bytes, dtype)
    const size = DTYPE_BYTES[dtype]
    const [value] = decode(bytes.subarray(at * size, (at + 1) * size), dtype)
    throw nonFinite(this.file, name, shape, at, value!)
  }

  checkFinite(name: string) {
    const { dtype, shape, length } = this.info(name)
    if (!isFloat(dtype)) throw dataError(this.file, sentence('tensor.type', { tensor: name, found: dtype }))
    const size = DTYPE_BYTES[dtype]
    const part = new Uint8Array(Math.min(length, LOOK_BYTES))
    for (let from = 0; from < length; from += part.length) {
      const bytes = part.subarray(0, Math.min(part.length, length - from))
      this.readInto(name, bytes, from)
      const at = firstNonFinite(bytes, dtype)
      if (at >= 0) throw nonFinite(this.file, name, shape, from / size + at, decode(bytes.slice(at * size, (at + 1) * size), dtype)[0]!)
    }
  }

  readInto(name: string, into: Uint8Array, from = 0) {
    readStored(this.stored(name), into, from)
  }

  stored(name: string) {
    return { ...this.info(name), file: this.file, fd: this.open() }
  }

  close() {
    if (this.fd !== undefined) fs.closeSync(this.fd)
    this.fd = undefined
  }
}

/** Fills `into` with the tensor's bytes starting at `from`. */
export function readStored({ file, fd, name, offset, length }: StoredTensor, into: Uint8Array, from = 0): void {
  if (from + into.byteLength > length) throw new RangeError(`${name}: ${from} + ${into.byteLength} is past its ${length} bytes`)
  if (readAll(fd, into, offset + from) < into.byteLength) throw dataError(file, sentence('tensor.ended', { tensor: name }))
}

/** The fault for a non-finite value. `at` is the element's row-major index. */
export function nonFinite(file: string, name: string, shape: readonly number[], at: number, value: number) {
  const index: number[] = []
  for (const size of [...shape].reverse()) {
    index.unshift(at % size)
    at = Math.floor(at / size)
  }
  return dataError(file, sentence('tensor.not-finite', { tensor: name, found: value, at: `[${index.join(', ')}]` }))
}

/** Flush interval in bytes, so that the final fsync has little left to do. */
const FLUSH_BYTES = 32 << 20

/** Replaces `file` with the source's tensors, streaming them. */
export async function writeSafetensors(
  file: string,
  source: TensorsToWrite | PlacedTensors,
  metadata: Readonly<Record<string, string>> = { format: 'pt' },
): Promise<void> {
  const { specs } = source
  const names = new Set(specs.map((s) => s.name))
  if (names.size < specs.length || names.has('__metadata__')) throw new Error(`${file}: tensor names must be unique and not __metadata__`)
  const order = layout(specs)
  const header = buildHeader(order, metadata)
  await replaceFile(file, async (fd) => {
    const flushing = flusher(fd)
    try {
      await writeAll(fd, header)
      if ('fill' in source) await source.fill(fd, places(order, header.byteLength), flushing.wrote)
      else await stream(file, fd, order, source, flushing.wrote)
    } finally {
      // The descriptor must not be in use when it is closed, whatever failed first.
      await Promise.allSettled([flushing.done()])
    }
    await flushing.done()
  })
}

/** Byte offset of each tensor in the file. */
function places(order: readonly TensorSpec[], at: number): Map<string, number> {
  return new Map(order.map((spec) => [spec.name, (at += byteLength(spec)) - byteLength(spec)]))
}

/** Requests the tensors in file order. One chunk is written while the next one is produced. */
async function stream(
  file: string,
  fd: number,
  order: readonly TensorSpec[],
  { produce }: TensorsToWrite,
  wrote: (bytes: number) => void,
): Promise<void> {
  let writing = Promise.resolve()
  try {
    for (const spec of order) {
      let left = byteLength(spec)
      for await (const chunk of parts(produce(spec))) {
        const part = chunk instanceof Float32Array ? asBytes(spec, chunk) : chunk
        if ((left -= part.byteLength) < 0) break
        await writing
        writing = writeAll(fd, part).then(() => wrote(part.byteLength))
        writing.catch(() => undefined) // rethrown when awaited
      }
      if (left !== 0)
        throw new Error(`${file}: ${spec.name}: ${spec.dtype} ${formatShape(spec.shape)} was given ${byteLength(spec) - left} bytes`)
    }
  } finally {
    await Promise.allSettled([writing])
  }
  await writing
}

/** Flushes written data to the device while more is being written. */
function flusher(fd: number) {
  let unflushed = 0
  let flush: Promise<void> | undefined
  return {
    wrote(bytes: number) {
      unflushed += bytes
      if (flush || unflushed < FLUSH_BYTES) return
      unflushed = 0
      flush = new Promise<void>((resolve, reject) => fs.fdatasync(fd, (e) => (e ? reject(e) : resolve())))
      flush.then(
        () => (flush = undefined),
        () => undefined,
      ) // `done` reports a failure of `flush`
    },
    done: async () => flush,
  }
}

const asBytes = (spec: TensorSpec, values: Float32Array) => {
  if (!isFloat(spec.dtype)) throw new Error(`${spec.name}: float32 values for a tensor of ${spec.dtype}`)
  return encode(values, spec.dtype)
}

const parts = (p: Produced): Iterable<Chunk> | AsyncIterable<Chunk> => (p instanceof Uint8Array || p instanceof Float32Array ? [p] : p)
