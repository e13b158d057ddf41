/** Public interface of engine/segmentation: masks for words, examples, points and boxes. */
export { Segmenting } from './segmenting.ts'
export { decide } from './decide.ts'
export { WordSegmenter } from './words.ts'
