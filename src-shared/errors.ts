import { say, sentence, type Sentence } from './sentences/table.ts'

/**
 * Whose fault an error is decides what the program says and how it exits: the user's (a wrong option) and the data's
 * (a bad file) are answered by one line and exit 2; everything else is ours, with a stack and exit 1.
 */
export const faults = ['user', 'data', 'cancelled', 'replaced', 'conflict', 'engine'] as const
/**
 * replaced: the project's file is no longer the one that was opened. conflict: another changed the same meanwhile. engine: its process
 * ended in the middle of it; what to do next is the same once more.
 */
export type Fault = (typeof faults)[number]

export class DashiError extends Error {
  /** What the message says, for readers of other languages; without it the message is in English everywhere. */
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
 * The request cannot be carried out as asked: an unknown option, a missing argument, a value out of range.
 * `userError(sentence('project.exists', { folder }))` is said in the reader's language, a text in English only.
 */
export const userError = (said: string | Sentence, cause?: unknown) => new DashiError('user', said, { cause })

/** A file is at fault. The message names the file, then the field, then what was expected. */
export const dataError = (file: string, problem: string | Sentence, cause?: unknown) =>
  new DashiError('data', typeof problem === 'string' ? `${file}: ${problem}` : sentence('in-file', { file, problem }), { cause })

/** The project's file was replaced or removed under the open project; what was to be written is kept by who asked for it. */
export const replacedError = (said: string | Sentence) => new DashiError('replaced', said)

export const cancelled = () => new DashiError('cancelled', sentence('cancelled'))

/** One line for a person, whatever was thrown. */
export const errorLine = (e: unknown) => (e instanceof Error ? e.message : String(e)).split('\n')[0]!

/** What an error says, as another sentence can hold it: in the reader's language where the error has a sentence, as it is otherwise. */
export const saidBy = (e: unknown): Sentence | string => (e instanceof DashiError && e.sentence) || errorLine(e)
