import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** The first bytes of a file, or of a negative number the last. */
export function bytesOf(file: string, bytes: number): Buffer {
  const fd = openSync(file, 'r')
  try {
    const { size } = fstatSync(fd)
    const buffer = Buffer.alloc(Math.min(Math.abs(bytes), size))
    return buffer.subarray(0, readSync(fd, buffer, 0, buffer.length, bytes < 0 ? size - buffer.length : 0))
  } finally {
    closeSync(fd)
  }
}
