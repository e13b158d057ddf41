/** Runs the most recent request first and drops requests that nobody waits for. */
interface Waiting {
  run(): Promise<void>
  drop(): void
  signal: AbortSignal
}

export class LatestFirst {
  private readonly waiting: Waiting[] = []
  private running = 0

  constructor(private readonly limit: number) {}

  do<T>(signal: AbortSignal, body: () => Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.waiting.push({ signal, run: () => body().then(resolve, reject), drop: () => reject(signal.reason as Error) })
      this.next()
    })
  }

  private next(): void {
    while (this.running < this.limit) {
      const task = this.waiting.pop()
      if (!task) return
      if (task.signal.aborted) {
        task.drop()
        continue
      }
      this.running++
      void task.run().finally(() => {
        this.running--
        this.next()
      })
    }
  }
}
