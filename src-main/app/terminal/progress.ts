import { duration, figure } from '#shared/format.ts'
import { paint, textWidth, type Terminal } from './stream.ts'

export interface Progress {
  readonly done: number
  readonly total?: number
  /** Units a second; measured from the calls where absent. */
  readonly rate?: number
  readonly secondsLeft?: number
  readonly note?: string
}

export interface ProgressBar {
  update(progress: Progress): void
  /** Leaves one line saying that it is done and how long it took. */
  end(note?: string): void
}

export interface ProgressOptions {
  readonly total?: number
  /** What is counted, for the rate: "images", "steps". */
  readonly unit?: string
  readonly to?: Terminal
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number
}

const [redrawMs, plainMs] = [80, 5000]
const settledSeconds = 0.25

/**
 * One line that is drawn over: title, bar, share, rate, time left, note. Where stderr is no terminal (a log file, CI), a
 * plain line at most every five seconds, and the last one always.
 */
export function progressBar(
  title: string,
  { total, unit = '', to = process.stderr, now = () => performance.now() }: ProgressOptions = {},
): ProgressBar {
  const begun = now()
  let drawn = -Infinity
  let ended = false
  let last: Progress = { done: 0, total }

  const line = (p: Progress) => {
    const of = p.total ?? total
    const seconds = (now() - begun) / 1000
    // The first piece was begun before this clock, so an early quotient says nothing.
    const rate = p.rate ?? (seconds > settledSeconds ? p.done / seconds : 0)
    const left = p.secondsLeft ?? (of !== undefined && rate > 0 ? (of - p.done) / rate : undefined)
    const share = of ? Math.min(1, Math.max(0, p.done / of)) : undefined
    const facts = [
      of === undefined ? count(p.done) : `${count(p.done)}/${count(of)}`,
      rate > 0 ? `${figure(rate)}${unit && ` ${unit}`}/s` : '',
      left !== undefined && share !== 1 ? `${duration(Math.max(0, left))} left` : '',
      p.note ?? '',
    ].filter(Boolean)
    const percentage = share === undefined ? '' : `${Math.floor(100 * share)}%`.padStart(4)
    return to.isTTY
      ? [pad(title, 22), share === undefined ? '' : paint('cyan', bar(share), to), percentage, paint('dim', facts.join(' · '), to)]
          .filter(Boolean)
          .join(' ')
      : [`${title}:`, percentage.trim(), facts.join(', ')].filter(Boolean).join(' ')
  }

  return {
    update(progress) {
      if (ended) return
      last = { ...last, ...progress }
      if (now() - drawn < (to.isTTY ? redrawMs : plainMs)) return
      drawn = now()
      to.write(to.isTTY ? `\r\x1b[2K${fit(line(last), to.columns ?? 80)}` : `${line(last)}\n`)
    },
    end(note) {
      if (ended) return
      ended = true
      const text = [duration((now() - begun) / 1000), note].filter(Boolean).join(' · ')
      to.write(to.isTTY ? `\r\x1b[2K${paint('green', '✓', to)} ${pad(title, 20)} ${paint('dim', text, to)}\n` : `${title}: done, ${text}\n`)
    },
  }
}

const count = (n: number) => n.toLocaleString('en', { maximumFractionDigits: 0 })
const pad = (text: string, width: number) => text + ' '.repeat(Math.max(0, width - textWidth(text)))

/** 16 columns, drawn in eighths of one. */
function bar(share: number): string {
  const eighths = Math.round(share * 16 * 8)
  const full = '█'.repeat(Math.floor(eighths / 8)) + ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'][eighths % 8]
  return full.padEnd(16, '░')
}

/** A line that wrapped could not be drawn over: cut it to one less than the terminal's width, styles kept whole. */
function fit(text: string, columns: number): string {
  if (textWidth(text) < columns) return text
  let kept = ''
  let width = 0
  for (const part of text.split(/(\x1b\[[0-9;]*m)/)) {
    if (part.startsWith('\x1b')) kept += part
    else for (const character of part) if ((width += textWidth(character)) < columns) kept += character
  }
  return kept
}
