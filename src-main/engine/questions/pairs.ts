import { openModel } from '../models/checkpoint.ts'
import type { Model } from '../models/model.ts'
import { type Pair, pairOf } from '../regions/index.ts'

/** The second model of a question that is put to two, kept open beside the first for the next question. */
export class Pairs {
  private kept?: { readonly key: string; readonly second: Model; readonly is: Pair }

  /** @param versionOf a folder, which changes when it is replaced */
  constructor(private readonly versionOf: (folder: string) => string) {}

  /**
   * The first model, which must be the same until {@link release}, with the one of a folder.
   * @throws a data fault if the folder is invalid, a user error if one of the models cannot do its part
   */
  async of(first: Model, regions: string, wanted: 'detect' | 'segment'): Promise<Pair> {
    const key = JSON.stringify([wanted, this.versionOf(regions)])
    if (this.kept?.key === key) return this.kept.is
    await this.release()
    const second = await openModel(regions)
    try {
      this.kept = { key, second, is: pairOf(first, second, wanted, { masks: wanted === 'segment' }) }
      return this.kept.is
    } catch (e) {
      second.close()
      throw e
    }
  }

  async release(): Promise<void> {
    const { kept } = this
    this.kept = undefined
    await kept?.is.release()
    kept?.second.close()
  }
}
