/**
 * The app on a project of its own, and a real Chromium to look at it with: the browser face, or with `DASHI_TRANSPORT=port` the
 * built desktop program, whose page speaks through a MessagePort (test/desktop/over-port.ts).
 */
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core'
import { startServer } from '../../src-main/index.server.ts'
import { programRoot, rendererFiles } from '../../src-main/program.ts'
import { Desktop } from '../helpers/electron/desktop.ts'
import { openInBrowser } from '../helpers/electron/window.ts'

export { rendererFiles }

export const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium'
/** As `npm run build` leaves it, or a build elsewhere. */
export const renderer = process.env.DASHI_RENDERER ?? rendererFiles
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
    configFolder: join(folder, 'config'),
    cacheFolder: cacheFolder ?? join(folder, 'cache'),
    dataFolder: join(folder, 'projects'),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  }
}

export const transport = process.env['DASHI_TRANSPORT'] === 'port' ? 'port' : 'socket'

export interface Server {
  readonly port: number
  newUrl(): string
  close(): Promise<void>
  /** Run in a page before anything of its own. */
  readonly preload?: string
  /** Of a host with native dialogs: the folder that is chosen in the next one. */
  chooses?(folder: string): void
}
export interface Wanted {
  project?: string
  port?: number
}
export const serve = (home: Home, wanted: Wanted = {}): Promise<Server> =>
  transport === 'port' ? serveDesktop(home, wanted) : startServer({ ...wanted, folders: home, files: renderer })

const built = (entry: string) => join(programRoot, 'out', 'main', entry)
const environment = ({ configFolder, cacheFolder }: Home) => ({ DASHI_HOME: dirname(configFolder), DASHI_CACHE: cacheFolder })

async function serveDesktop(home: Home, { project, port }: Wanted): Promise<Server & { kill(): Promise<unknown> }> {
  const desktop = new Desktop(built('electron.js'), project === undefined ? [] : [project], environment(home))
  await desktop.hears('window')
  const window = await openInBrowser(desktop, port)
  const close = async (end: () => void) => {
    end()
    await desktop.exited
    await window.close()
  }
  return {
    port: window.port,
    preload: window.preload,
    newUrl: () => window.url,
    chooses: desktop.chooses,
    close: () => close(desktop.quit),
    kill: () => close(desktop.kill),
  }
}

