import { DashiError, errorLine } from '#shared/errors.ts'
import { inWords } from '../../files/words.ts'
import type { JobProgress } from '#shared/model/job.ts'
import { type ProgressBar, progressBar } from '../terminal/progress.ts'

/** A command's output: one JSON document on stdout with `--json`, text otherwise. Everything else goes to stderr. */
export interface Output {
  readonly json: boolean
  /** Prints the command's single answer. `text` is only called if it is shown. */
  answer(document: unknown, text: () => string): void
  /** Prints a remark on stderr. */
  say(line: string): void
}

export const output = (json: boolean): Output => ({
  json,
  answer: (document, text) => void process.stdout.write(json ? `${JSON.stringify(document)}\n` : `${text().trimEnd()}\n`),
  say: (line) => void process.stderr.write(`${line}\n`),
})

/** Process-wide: a closed pipe (`| head`) ends nothing, and a failure to write the answer is reported. */
export function heedStreams(): void {
  let lost = false
  process.stderr.on('error', () => undefined)
  process.stdout.on('error', (e: NodeJS.ErrnoException) => {
    if (lost || e.code === 'EPIPE') return
    lost = true
    process.stderr.write(`dashi: the answer could not be written: ${errorLine(inWords(e))}\n`)
  })
  process.on('exit', () => {
    if (lost && !process.exitCode) process.exitCode = 2
  })
}

/** `features:train` → "features of train", `logistic-regression` → "logistic regression". */
const phaseWords = (phase: string) => phase.replace(':', ' of ').replaceAll('-', ' ')

/** Shows a job's phases as consecutive progress bars. */
export function jobBars(title: string): { onProgress: (p: JobProgress) => void; end: () => void } {
  let bar: { phase: string; bar: ProgressBar } | undefined
  return {
    onProgress(p) {
      if (bar?.phase !== p.phase) {
        bar?.bar.end()
        bar = { phase: p.phase, bar: progressBar(`${title}: ${phaseWords(p.phase)}`, { total: p.total }) }
      }
      const note = [
        p.loss === undefined ? '' : `loss ${p.loss.toFixed(3)}`,
        p.imagesPerSecond === undefined ? '' : `${p.imagesPerSecond.toFixed(0)} images/s`,
      ]
      bar.bar.update({ done: p.done, total: p.total, secondsLeft: p.secondsLeft, note: note.filter(Boolean).join(', ') })
    },
    end: () => bar?.bar.end(),
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/**
 * Waits for a job; when the process is asked to end (Ctrl+C, a scheduler, a closed terminal), cancels it between two steps.
 * One that runs elsewhere is cancelled by Ctrl+C alone.
 */
export async function untilDone<T>(running: { result: Promise<T>; cancel(): void; leave?(): void }): Promise<T> {
  const stop = (signal: NodeJS.Signals) => (running.leave && signal !== 'SIGINT' ? running.leave() : running.cancel())
  for (const signal of SIGNALS) process.once(signal, stop)
  try {
    return await running.result
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop)
  }
}

/** 0: success, 2: faulty input, 130: cancelled, 1: a fault of the program or its environment. */
export function exitCode(thrown: unknown): number {
  const e = inWords(thrown)
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K') // erases a partly drawn progress bar
  if (e instanceof DashiError) {
    process.stderr.write(`dashi: ${errorLine(e)}\n`)
    return e.fault === 'cancelled' ? 130 : e.fault === 'engine' ? 1 : 2
  }
  process.stderr.write(`dashi: internal error: ${e instanceof Error ? (e.stack ?? e.message) : String(e)}\n`)
  return 1
}
