/** Public interface of engine/jobs, without running one. */
export { savedLosses } from './kept.ts'
