/** A run's log: `checkpoints/.runs/ID/log.jsonl`, one line for what happens and, while it trains, one every few seconds. */
import { appendFileSync, existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import type { JobProgress } from '#shared/model/job.ts'
import { type RunLine, type RunLines, runLine } from '#shared/model/run-follow.ts'

/** Between two lines about steps, in ms. */
const PACE = 5000
/** The most lines that are read at once. */
const MOST = 5000

const fileIn = (folder: string) => path.join(folder, 'log.jsonl')
type Untimed<T> = T extends unknown ? Omit<T, 'at'> : never

export class LineLog {
  private phase = ''
  private stepped = -Infinity
  private waits = ''
  private broken = false

  /** @param folder of the run's own files, which is there */
  constructor(
    private readonly folder: string,
    private readonly now: () => number = Date.now,
  ) {}

  /** Without room for a line the run goes on without its log. */
  write(line: Untimed<RunLine>): void {
    if (this.broken) return
    try {
      appendFileSync(fileIn(this.folder), `${JSON.stringify({ at: this.now(), ...line })}\n`)
    } catch {
      this.broken = true
    }
  }

  add({ phase, part, done, total, loss, lr, gradNorm, imagesPerSecond, judged, waits }: JobProgress): void {
    const waited = waits ? `${waits.for} ${waits.path}` : ''
    if (waited !== this.waits) this.write(waits ? { kind: 'waits', waits } : { kind: 'goes-on' })
    this.waits = waited
    const now = `${phase} ${part ?? ''}`
    if (now !== this.phase) {
      this.write({ kind: 'phase', phase, ...(part !== undefined && { part }), total })
      ;[this.phase, this.stepped] = [now, -Infinity]
    }
    // A loss that is no number has no place in JSON; that it ran away is said when the run ends.
    if (loss !== undefined && Number.isFinite(loss) && (this.now() - this.stepped >= PACE || done === total)) {
      const figures = Object.entries({ lr, gradNorm, imagesPerSecond }).filter(([, v]) => Number.isFinite(v))
      this.write({ kind: 'step', step: done, steps: total, loss, ...Object.fromEntries(figures) })
      this.stepped = this.now()
    }
    if (judged) this.write({ kind: 'epoch', epoch: judged.epoch, metric: judged.metric, value: judged.value })
  }
}

/** The lines after the first `after`; of very many, the last. A line that was not written to its end, or is not ours, is left out. */
export function readLines(folder: string, after: number): RunLines {
  const file = fileIn(folder)
  const all = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : []
  const from = Math.min(all.length, Math.max(after, all.length - MOST))
  const lines = all.slice(from).flatMap((text): RunLine[] => {
    try {
      return [runLine.parse(JSON.parse(text))]
    } catch {
      return []
    }
  })
  return { lines, from, next: all.length }
}
