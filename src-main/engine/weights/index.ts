/** Public interface of engine/weights: reading and writing checkpoint folders. */
export { CONFIG_FILE, findRecord, readRecord, RECORD_FILE, refuseMadeFrom, sizesIn, writeRecord, copyCompanions } from './checkpoint.ts'
export { fingerprint } from './fingerprint.ts'
export { mistakenFolder } from './folder.ts'
export type { Head } from './head.ts'
export { writeJson } from './json.ts'
export { writeSafetensors } from './safetensors.ts'
export { fromMemory } from './tensors.ts'
