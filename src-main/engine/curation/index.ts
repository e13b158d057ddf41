/** What the application asks of the room that finds near-duplicates, neighbours and splits. */
export { bits, closePairs, parseHashes } from './hamming.ts'
export { stratify, type Unit } from './stratify.ts'
export { UnionFind } from './union-find.ts'
export { VectorIndex } from './vector-index.ts'
