/**
 * Positional reads and writes on open files, and other file operations that weights need. `fs` is imported as default
 * on purpose: tests inject faults (a full disk) into it.
 */
import fs from 'node:fs'

export { replaceFile, writeAll } from '../../files/atomic.ts'
export { ioError } from '../../files/words.ts'

/** Writes all of `bytes` at `position`, synchronously: use it only in threads dedicated to writing. */
export function writeAllAt(fd: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.byteLength;)
    done += fs.writeSync(fd, bytes, done, Math.min(bytes.byteLength - done, 1 << 30), position + done)
}

/**
 * Fills `into` from `position` of the descriptor. @returns the number of bytes read, less only at the end of the file
 */
export function readAll(fd: number, into: Uint8Array, position: number): number {
  let done = 0
  while (done < into.byteLength) {
    const n = fs.readSync(fd, into, done, Math.min(into.byteLength - done, 1 << 30), position + done)
    if (n === 0) break
    done += n
  }
  return done
}
