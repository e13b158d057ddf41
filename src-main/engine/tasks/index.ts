/** What the application asks of the room that puts models to use. */
export { headLogits, imageFeatures, textFeatures, unitRows, zeroShotHead } from './embed.ts'
