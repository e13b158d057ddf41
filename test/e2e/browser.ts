/** The browser face on a project of its own, and a real Chromium to look at it with. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { startServer } from '../../src-main/index.server.ts'
import { rendererFiles } from '../../src-main/program.ts'

export { rendererFiles }

export const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium'
/** As `npm run build` leaves it, or a build elsewhere. */
const renderer = process.env.DASHI_RENDERER ?? rendererFiles
export const canRun = existsSync(chromiumPath) && existsSync(join(renderer, 'index.html'))

/** How long a page may take for anything, in ms: against what never comes, on a machine that is busy with other things. */
export const patience = Number(process.env.PATIENCE ?? 300_000)

export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumPath,
    timeout: patience,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })

export interface Home {
  configFolder: string
  cacheFolder: string
  dataFolder: string
  remove(): void
}
/** Settings, cache and projects of a person who starts for the first time. */
export function newHome(cacheFolder?: string): Home {
  const folder = mkdtempSync(join(tmpdir(), 'dashi-e2e-'))
  return {
    configFolder: join(folder, 'config'), cacheFolder: cacheFolder ?? join(folder, 'cache'), dataFolder: join(folder, 'projects'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export type Server = Awaited<ReturnType<typeof startServer>>
export const serve = (home: Home, options: { project?: string; port?: number } = {}): Promise<Server> =>
  startServer({ ...options, folders: home, files: renderer })

/** A page with the app open; what it logs as errors is collected. */
export async function openPage(context: BrowserContext, server: Server): Promise<{ page: Page; errors: string[] }> {
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (e) => errors.push(String(e)))
  page.on('console', (m) => m.type() === 'error' && errors.push(m.text()))
  await page.goto(server.newUrl(), { timeout: patience })
  return { page, errors }
}

/** When nothing moves any more but what turns without an end. */
export const settled = (page: Page) =>
  page.waitForFunction(
    () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(document.getAnimations().every((a) => a.playState !== 'running' || a.effect?.getComputedTiming().iterations === Infinity))))),
    undefined, { polling: 50 },
  )

let axeSource: string | undefined
/** Serious and critical findings of all rules, or of some, as one line each. */
export async function findings(page: Page, rules?: string[]): Promise<string[]> {
  await page.waitForSelector('.n-message', { state: 'detached' }) // half faded, no colour has its contrast
  // Not as a script of the page, which its policy refuses, but from outside it.
  await page.evaluate((axeSource ??= readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')))
  return page.evaluate(async (rules) => {
    const axe = (window as unknown as { axe: { run(options: object): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> } }).axe
    const { violations } = await axe.run({ resultTypes: ['violations'], ...(rules ? { runOnly: { type: 'rule', values: rules } } : {}) })
    return violations.filter((v) => v.impact === 'serious' || v.impact === 'critical').map((v) => `${v.id}: ${v.nodes.map((n) => n.html.slice(0, 160)).slice(0, 3).join(' ')}`)
  }, rules)
}
