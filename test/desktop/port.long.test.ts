/**
 * Every end-to-end suite once more over the port: Chromium shows the page of the built desktop program, and a MessagePort carries its
 * calls with structured clone on both sides.
 */
import { readdirSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

process.env['DASHI_TRANSPORT'] = 'port' // before e2e/browser.ts reads it
const suites = path.join(import.meta.dirname, '..', 'e2e')
// Electron's own has the real thing, where that can be had.
for (const name of readdirSync(suites)
  .filter((n) => n.endsWith('.test.ts') && n !== 'electron.test.ts')
  .sort())
  await import(pathToFileURL(path.join(suites, name)).href)
