import type { Phase, StepProgress } from '#shared/model/progress.ts'

export type OnProgress = (progress: StepProgress) => void

export interface RunOptions {
  onProgress?: OnProgress
  signal?: AbortSignal
  /** Others write to the project meanwhile: use many short transactions with pauses between them, still as one undo step. */
  sharing?: boolean
}

/** Reports at most ten times a second, with rate and remaining time. */
export function meter(onProgress: OnProgress | undefined) {
  let phase: Phase | null = null
  let began = 0
  let last = 0
  return (now: Phase, done: number, total: number | null = null): void => {
    if (!onProgress) return
    const t = performance.now()
    if (phase !== now) [phase, began, last] = [now, t, 0]
    else if (t - last < 100 && done !== total) return
    last = t
    const seconds = (t - began) / 1000
    const imagesPerSecond = seconds > 0 ? done / seconds : 0
    const left = total !== null && imagesPerSecond > 0 && { secondsLeft: (total - done) / imagesPerSecond }
    onProgress({ phase: now, done, total, imagesPerSecond, ...(left || {}) })
  }
}

/** Maps in order, with up to `width` calls of `fn` at a time. */
export async function* mapOrdered<A, B>(
  source: Iterable<A> | AsyncIterable<A>,
  width: number,
  fn: (a: A) => Promise<B>,
): AsyncGenerator<B> {
  const running: Promise<B>[] = []
  try {
    for await (const a of source) {
      running.push(fn(a))
      if (running.length >= width) yield await running.shift()!
    }
    while (running.length) yield await running.shift()!
  } finally {
    await Promise.allSettled(running)
  }
}
