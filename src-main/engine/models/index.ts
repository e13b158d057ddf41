/** Public interface of engine/models: opening models. */
export { openModel } from './checkpoint.ts'
export { architectureOf, capabilitiesIn, families, familyOf, needIn, textTower } from './families.ts'
export { joinTowers } from './join-towers.ts'
export type { Architecture, Model } from './model.ts'
export { nanoConfig, nanoPreprocessor } from './nano.ts'
export { nanoDetectConfig, nanoOutlineConfig, nanoRefineConfig, nanoSegmentConfig } from './nano-detect.ts'
export { convertOpenClip, planOpenClip } from './open-clip.ts'
export { towerStart } from './near-start.ts'
