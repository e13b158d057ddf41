/** Public interface of engine/merge: merging checkpoints. */
export { mergeMethods, methodOf, methodRecord, sharesOf } from './methods.ts'
