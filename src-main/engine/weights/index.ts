/** What the application asks of the room that reads and writes checkpoint folders. */
export { CONFIG_FILE, findRecord, readRecord, refuseMadeFrom } from './checkpoint.ts'
export { mistakenFolder } from './folder.ts'
export type { Head } from './head.ts'
