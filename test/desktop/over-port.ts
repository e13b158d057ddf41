/**
 * The end-to-end suites once more over the port: Chromium shows the page of the built desktop program, and a MessagePort carries its
 * calls with structured clone on both sides.
 */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

process.env['DASHI_TRANSPORT'] = 'port' // before e2e/browser.ts reads it
const folder = path.join(import.meta.dirname, '..', 'e2e')
// Electron's own has the real thing, where that can be had.
const suites = readdirSync(folder)
  .filter((n) => n.endsWith('.test.ts') && n !== 'electron.test.ts')
  .sort()

const parts = 4

/** Every fourth suite: short files, so that the two workers are busy to the end. */
export async function part(first: 0 | 1 | 2 | 3): Promise<void> {
  for (const name of suites.filter((_, i) => i % parts === first)) await import(pathToFileURL(path.join(folder, name)).href)
}
