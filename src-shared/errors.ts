import { say, sentence, type Sentence } from './sentences/table.ts'

/**
 * Who is responsible for an error decides the message and the exit code: user errors (a wrong option) and data errors
 * (a bad file) print one line and exit with 2; everything else is a bug and exits with 1 and a stack trace.
 */
export const faults = ['user', 'data', 'cancelled', 'replaced', 'conflict', 'engine'] as const
/**
 * replaced: the project's file is no longer the one that was opened. conflict: somebody else changed the same data
 * meanwhile. engine: its process exited during the operation, which can be retried.
 */
export type Fault = (typeof faults)[number]

export class DashiError extends Error {
  /** The message in translatable form; without it, the message is in English in every language. */
  readonly sentence: Sentence | undefined

  constructor(
    readonly fault: Fault,
    said: string | Sentence,
    options?: ErrorOptions,
  ) {
    super(typeof said === 'string' ? said : say(said), options)
    this.name = 'DashiError'
    this.sentence = typeof said === 'string' ? undefined : said
  }
}

/**
 * The request cannot be carried out: an unknown option, a missing argument, a value out of range.
 * `userError(sentence('project.exists', { folder }))` is translated for the reader, a plain string is not.
 */
export const userError = (said: string | Sentence, cause?: unknown) => new DashiError('user', said, { cause })

/** A file is invalid. The message names the file, the field, and what was expected. */
export const dataError = (file: string, problem: string | Sentence, cause?: unknown) =>
  new DashiError('data', typeof problem === 'string' ? `${file}: ${problem}` : sentence('in-file', { file, problem }), { cause })

/** The project's file was replaced or removed while the project was open; the caller keeps what it wanted to write. */
export const replacedError = (said: string | Sentence) => new DashiError('replaced', said)

export const cancelled = () => new DashiError('cancelled', sentence('cancelled'))

/** Any thrown value as one line for display. */
export const errorLine = (e: unknown) => (e instanceof Error ? e.message : String(e)).split('\n')[0]!

/**
 * An error's message as a parameter of another sentence: translatable if the error has a sentence, plain text
 * otherwise.
 */
export const saidBy = (e: unknown): Sentence | string => (e instanceof DashiError && e.sentence) || errorLine(e)
