/**
 * How long a start takes: the desktop's entry under the stand-in for Electron until its window is asked for, and until a person can
 * click in the page that Chromium shows of it; the browser face likewise. Electron's own start comes on top. The terminal's is the
 * processor time of commands that do next to nothing.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { z } from 'zod'
import { programRoot } from '../../src-main/program.ts'
import { launch, newHome, serveProcess, type Home } from '../e2e/browser.ts'
import { Desktop } from '../helpers/electron/desktop.ts'
import { openInBrowser } from '../helpers/electron/window.ts'

const runs = 7
const TERMINAL = [['--version'], ['--help'], ['project', '--help'], ['runs', '--help'], ['preview', '--help'], ['train', '--help']]
const median = (values: number[]) => values.sort((a, b) => a - b)[values.length >> 1]!

/** Milliseconds at which the first button of the page could be clicked. */
async function interactive(browser: Browser, url: string, preload?: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  const page = await context.newPage()
  if (preload) await page.addInitScript(preload)
  await page.goto(url, { waitUntil: 'commit' })
  await page.waitForSelector('.welcome button:enabled')
  const at = Date.now()
  await context.close()
  return at
}

async function desktopStart(browser: Browser, home: Home) {
  const desktop = new Desktop(join(programRoot, 'out', 'main', 'electron.js'), [], { DASHI_HOME: join(home.configFolder, '..') })
  const { begun, evaluated } = (await desktop.hears('evaluated')) as { begun: number; evaluated: number }
  const { at } = (await desktop.hears('window')) as { at: number }
  const window = await openInBrowser(desktop)
  const shown = await interactive(browser, window.url, window.preload)
  desktop.quit()
  await desktop.exited
  await window.close()
  return { evaluated: evaluated - begun, window: at - begun, interactive: shown - begun }
}

async function serverStart(browser: Browser, home: Home) {
  const begun = Date.now()
  const server = await serveProcess(home, {})
  const listening = Date.now()
  const shown = await interactive(browser, server.newUrl())
  await server.close()
  return { listening: listening - begun, interactive: shown - begun }
}

/** Preloaded: tells a program's processor time, in microseconds, at its end. */
const tells = 'data:text/javascript,process.on("exit",()=>console.error(JSON.stringify(process.cpuUsage())))'
const spent = z.object({ user: z.number(), system: z.number() })

/** Processor time in milliseconds. */
function terminalStart(home: Home, ...argv: string[]): number {
  const { stderr } = spawnSync(process.execPath, ['--import', tells, join(programRoot, 'out', 'main', 'cli.js'), ...argv], {
    env: { ...process.env, DASHI_HOME: join(home.configFolder, '..') },
    encoding: 'utf8',
  })
  const { user, system } = spent.parse(JSON.parse(stderr.trim().split('\n').at(-1)!))
  return (user + system) / 1000
}

/** Medians in milliseconds. */
export async function startBench(): Promise<Record<string, number>> {
  const browser = await launch()
  const home = newHome()
  const desktop: Awaited<ReturnType<typeof desktopStart>>[] = []
  const server: Awaited<ReturnType<typeof serverStart>>[] = []
  const terminal: Record<string, number> = {}
  try {
    for (const argv of TERMINAL)
      terminal[`${argv.join(' ')} (processor ms)`] = median(Array.from({ length: runs }, () => terminalStart(home, ...argv)))
    for (let i = 0; i < runs; i++) {
      desktop.push(await desktopStart(browser, home))
      server.push(await serverStart(browser, home))
    }
  } finally {
    await browser.close()
    home.remove()
  }
  return {
    runs,
    desktopEntryEvaluatedMs: median(desktop.map((r) => r.evaluated)),
    desktopWindowAskedForMs: median(desktop.map((r) => r.window)),
    desktopWindowAskedForSlowestMs: Math.max(...desktop.map((r) => r.window)),
    desktopInteractiveMs: median(desktop.map((r) => r.interactive)),
    browserListeningMs: median(server.map((r) => r.listening)),
    browserInteractiveMs: median(server.map((r) => r.interactive)),
    ...terminal,
  }
}
