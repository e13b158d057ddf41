/**
 * A recipe is one record in its own file in `records/`; everything that lists, describes, checks or runs recipes
 * reads it.
 */
import type { z } from 'zod'
import type { Capability } from '#shared/model/capability.ts'
import type { Phase } from '#shared/model/progress.ts'
import type { Words } from '#shared/model/words.ts'
import type { TaskId } from '../tasks/tasks.ts'
import type { PhaseCost, Steps } from './phases.ts'
import type { Run, Trained } from './run.ts'

/** Marker shapes that plots can draw. */
export const markShapes = [
  'circle',
  'square',
  'triangle',
  'triangle-down',
  'diamond',
  'cross',
  'star',
  'wye',
  'pentagon',
  'hexagon',
  'kite',
  'arrow',
  'hourglass',
  'chevron',
  'drop',
  'house',
  'bow',
  'bolt',
  'tee',
  'trapezoid',
  'ell',
  'flag',
  'bubble',
  'lock',
  'crown',
  'tag',
  'bars',
  'steps',
  'fork',
  'ring',
] as const
export type MarkShape = (typeof markShapes)[number]

/**
 * How plots and tables show a recipe: recipes differ in both shape and colour, so that either suffices to tell them
 * apart.
 */
export interface Mark {
  /** A word or two for legends. */
  readonly label: string
  readonly shape: MarkShape
  /** CSS colour on a light page and on a dark one. */
  readonly light: string
  readonly dark: string
}

export interface RecipeRecord<S extends z.ZodObject = z.ZodObject> {
  /** The recipe's name on the command line, in runs and in `dashi.json`. */
  readonly id: string
  /** Sort key for lists. */
  readonly order: number
  readonly title: Words
  /** One sentence on what it does. */
  readonly about: Words
  /** One sentence on when to choose it. */
  readonly when: Words
  /** Authors, year, title, venue. */
  readonly citation: string
  readonly task: TaskId
  /** The task at which its checkpoints are measured, where that is another. */
  readonly measuredAt?: TaskId
  /** Capabilities that the base model must have. */
  readonly needs: readonly Capability[]
  /** Further capabilities needed by settings that were given explicitly; `by` names the setting. */
  demands?(given: Readonly<Record<string, unknown>>): { readonly needs: readonly Capability[]; readonly by: string } | undefined
  /** A strict schema; every setting has a default and is made with `setting` (settings.ts), which carries its texts. */
  readonly settings: S
  readonly mark: Mark
  /**
   * The phase whose losses form the run's curve, over steps or over the values tried; absent if nothing is optimised.
   */
  readonly curve?: { readonly phase: Phase; readonly over: 'steps' | 'values' }
  /** Whether an interrupted run resumes from its last saved step or starts over. */
  readonly resumes: 'from the last saved step' | 'from the beginning'
  /** It changes no tensor of the towers, only a classifier or texts beside them: nothing can be forgotten. */
  readonly leavesTowers?: true
  /** Learns from the project's images without labels too: the split `unlabelled`. */
  readonly unlabelled?: true
  /** Needs no training images. */
  readonly untrained?: true
  /** @param images the number of images in a split */
  phases(settings: z.output<S>, images: (split: string) => number): PhaseCost[]
  /** The updates that it makes over `n` training images; absent if it makes none. */
  steps?(settings: z.output<S>, n: number): Steps
  run(run: Run, settings: z.output<S>): Promise<Trained>
}

export const defineRecipe = <S extends z.ZodObject>(recipe: RecipeRecord<S>): RecipeRecord<S> => recipe
