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

  /** Whether {@link of} would make nothing. */
  has(file: string): boolean {
    return this.kept.get(versionOf(file)) !== undefined
  }

  async of(file: string, make: () => Promise<T>): Promise<T> {
    const key = versionOf(file)
    const known = this.kept.get(key)
    if (known) return known
    const made = await make()
    return this.kept.set(key, made, this.bytesOf(made))
  }
}

function versionOf(file: string): string {
  const stat = statSync(file, { throwIfNoEntry: false })
  return JSON.stringify([file, stat?.ino, stat?.size, stat?.mtimeMs])
}
