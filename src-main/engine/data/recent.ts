import { statSync } from 'node:fs'

/** What was computed last, up to a limit of bytes. At least the newest is kept. */
export class Recent<T extends object> {
  /** Least recently used first. */
  private readonly kept = new Map<string, { readonly value: T; readonly bytes: number }>()
  private used = 0

  constructor(private readonly limit: number) {}

  get bytes(): number {
    return this.used
  }

  get size(): number {
    return this.kept.size
  }

  get(key: string): T | undefined {
    const known = this.kept.get(key)
    if (!known) return undefined
    this.kept.delete(key)
    this.kept.set(key, known)
    return known.value
  }

  set(key: string, value: T, bytes: number): T {
    this.forget(key)
    this.kept.set(key, { value, bytes })
    this.used += bytes
    for (const oldest of this.kept.keys()) {
      if (this.used <= this.limit || oldest === key) break
      this.forget(oldest)
    }
    return value
  }

  private forget(key: string): void {
    this.used -= this.kept.get(key)?.bytes ?? 0
    this.kept.delete(key)
  }
}

/** Changes when a file does. */
export function imageVersion(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false })
  return JSON.stringify([file, stat?.ino, stat?.size, stat?.mtimeMs])
}

/** What was made of the image files that were looked at last. A file that changed is another image. */
export class RecentImages<T extends object> {
  private readonly kept: Recent<T>

  /** @param limit in bytes */
  constructor(
    limit: number,
    private readonly bytesOf: (made: T) => number,
  ) {
    this.kept = new Recent(limit)
  }

  async of(file: string, make: () => Promise<T>): Promise<T> {
    const version = imageVersion(file)
    const known = this.kept.get(version)
    if (known) return known
    const made = await this.find(file, version, make)
    return this.kept.set(version, made, this.bytesOf(made))
  }

  /** What is not among the last ones. */
  protected find(_file: string, _version: string, make: () => Promise<T>): Promise<T> {
    return make()
  }
}
