/** Public interface of engine/tasks: tasks, and applying models. */
export { assignment } from './assignment.ts'
export { classify } from './classify.ts'
export { captionTask, regionTask } from './tasks.ts'
export type { AnyRegionTask, CaptionTask } from './task.ts'
export { imageFeatures, textFeatures, unitRows, zeroShotHead } from './embed.ts'
export { headLogits } from './head-logits.ts'
export { classifierLogits } from './image-prompts.ts'
