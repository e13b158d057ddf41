/** Measures a training at the end of each epoch, to keep the best weights and to stop when they get no better. */

export interface JudgingOptions {
  /** Steps of an epoch. */
  readonly perEpoch: number
  /** Measures the current weights on images that are not trained on. */
  measure(): Promise<number>
  readonly better: 'higher' | 'lower'
  /** Whether the weights of the best epoch are kept, beside the current ones. */
  readonly keeps: boolean
  /** Epochs without an improvement by more than `minDelta` after which the training ends; 0: never. */
  readonly patience: number
  readonly minDelta: number
}

export interface Judged {
  /** Counted from 1. */
  readonly epoch: number
  readonly value: number
}

export class Judging {
  /** The measurement of each epoch so far. */
  values: number[] = []
  /** The weights of the best epoch, if they are kept. */
  weights: ReadonlyMap<string, Float32Array> | undefined

  constructor(readonly options: JudgingOptions) {}

  /** The first of the best epochs, counted from 1; undefined before the first measurement. */
  get best(): Judged | undefined {
    let at = -1
    this.values.forEach((value, i) => (at < 0 || this.improves(value, this.values[at]!, 0)) && (at = i))
    return at < 0 ? undefined : { epoch: at + 1, value: this.values[at]! }
  }

  /** Whether no more steps are to be made. */
  get over(): boolean {
    const { patience, minDelta } = this.options
    if (!patience) return false
    let last = 0
    this.values.forEach((value, i) => i && this.improves(value, this.values[last]!, minDelta) && (last = i))
    return this.values.length - 1 - last >= patience
  }

  /** Measures, if `steps` steps end an epoch that was not measured before. @param current copies the weights to keep */
  async after(steps: number, current: () => Promise<ReadonlyMap<string, Float32Array>>): Promise<Judged | undefined> {
    const { perEpoch, keeps, measure } = this.options
    if (steps % perEpoch || steps / perEpoch !== this.values.length + 1) return undefined
    const value = await measure()
    this.values.push(value)
    if (keeps && this.best!.epoch === this.values.length) this.weights = await current()
    return { epoch: this.values.length, value }
  }

  private improves(value: number, than: number, by: number): boolean {
    return this.options.better === 'higher' ? value > than + by : value < than - by
  }
}
