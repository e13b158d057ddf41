/** What the application asks of the room that blends checkpoints. */
export { mergeMethods, methodOf, methodRecord, sharesOf } from './methods.ts'
