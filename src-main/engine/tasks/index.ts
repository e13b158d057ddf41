/** Public interface of engine/tasks: tasks, and applying models. */
export { assignment } from './assignment.ts'
export { classify } from './classify.ts'
export { headLogits, imageFeatures, textFeatures, unitRows, zeroShotHead } from './embed.ts'
