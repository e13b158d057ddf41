/** What the application asks of the room that reads and writes checkpoint folders. */
export { CONFIG_FILE, findRecord, readRecord, refuseMadeFrom, sizesIn, writeRecord } from './checkpoint.ts'
export { fingerprint } from './fingerprint.ts'
export { mistakenFolder } from './folder.ts'
export type { Head } from './head.ts'
export { writeJson } from './json.ts'
export { writeSafetensors } from './safetensors.ts'
export { fromMemory } from './tensors.ts'
