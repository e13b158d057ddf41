/** What the application asks of the room that trains a model from nothing. */
export { zeroShotAccuracy } from './evaluate.ts'
export type { Picture } from './picture.ts'
export { pretrain } from './pretrain.ts'
export { recipe } from './recipe.ts'
