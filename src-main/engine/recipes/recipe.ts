/** A recipe is one record in a file of its own in `records/`; whatever lists, describes, checks or runs recipes reads it. */
import type { z } from 'zod'
import type { Capability } from '#shared/model/capability.ts'
import type { Phase } from '#shared/model/progress.ts'
import type { Words } from '#shared/model/words.ts'
import type { TaskId } from '../tasks/tasks.ts'
import type { PhaseCost } from './phases.ts'
import type { Run, Trained } from './run.ts'

/** The shapes that plots can draw. */
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
] as const
export type MarkShape = (typeof markShapes)[number]

/** How plots and tables show a recipe: two recipes differ in shape and in colour, so that either is enough to tell them apart. */
export interface Mark {
  /** A word or two for legends. */
  readonly label: string
  readonly shape: MarkShape
  /** CSS colours on a light and on a dark page. */
  readonly light: string
  readonly dark: string
}

export interface RecipeRecord<S extends z.ZodObject = z.ZodObject> {
  /** As the terminal, runs and `dashi.json` name it. */
  readonly id: string
  /** Lists are sorted by it. */
  readonly order: number
  readonly title: Words
  /** What it does, in a sentence. */
  readonly about: Words
  /** Authors, year, title, where. */
  readonly citation: string
  readonly task: TaskId
  /** What it asks of the model it starts from. */
  readonly needs: readonly Capability[]
  /** What the settings that were given, and not left to their defaults, ask of it besides; `by` says which. */
  demands?(given: Readonly<Record<string, unknown>>): { readonly needs: readonly Capability[]; readonly by: string } | undefined
  /** Strict; every setting has a default and is made by `setting` (settings.ts), which gives it its words. */
  readonly settings: S
  readonly mark: Mark
  /** The phase whose losses are the run's curve, over steps or over the values tried; none where nothing is optimised. */
  readonly curve?: { readonly phase: Phase; readonly over: 'steps' | 'values' }
  /** A run that was stopped goes on from the state saved after a step, or begins again. */
  readonly resumes: 'from the last saved step' | 'from the beginning'
  /** Needs no training images. */
  readonly untrained?: true
  /** @param images how many there are in a split */
  phases(settings: z.output<S>, images: (split: string) => number): PhaseCost[]
  run(run: Run, settings: z.output<S>): Promise<Trained>
}

export const defineRecipe = <S extends z.ZodObject>(recipe: RecipeRecord<S>): RecipeRecord<S> => recipe
