/**
 * The registry of tasks. A new task is a file of its own, a line here, and its job results in
 * src-shared/model/job.ts.
 */
import { classify } from './classify.ts'
import { contrast, labelContrast, wordOrder } from './contrast.ts'
import { detect } from './detect.ts'
import { ground } from './ground.ts'
import { segment } from './segment.ts'
import type { AnyRegionTask, CaptionTask } from './task.ts'

export const tasks = { classify, contrast } as const

/** Tasks of regions, by id. */
export const regionTasks: Readonly<Record<'detect' | 'segment', AnyRegionTask>> = { detect, segment }
export type RegionTaskId = keyof typeof regionTasks

/** Tasks of captions, by id. */
export const captionTasks: Readonly<Record<'ground' | 'contrast' | 'contrast-labels' | 'word-order', CaptionTask>> = {
  ground,
  contrast,
  'contrast-labels': labelContrast,
  'word-order': wordOrder,
}

export type TaskId = keyof typeof tasks | RegionTaskId | keyof typeof captionTasks

/** The task of captions of this id; undefined if it is another. */
export const captionTask = (id: string): CaptionTask | undefined => (captionTasks as Readonly<Record<string, CaptionTask>>)[id]

/** The task of regions of this id; undefined if it is another. */
export const regionTask = (id: string): AnyRegionTask | undefined => (regionTasks as Readonly<Record<string, AnyRegionTask>>)[id]
