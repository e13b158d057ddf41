/**
 * A merge method is one record in its own file in `methods/`; everything that lists, describes, checks or runs
 * methods reads it.
 */
import type { z } from 'zod'
import type { Words } from '#shared/model/words.ts'
import type { Sentence } from '#shared/sentences/table.ts'
import { linearSlices } from './linear.ts'
import type { SliceMerge } from './slices.ts'

export interface MergeMethodRecord<S extends z.ZodObject = z.ZodObject> {
  /** The method's name on the command line, in runs and in `dashi.json`. */
  readonly id: string
  /** Sort key for lists. */
  readonly order: number
  readonly title: Words
  /** One sentence on what it does. */
  readonly about: Words
  /** Authors, year, title, venue. */
  readonly citation: string
  /** The first ingredient is the base; the others enter as differences from it. */
  readonly relative?: true
  /** Minimum and maximum number of ingredients, including the base. */
  readonly least: number
  readonly most?: number
  /** Ingredients are selected by their score on the split `heldOut` (greedy.ts). */
  readonly chooses?: true
  /** Hidden in the window, because its settings depend on the ingredients. */
  readonly terminalOnly?: true
  readonly settings: S
  /** The setting that interpolates from the base (0) to the other ingredient (1), shown as a slider. */
  readonly mix?: keyof z.output<S> & string
  /**
   * Merges one tensor of `n` ingredients. Returns a new object on every call, since it accumulates statistics of the
   * tensor.
   */
  slices(settings: z.output<S>, n: number, tensor: string): SliceMerge
  /** For a weighted mean: the weights of `n` ingredients. */
  shares?(settings: z.output<S>, n: number): readonly number[]
  /** The reason why the settings are invalid for `n` ingredients. */
  objection?(settings: z.output<S>, n: number): Sentence | undefined
}

type Given<S extends z.ZodObject> = Omit<MergeMethodRecord<S>, 'least'> & Partial<Pick<MergeMethodRecord<S>, 'least'>>

/** `least` is by default one ingredient, besides the base if there is one. */
export const defineMethod = <S extends z.ZodObject>(method: Given<S>): MergeMethodRecord<S> => ({
  least: method.relative ? 2 : 1,
  ...method,
})

/** A method that is a weighted mean of its ingredients. */
export const defineMean = <S extends z.ZodObject>(
  method: Omit<Given<S>, 'slices' | 'shares'> & Required<Pick<MergeMethodRecord<S>, 'shares'>>,
): MergeMethodRecord<S> => defineMethod({ ...method, slices: (settings, n) => linearSlices(method.shares(settings, n)) })

/** A method that adds to the base what the `others`, its further ingredients, learned. */
export const defineRelative = <S extends z.ZodObject>(
  method: Omit<Given<S>, 'relative' | 'slices'> & { slices(settings: z.output<S>, others: number, tensor: string): SliceMerge },
): MergeMethodRecord<S> =>
  defineMethod({ ...method, relative: true, slices: (settings, n, tensor) => method.slices(settings, n - 1, tensor) })

/** Goes from the base to one other model, as far as the setting `mix` says. */
export const towardsOne = { relative: true, most: 2 } as const
