/** A real device of a few megabytes that a test can fill. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'

/** Mounts one, which only root can; undefined where it is refused. @param size as `mount` takes it */
export function smallDevice(at: string, size = '2m'): string | undefined {
  fs.mkdirSync(at, { recursive: true })
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', at], { stdio: 'pipe' })
    return at
  } catch (e) {
    console.warn(`A full device is not tested here: mounting is refused (${String((e as { stderr?: unknown }).stderr).trim()})`)
    return undefined
  }
}

export const removeDevice = (device: string): void => void execFileSync('umount', ['-l', device])

/** Writes until not one page more fits. */
export function fill(file: string): void {
  const fd = fs.openSync(file, 'a')
  try {
    for (const page = Buffer.alloc(4096); ;) fs.writeSync(fd, page)
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code !== 'ENOSPC') throw e
  } finally {
    fs.closeSync(fd)
  }
}
