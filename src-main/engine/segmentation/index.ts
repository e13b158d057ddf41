/** Public interface of engine/segmentation: masks for words, examples, points and boxes. */
export { Segmenting } from './segmenting.ts'
