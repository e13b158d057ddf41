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
  constructor(
    readonly fault: Fault,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.name = 'DashiError'
  }
}

/** The request cannot be carried out as asked: an unknown option, a missing argument, a value out of range. */
export const userError = (message: string, cause?: unknown) => new DashiError('user', message, { cause })

/** A file is at fault. The message names the file, then the field, then what was expected. */
export const dataError = (file: string, problem: string, cause?: unknown) => new DashiError('data', `${file}: ${problem}`, { cause })

/** The project's file was replaced or removed under the open project; what was to be written is kept by who asked for it. */
export const replacedError = (message: string) => new DashiError('replaced', message)

export const cancelled = () => new DashiError('cancelled', 'cancelled')

/** One line for a person, whatever was thrown. */
export const errorLine = (e: unknown) => (e instanceof Error ? e.message : String(e)).split('\n')[0]!
