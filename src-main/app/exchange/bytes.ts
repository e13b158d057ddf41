import { closeSync, fstatSync, openSync, readSync } from 'node:fs'

/** The first `bytes` bytes of a file; if negative, the last ones. */
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
