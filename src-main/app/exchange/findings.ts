import type { Finding } from '#shared/model/exchange.ts'
import { DashiError, errorLine } from '#shared/errors.ts'
import type { ShapeKind } from '#shared/model/shape.ts'
import { sentenceIn } from '#shared/sentences/read.ts'
import { type Param, say, type Sentence, sentence } from '#shared/sentences/table.ts'

/** A position in the input. */
export interface Where {
  file: string
  line?: number | undefined
}

/** A reason: translated if it is a sentence, as written otherwise (the text of a library). */
export type Said = Sentence | string

/** The English words of a reason. */
export const english = (reason: Said) => (typeof reason === 'string' ? reason : say(reason))
const longest = 500

/**
 * Texts of schemas and libraries within a reason become sentences where they are known. Done for what is listed only: a
 * broken file may have millions of bad rows.
 */
function inWords(said: Said): Said {
  if (typeof said === 'string') return sentenceIn(said) ?? said
  const { code, params } = said
  const param = (name: string, p: Param): Param =>
    typeof p === 'object' || (typeof p === 'string' && /^(problem|reason|said)$/.test(name)) ? inWords(p) : p
  return { code, params: Object.fromEntries(Object.entries(params).map(([name, p]) => [name, param(name, p)])) }
}

/** Collects what was changed or left out: the first thousand in words, and a count of all. */
export class Findings {
  readonly list: Finding[] = []
  /** Remarks on how the data as a whole was read, without repetition. */
  readonly notes = new Set<string>()
  changed = 0
  leftOut = 0

  change(where: Where, reason: Said): void {
    this.changed++
    this.add('changed', where, reason)
  }

  leave(where: Where, reason: Said): void {
    this.leftOut++
    this.add('left out', where, reason)
  }

  /** Notes an assumption made for the whole dataset, e.g. "coordinates were assumed to count from 1". */
  note(text: Said): void {
    if (this.notes.size < 100) this.notes.add(english(text).slice(0, longest))
  }

  private add(level: Finding['level'], { file, line }: Where, said: Said) {
    if (this.list.length >= 1000) return
    const translated = inWords(said)
    const reason = english(translated)
    const sentence = typeof translated === 'object' && reason.length <= longest ? { sentence: translated } : {}
    this.list.push({ file, ...(line ? { line } : {}), level, reason: reason.slice(0, longest), ...sentence })
  }

  get report() {
    return { findings: this.list, notes: [...this.notes], changed: this.changed, leftOut: this.leftOut }
  }
}

/** A shape, row or file that cannot be taken; the reader that catches it reports the reason. */
export class Unfit extends Error {
  override readonly name = 'Unfit'
  constructor(
    readonly sentence: Sentence,
    options?: ErrorOptions,
  ) {
    super(say(sentence), options)
  }
}

/** A schema's first issue: the field, with `before` in front, and what was expected. */
export function problemOf({ issues }: { issues: readonly ZodIssue[] }, ...before: readonly PropertyKey[]): Sentence {
  const issue = deepest(issues[0]!)
  const problem = issue.message.replace(/^Invalid input: /, '')
  const field = [...before, ...issue.path].map(String).join('.')
  return field === '' ? sentence('as-said', { said: problem }) : sentence('in-field', { field, problem })
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

/** A caught error as a reason. */
export const reasonFor = (e: unknown): Said => ((e instanceof Unfit || e instanceof DashiError) && e.sentence) || errorLine(e)

/** What a kind of shape is called. */
export const kindWord = (kind: ShapeKind): Sentence => sentence(`kind.${kind}`)