/** The program as a process of its own, which can be killed. */
export async function serveProcess(home: Home, wanted: Wanted): Promise<Server & { kill(): Promise<unknown> }> {
  if (transport === 'port') return serveDesktop(home, wanted)
  const { project, port } = wanted
  const child = spawn(
    process.execPath,
    [
      built('cli.js'),
      'serve',
      ...(project === undefined ? [] : ['--project', project]),
      '--json',
      ...(port ? ['--port', String(port)] : []),
    ],
    {
      env: { ...process.env, ...environment(home) },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const end = (signal: 'SIGINT' | 'SIGKILL') =>
    new Promise<void>((resolve) => void (child.once('exit', () => resolve()) && child.kill(signal)))
  for await (const line of createInterface(child.stdout)) {
    const { url } = JSON.parse(line) as { url: string }
    return { port: Number(new URL(url).port), newUrl: () => url, close: () => end('SIGINT'), kill: () => end('SIGKILL') }
  }
  throw new Error('the server ended without an address')
}

/** As the promise; but what has not come when the patience is at its end is named, long before the test's own limit, which knows no names. */
function within<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} has not come back in ${patience / 1000} s`)), patience)
  })
  return Promise.race([promise, over]).finally(() => clearTimeout(timer))
}
/** Limits methods that Playwright waits for without an end: those of input, of evaluation, of opening and closing. */
function limit<T extends object>(name: string, object: T, methods: readonly (keyof T & string)[]): void {
  for (const method of methods) {
    const unlimited = object[method] as (...args: unknown[]) => Promise<unknown>
    const limited = (...args: unknown[]) =>
      within(`${name}.${method}(${typeof args[0] === 'string' ? JSON.stringify(args[0].slice(0, 60)) : ''})`, unlimited.apply(object, args))
    Object.assign(object, { [method]: limited })
  }
}
function limitPage(page: Page): void {
  limit('page', page, ['evaluate', 'evaluateHandle', '$$eval', 'close', 'bringToFront', 'setViewportSize', 'emulateMedia', 'addInitScript'])
  limit('keyboard', page.keyboard, ['press', 'type', 'down', 'up', 'insertText'])
  limit('mouse', page.mouse, ['move', 'down', 'up', 'click', 'dblclick', 'wheel'])
}

/** A page with the app open; what it logs as errors is collected. Its load waits for the first pictures too, where they are there soon. */
export async function openPage(
  context: BrowserContext,
  server: Server,
  waitUntil: 'load' | 'domcontentloaded' = 'load',
): Promise<{ page: Page; errors: string[] }> {
  const page = await context.newPage()
  const errors: string[] = []
  page.on('pageerror', (e) => errors.push(String(e)))
  page.on('console', (m) => m.type() === 'error' && errors.push(m.text()))
  if (server.preload) await page.addInitScript(server.preload)
  await page.goto(server.newUrl(), { waitUntil })
  return { page, errors }
}

/** How most tests look at it. */
const usual: BrowserContextOptions = { viewport: { width: 1280, height: 800 }, locale: 'en-US', reducedMotion: 'reduce' }
/**
 * Nothing that is waited for in it outlasts the patience. Before it is closed, its pages have to be at rest: Chromium 156 never answers
 * where one of them is just being replaced by the next.
 */
export async function newContext(browser: Browser, other: BrowserContextOptions = {}): Promise<BrowserContext> {
  const context = await within('newContext', browser.newContext({ ...usual, ...other }))
  context.setDefaultTimeout(patience)
  limit('context', context, ['newPage', 'close'])
  context.on('page', limitPage)
  return context
}

/** A browser of its own with the app open. */
export async function visit(
  server: Server,
  other?: BrowserContextOptions,
): Promise<{ browser: Browser; context: BrowserContext; page: Page; errors: string[] }> {
  const browser = await launch()
  try {
    const context = await newContext(browser, other)
    const { page, errors } = await openPage(context, server)
    return { browser, context, page, errors }
  } catch (e) {
    await browser.close()
    throw e
  }
}

/** Chooses a folder where `ask` asks for one: in the host's own dialog, or in the page's where the host has none. */
export async function choosing(page: Page, server: Server, folder: string, ask: () => Promise<unknown>): Promise<void> {
  server.chooses?.(folder)
  await ask()
  if (server.chooses) return
  await page.waitForSelector('[role=dialog] >> text=Choose this folder')
  await page.waitForFunction(() => document.querySelector<HTMLInputElement>('[role=dialog] input')?.value) // the folder that it begins with
  await page.getByLabel('Path', { exact: true }).fill(folder)
  await page.keyboard.press('Enter')
  await page.waitForFunction((to) => document.querySelector<HTMLInputElement>('[role=dialog] input')?.value === to, folder)
  await page.click('text=Choose this folder')
}

/** When nothing moves any more but what turns without an end. */
export const settled = (page: Page) =>
  page.waitForFunction(
    () =>
      new Promise((resolve) =>
        requestAnimationFrame(() =>
          requestAnimationFrame(() =>
            resolve(
              document.getAnimations().every((a) => a.playState !== 'running' || a.effect?.getComputedTiming().iterations === Infinity),
            ),
          ),
        ),
      ),
    undefined,
    { polling: 50 },
  )

let axeSource: string | undefined
/** Serious and critical findings of all rules, or of some, as one line each. */
export async function findings(page: Page, rules?: string[]): Promise<string[]> {
  await page.waitForSelector('.n-message', { state: 'detached' }) // half faded, no colour has its contrast
  // Not as a script of the page, which its policy refuses, but from outside it.
  if (!(await page.evaluate(() => 'axe' in window)))
    await page.evaluate((axeSource ??= readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')))
  return page.evaluate(async (rules) => {
    const axe = (
      window as unknown as {
        axe: { run(options: object): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> }
      }
    ).axe
    const { violations } = await axe.run({ resultTypes: ['violations'], ...(rules ? { runOnly: { type: 'rule', values: rules } } : {}) })
    return violations
      .filter((v) => v.impact === 'serious' || v.impact === 'critical')
      .map(
        (v) =>
          `${v.id}: ${v.nodes
            .map((n) => n.html.slice(0, 160))
            .slice(0, 3)
            .join(' ')}`,
      )
  }, rules)
}
