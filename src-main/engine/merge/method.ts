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
  /** Minimum (2 by default) and maximum number of ingredients, including the base. */
  readonly least?: number
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

export const defineMethod = <S extends z.ZodObject>(method: MergeMethodRecord<S>): MergeMethodRecord<S> => method

/** A method that is a weighted mean of its ingredients. */
export const defineMean = <S extends z.ZodObject>(
  method: Omit<MergeMethodRecord<S>, 'slices' | 'shares'> & Required<Pick<MergeMethodRecord<S>, 'shares'>>,
): MergeMethodRecord<S> => ({ ...method, slices: (settings, n) => linearSlices(method.shares(settings, n)) })
