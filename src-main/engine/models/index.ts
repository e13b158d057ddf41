/** What the application asks of the room that opens models. */
export { openModel } from './checkpoint.ts'
export { architectureOf, textTower } from './families.ts'
export type { Model } from './model.ts'
export { nanoConfig, nanoPreprocessor } from './nano.ts'
