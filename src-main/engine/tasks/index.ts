/** What the application asks of the room that knows tasks, and puts models to use. */
export { classify } from './classify.ts'
export { headLogits, imageFeatures, textFeatures, unitRows, zeroShotHead } from './embed.ts'
