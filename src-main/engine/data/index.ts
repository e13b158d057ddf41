/** What the application asks of the room that reads pictures, texts and settings for them. */
export { fingerprint } from './cache.ts'
export { formatOf } from './formats.ts'
export { Images } from './images.ts'
export { needsConversion, openPicture, pictureFacts } from './picture.ts'
export { outputSize, preprocessSchema } from './preprocess.ts'
export { proved } from './proof.ts'
export { Tokenizer } from './tokenizer.ts'
export { trainBpe, writeTokenizer } from './train-bpe.ts'
