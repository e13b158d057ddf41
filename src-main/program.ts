/** Where the program lies and which it is, whether it runs built (out/main, out/main/chunks) or from source. */
import { existsSync, readFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { Installation } from '#shared/contract/app.ts'

/** The folder of package.json. */
export const programRoot = (() => {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder))
    if (existsSync(join(folder, 'package.json')) || folder === dirname(folder)) return folder
})()
/** Native libraries, models and programs of their own are read by path, beside a packaged program. */
export const unpackedRoot = programRoot.replace(/app\.asar$/, 'app.asar.unpacked')
export const rendererFiles = join(programRoot, 'out', 'renderer')
export const appVersion = (): string =>
  z.object({ version: z.string() }).parse(JSON.parse(readFileSync(join(programRoot, 'package.json'), 'utf8'))).version

/** How it came here. A desktop package has the program as `resources/app`, a source tree has its sources beside what is built of them. */
export const installation = (): Installation =>
  existsSync(join(programRoot, 'src-main'))
    ? 'source'
    : /[\\/]resources[\\/]app(\.asar)?(\.unpacked)?$/i.test(programRoot)
      ? 'desktop'
      : 'npm'

/** Made with the build (.ci/notices.mjs). */
export const notices = (): Promise<string | null> => readFile(join(programRoot, 'out', 'THIRD-PARTY-NOTICES.txt'), 'utf8').catch(() => null)
