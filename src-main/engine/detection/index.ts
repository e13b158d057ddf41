/** Public interface of engine/detection: finding boxes by words or by an example. */
export { Detecting } from './detecting.ts'
