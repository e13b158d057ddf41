/** Public interface of engine/jobs, without running one. */
export { forgetState, kept, savedLosses, stateOf } from './kept.ts'
export type { MeasureRecord } from './measure.ts'
export { measures } from './measures.ts'
