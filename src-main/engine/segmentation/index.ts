/** Public interface of engine/segmentation: masks for words, examples, points and boxes. */
export { decide, type QueryMask } from './decide.ts'
export { everything, type EverythingOptions, type FoundMask } from './everything.ts'
export { Prompter, type Click, type EmbeddedImage, type LowMask, type Prompt } from './prompts.ts'
export { WordSegmenter, type EncodedImage, type Queries } from './words.ts'
export { Segmenting } from './segmenting.ts'
export { Prompting } from './prompting.ts'
