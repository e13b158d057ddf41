/** A merge method is one record in a file of its own in `methods/`; whatever lists, describes, checks or runs methods reads it. */
import type { z } from 'zod'
import type { Words } from '#shared/model/words.ts'
import { linearSlices } from './linear.ts'
import type { SliceMerge } from './slices.ts'

export interface MergeMethodRecord<S extends z.ZodObject = z.ZodObject> {
  /** As the terminal, runs and `dashi.json` name it. */
  readonly id: string
  /** Lists are sorted by it. */
  readonly order: number
  readonly title: Words
  /** What it does, in a sentence. */
  readonly about: Words
  /** Authors, year, title, where. */
  readonly citation: string
  /** The first ingredient is the base; the others enter as their differences from it. */
  readonly relative?: true
  /** The least (by default 2) and the greatest number of ingredients, counting the base. */
  readonly least?: number
  readonly most?: number
  /** Ingredients are chosen by their score on the split `heldOut` (greedy.ts). */
  readonly chooses?: true
  /** Left out of the window's list: its settings depend on the ingredients at hand. */
  readonly terminalOnly?: true
  readonly settings: S
  /** The setting that goes from the base (0) to the other ingredient (1); shown as a slider. */
  readonly mix?: keyof z.output<S> & string
  /** Merges one tensor of `n` ingredients. Returns a new object each time, since it gathers statistics of the tensor. */
  slices(settings: z.output<S>, n: number, tensor: string): SliceMerge
  /** For a weighted mean: the weight of each of `n` ingredients. */
  shares?(settings: z.output<S>, n: number): readonly number[]
  /** Why these settings do not suit `n` ingredients. */
  objection?(settings: z.output<S>, n: number): string | undefined
}

export const defineMethod = <S extends z.ZodObject>(method: MergeMethodRecord<S>): MergeMethodRecord<S> => method

/** A method that is a weighted mean of its ingredients. */
export const defineMean = <S extends z.ZodObject>(
  method: Omit<MergeMethodRecord<S>, 'slices' | 'shares'> & Required<Pick<MergeMethodRecord<S>, 'shares'>>,
): MergeMethodRecord<S> => ({ ...method, slices: (settings, n) => linearSlices(method.shares(settings, n)) })
