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
  /** The first ingredient is the base that the others are seen from. */
  readonly relative?: true
  /** Ingredients that it takes, the base included: at least (2 unless told) and at most. */
  readonly least?: number
  readonly most?: number
  /** Ingredients are chosen by their score on the split `heldOut` (greedy.ts). */
  readonly chooses?: true
  /** Left out of the window's list: its settings are made for the ingredients at hand. */
  readonly terminalOnly?: true
  readonly settings: S
  /** The setting that is drawn as a way from the base (0) to the other (1). */
  readonly mix?: keyof z.output<S> & string
  /** For one tensor of `n` ingredients. A new one each time: it collects what it learns of the tensor. */
  slices(settings: z.output<S>, n: number, tensor: string): SliceMerge
  /** Of a plain weighted mean: the share of each of `n` ingredients. */
  shares?(settings: z.output<S>, n: number): readonly number[]
  /** Why these settings do not suit `n` ingredients. */
  objection?(settings: z.output<S>, n: number): string | undefined
}

export const defineMethod = <S extends z.ZodObject>(method: MergeMethodRecord<S>): MergeMethodRecord<S> => method

/** A method that is a weighted mean of its ingredients. */
export const defineMean = <S extends z.ZodObject>(
  method: Omit<MergeMethodRecord<S>, 'slices' | 'shares'> & Required<Pick<MergeMethodRecord<S>, 'shares'>>,
): MergeMethodRecord<S> => ({ ...method, slices: (settings, n) => linearSlices(method.shares(settings, n)) })
