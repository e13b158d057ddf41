/** Public interface of engine/models: opening models. */
export { openModel } from './checkpoint.ts'
export { architectureOf, families, familyOf, needIn, textTower } from './families.ts'
export type { Model } from './model.ts'
export { nanoConfig, nanoPreprocessor, nanoSegmentConfig } from './nano.ts'
export { nanoDetectConfig } from './nano-detect.ts'
