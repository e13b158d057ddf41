/**
 * Inspects the write-ahead log on disk. SQLite silently ignores an unreadable log, and everything after the first
 * damaged frame: acknowledged edits are then missing. (https://sqlite.org/fileformat2.html#walformat)
 */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

const headerBytes = 32
const frameHeaderBytes = 24

/**
 * Describes the damage of a database's log; null if there is none. SQLite does not lock the log, so it can be read
 * concurrently.
 */
export function logProblem(file: string): string | null {
  // A log may be read while being written; real damage persists on a second look.
  return inspect(file) && inspect(file)
}

function inspect(file: string): string | null {
  let fd: number
  try {
    fd = openSync(`${file}-wal`, 'r')
  } catch {
    return null // whether a log is expected is checked elsewhere
  }
  try {
    const { size } = fstatSync(fd)
    if (size === 0) return null
    if (size < headerBytes) return `is cut: ${size} bytes are left, less than its header; what was in it is lost`
    const header = read(fd, 0, headerBytes)
    const magic = header.readUInt32BE(0)
    const order = magic === 0x377f0683 ? 'BE' : 'LE'
    const pageSize = header.readUInt32BE(8)
    const sound =
      magic >>> 1 === 0x377f0682 >>> 1 &&
      header.readUInt32BE(4) === 3007000 &&
      pageSize >= 512 &&
      pageSize <= 65536 &&
      (pageSize & (pageSize - 1)) === 0
    const seed = sound ? checksum(header.subarray(0, 24), order, [0, 0]) : [0, 0]
    if (!sound || seed[0] !== header.readUInt32BE(24) || seed[1] !== header.readUInt32BE(28))
      return `has a damaged header, so that none of its ${size} bytes can be read; what was in it is lost`
    return inspectFrames(fd, size, pageSize, header.subarray(16, 24), order, seed as Sum)
  } finally {
    closeSync(fd)
  }
}

type Sum = [number, number]

/**
 * Frames of an earlier generation of the log (other salts) may follow; frames of this generation after a damaged one
 * may not.
 */
function inspectFrames(fd: number, size: number, pageSize: number, salts: Buffer, order: 'BE' | 'LE', seed: Sum): string | null {
  let sum = seed
  let damaged = 0
  const length = frameHeaderBytes + pageSize
  for (let n = 1, at = headerBytes; at + length <= size; n++, at += length) {
    const frame = read(fd, at, damaged ? frameHeaderBytes : length)
    const ours = frame.subarray(8, 16).equals(salts)
    if (damaged) {
      // A commit of this generation follows the damage: an acknowledged edit is lost.
      if (ours && frame.readUInt32BE(4) > 0) return `is damaged at frame ${damaged}; the edits that follow it in the log are lost`
      continue
    }
    if (ours) sum = checksum(frame.subarray(frameHeaderBytes), order, checksum(frame.subarray(0, 8), order, sum))
    if (!ours || sum[0] !== frame.readUInt32BE(16) || sum[1] !== frame.readUInt32BE(20)) damaged = n
  }
  return null
}

function read(fd: number, at: number, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  readSync(fd, bytes, 0, length, at)
  return bytes
}

function checksum(bytes: Buffer, order: 'BE' | 'LE', [a, b]: readonly [number, number]): Sum {
  const word = order === 'BE' ? (i: number) => bytes.readUInt32BE(i) : (i: number) => bytes.readUInt32LE(i)
  for (let i = 0; i < bytes.length; i += 8) {
    a = (a + word(i) + b) >>> 0
    b = (b + word(i + 4) + a) >>> 0
  }
  return [a, b]
}
