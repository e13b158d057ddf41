/** Public interface of engine/data: reading images, texts and their settings. */
export { fingerprint } from './cache.ts'
export { formatOf } from './formats.ts'
export { Images } from './images.ts'
export { needsConversion, openPicture, pictureFacts } from './picture.ts'
export { outputSize, preprocessSchema } from './preprocess.ts'
export { proved } from './proof.ts'
export { Tokenizer } from './tokenizer.ts'
export { trainBpe, writeTokenizer } from './train-bpe.ts'
