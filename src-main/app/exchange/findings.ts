import type { z } from 'zod'
import type { Finding } from '#shared/model/exchange.ts'
import { sentence } from '#shared/sentences/table.ts'

/** A position in the input. */
export interface Where {
  file: string
  line?: number | undefined
}

/** Collects what was changed or left out: the first thousand in words, and a count of all. */
export class Findings {
  readonly list: Finding[] = []
  /** Remarks on how the data as a whole was read, without repetition. */
  readonly notes = new Set<string>()
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

  /** Notes an assumption made for the whole dataset, e.g. "coordinates were assumed to count from 1". */
  note(text: string): void {
    if (this.notes.size < 100) this.notes.add(text.slice(0, 500))
  }

  private add(level: Finding['level'], { file, line }: Where, reason: string) {
    if (this.list.length < 1000) this.list.push({ file, ...(line ? { line } : {}), level, reason: reason.slice(0, 500) })
  }

  get report() {
    return { findings: this.list, notes: [...this.notes], changed: this.changed, leftOut: this.leftOut }
  }
}

/** Describes a schema's first issue: the field and what was expected. */
export function problemOf({ issues }: { issues: readonly ZodIssue[] }): string {
  const issue = deepest(issues[0]!)
  return `${issue.path.length ? `${issue.path.map(String).join('.')}: ` : ''}${issue.message.replace(/^Invalid input: /, '')}`
}

interface ZodIssue {
  path: PropertyKey[]
  message: string
  code?: string | undefined
  errors?: readonly (readonly ZodIssue[])[] | undefined
}

/** Of a union's alternatives (zod only says "Invalid input"), the issue of the one that matched furthest. */
function deepest(issue: ZodIssue): ZodIssue {
  if (!issue.errors?.length) return issue
  const all = issue.errors.flatMap((e) => (e[0] ? [deepest(e[0])] : []))
  const best = all.sort((a, b) => b.path.length - a.path.length)[0]
  if (!best) return { ...issue, message: 'a value of another type was expected' }
  if (best.path.length > 0) return { ...best, path: [...issue.path, ...best.path] }
  return { ...issue, message: [...new Set(all.map((a) => a.message.replace(/^Invalid input: /, '')))].join(' or ') }
}

export const message = (e: unknown) => (e instanceof Error ? e.message : String(e)).split('\n')[0]!

/** A schema's first issue as a sentence, with its field. */
export const inField = ({ issues: [issue] }: z.ZodError) => sentence('in-field', { field: issue!.path.join('.'), problem: issue!.message })
