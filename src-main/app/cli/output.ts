import { DashiError, errorLine } from '#shared/errors.ts'
import { inWords } from '../../files/words.ts'
import type { JobProgress } from '#shared/model/job.ts'
import { type ProgressBar, progressBar } from '../terminal/progress.ts'

/** How a command answers: with `--json` one document on stdout; else text for a person. Everything else goes to stderr. */
export interface Output {
  readonly json: boolean
  /** The command's one answer. `text` is only made where it is shown. */
  answer(document: unknown, text: () => string): void
  /** A remark to a person. */
  say(line: string): void
}

export const output = (json: boolean): Output => ({
  json,
  answer: (document, text) => void process.stdout.write(json ? `${JSON.stringify(document)}\n` : `${text().trimEnd()}\n`),
  say: (line) => void process.stderr.write(`${line}\n`),
})

/**
 * For the process: whoever read our answer may be gone (`| head`), which ends nothing; and an answer that its file cannot take is
 * said to be lost.
 */
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

/** Shows a job's phases as progress bars, one after the other. */
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

/** Waits for a job, cancelling it between two steps when the process is asked to end (Ctrl+C, a scheduler, a closed terminal). */
export async function untilDone<T>(running: { result: Promise<T>; cancel(): void }): Promise<T> {
  const stop = () => running.cancel()
  for (const signal of SIGNALS) process.once(signal, stop)
  try {
    return await running.result
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop)
  }
}

/** 0 done, 2 the input is at fault, 130 cancelled, 1 a fault of the program or of what it runs on. */
export function exitCode(thrown: unknown): number {
  const e = inWords(thrown)
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[2K') // a bar that was being drawn
  if (e instanceof DashiError) {
    process.stderr.write(`dashi: ${errorLine(e)}\n`)
    return e.fault === 'cancelled' ? 130 : e.fault === 'engine' ? 1 : 2
  }
  process.stderr.write(`dashi: a fault of the program: ${e instanceof Error ? (e.stack ?? e.message) : String(e)}\n`)
  return 1
}
