/** Where the program lies and which it is, whether it runs built (out/main, out/main/chunks) or from source. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'

/** The folder of package.json. */
export const programRoot = (() => {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder))
    if (existsSync(join(folder, 'package.json')) || folder === dirname(folder)) return folder
})()
/** Native libraries, models and programs of their own are read by path, beside a packaged program. */
export const unpackedRoot = programRoot.replace(/app\.asar$/, 'app.asar.unpacked')
export const rendererFiles = join(programRoot, 'out', 'renderer')
export const appVersion = (): string => z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(programRoot, 'package.json'), 'utf8'))).version
