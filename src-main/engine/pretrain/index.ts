/** Public interface of engine/pretrain: training a model from scratch. */
export { zeroShotAccuracy } from './evaluate.ts'
export type { Collage } from './collage.ts'
export type { Picture } from './picture.ts'
export { pretrain } from './pretrain.ts'
export { recipe } from './recipe.ts'
export { pretrainSegment } from './segment.ts'
export { segmentWords } from './segment-words.ts'
export { segmentRecipe } from './segment-recipe.ts'
