/** A preset of a sweep: one record a file in `presets/`, which fills in the axes for a recipe. */
import type { SweepAsked } from '#shared/model/sweep.ts'
import type { Words } from '#shared/model/words.ts'

export interface SweepPreset {
  readonly id: string
  /** Sort key for lists. */
  readonly order: number
  readonly title: Words
  /** One sentence on what it varies and what for. */
  readonly about: Words
  /** Authors, year, title, venue. */
  readonly citation: string
  /** The recipe where none is chosen. */
  readonly recipe: string
  /** Settings that the recipe must have. */
  readonly needs: readonly string[]
  /** Settings that bound the preset's axis of that field where they are given, instead of taking its place. */
  readonly bounds?: readonly string[]
  /** @param defaults of the recipe's settings, with those that were chosen */
  make(defaults: Readonly<Record<string, unknown>>): Pick<SweepAsked, 'axes' | 'seeds' | 'draws' | 'halving'>
}

export const definePreset = (preset: SweepPreset): SweepPreset => preset

/** Multiples of a number, without the noise of their product's last digits. */
export const times = (value: unknown, factors: readonly number[]): number[] =>
  factors.map((f) => Number((Number(value) * f).toPrecision(6)))
