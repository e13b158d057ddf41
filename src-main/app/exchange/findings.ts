import type { Finding } from '#shared/model/exchange.ts'

/** Where in the input something stands. */
export interface Where {
  file: string
  line?: number | undefined
}

/** Collects what was changed or left out: the first thousand in words, all of them counted. */
export class Findings {
  readonly list: Finding[] = []
  changed = 0
  leftOut = 0

  change(where: Where, reason: string): void {
    this.changed++
    this.add('changed', where, reason)
  }

  leave(where: Where, reason: string): void {
    this.leftOut++
    this.add('left out', where, reason)
  }

  private add(level: Finding['level'], { file, line }: Where, reason: string) {
    if (this.list.length < 1000) this.list.push({ file, ...(line ? { line } : {}), level, reason: reason.slice(0, 500) })
  }

  get report() {
    return { findings: this.list, changed: this.changed, leftOut: this.leftOut }
  }
}

export const message = (e: unknown) => (e instanceof Error ? e.message : String(e)).split('\n')[0]!
