import fs from 'node:fs'
import { fileURLToPath } from 'node:url'

/** A thread's program, built next to this one or above its chunks; null when running from source. */
export const builtProgram = (name: string): URL | null =>
  [`./${name}.js`, `../${name}.js`].map((file) => new URL(file, import.meta.url)).find((url) => fs.existsSync(fileURLToPath(url))) ?? null
