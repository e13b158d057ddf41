/** Public interface of engine/pretrain: training a model from scratch. */
export { zeroShotAccuracy } from './evaluate.ts'
export type { Picture } from './picture.ts'
export { pretrain } from './pretrain.ts'
export { recipe } from './recipe.ts'
