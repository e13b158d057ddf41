/** Public interface of engine/curation: near-duplicates, neighbours and splits. */
export { bits, closePairs, parseHashes } from './hamming.ts'
export { strategies, strategyRecord } from './strategies.ts'
export { stratify, type Unit } from './stratify.ts'
export { UnionFind } from './union-find.ts'
export { VectorIndex } from './vector-index.ts'
