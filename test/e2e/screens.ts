/**
 * `npm run screens`: every view as a picture in docs/screens, on the sample project, in real Chromium; the rooms for models with what
 * the demo left in them. Each view comes in both themes and both languages by pairs (light English, dark Japanese); the two that
 * matter most also the other way round and on a large screen. What takes many frames and several people is on a project of its own
 * (street.ts). And docs/report.png: the demo's report. `npm run screens -- street first` renews those parts alone.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page, Request } from 'playwright-core'
import sharp from 'sharp'
import { launch, newHome, openPage, rendererFiles, serve, type Server } from './browser.ts'
import { oddFolder } from './odd-folder.ts'
import { street } from './street.ts'

interface Look {
  theme: 'light' | 'dark'
  language: 'en' | 'ja'
  width: number
  height: number
}
const root = join(rendererFiles, '..', '..')
const out = join(root, 'docs', 'screens')
const small = { width: 1280, height: 800 }
const large = { width: 1920, height: 1080 }

/** Requests that a page still waits for: thumbnails, the picture on the canvas, its tiles. */
const waiting = new WeakMap<Page, Set<Request>>()
async function arrived(page: Page): Promise<void> {
  for (let quiet = 0; quiet < 5;) {
    await page.waitForTimeout(100)
    quiet = waiting.get(page)!.size ? 0 : quiet + 1
  }
}

async function shoot(page: Page, name: string, { theme, language, width }: Look): Promise<void> {
  await arrived(page)
  await page.waitForTimeout(500) // decoding, transitions
  await picture(page, join(out, `${name}-${theme}-${language}${width > 1280 ? '-large' : ''}.png`))
}

async function withPage(browser: Browser, server: Server, look: Look, body: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({
    viewport: look,
    colorScheme: look.theme,
    locale: look.language === 'ja' ? 'ja-JP' : 'en-US',
    reducedMotion: 'reduce',
  })
  const { page } = await openPage(context, server)
  page.setDefaultTimeout(120_000)
  const requests = new Set<Request>()
  waiting.set(page, requests)
  page.on('request', (r) => requests.add(r))
  const gone = (r: Request) => requests.delete(r)
  page.on('requestfinished', gone)
  page.on('requestfailed', gone)
  await body(page)
  await context.close()
}

async function label(page: Page, image: number): Promise<void> {
  await page.dblclick(`[role=option] >> nth=${image}`)
  await page.waitForSelector('.canvas canvas')
  await page.waitForTimeout(1500)
}

async function picture(page: Page, file: string): Promise<void> {
  await sharp(await page.screenshot())
    .png({ palette: true, quality: 95, dither: 0.6, effort: 7 })
    .toFile(file)
  process.stderr.write(`${file}\n`)
}

async function shootRooms(page: Page, look: Look): Promise<void> {
  await page.waitForSelector('.thumb img')
  await page.keyboard.press('Alt+3')
  await page.click('[data-run^="LP-FT"] .name')
  await page.waitForSelector('[data-current-run^="LP-FT"] figure path')
  await page.waitForSelector('[data-start]:not([disabled])')
  await shoot(page, 'train', look)
  await page.keyboard.press('Alt+4')
  for (const name of ['LP', 'FT', 'LP-FT', 'Uniform soup']) await page.click(`main [data-model="${name}"], main [data-model^="${name} "]`)
  await page.click('main [data-start]')
  await page.waitForSelector('[data-row^="Uniform soup"]')
  await shoot(page, 'compare', look)
  await page.keyboard.press('Alt+5')
  await page.click('[data-run^="Greedy soup"] .name')
  await page.waitForSelector('[data-current-run^="Greedy soup"] [data-ledger] tbody tr')
  await shoot(page, 'merge', look)
}

/** The folder that is asked for is chosen in the page's own dialog. */
async function shootFirst(page: Page, look: Look, folder: string): Promise<void> {
  await page.waitForSelector('.choice.first')
  await page.click('.choice >> nth=1')
  const field = page.locator('[role=dialog] input')
  await field.fill(folder)
  await field.press('Enter')
  await page.waitForFunction((to) => document.querySelector<HTMLInputElement>('[role=dialog] input')?.value === to, folder)
  await page.click('[role=dialog] .n-button--primary-type')
  await page.waitForSelector('[data-set-up]:not([disabled])')
  await page.waitForSelector('.found .progress', { state: 'detached' })
  await shoot(page, 'first', look)
}

const focus = (page: Page) => page.locator('[role=application]').focus()
async function go(page: Page, image: number): Promise<void> {
  await focus(page)
  await page.keyboard.press('Control+g')
  await page.keyboard.type(String(image))
  await page.keyboard.press('Enter')
  await page.waitForFunction((n) => document.querySelector('strong.name')?.textContent?.includes(n), String(image).padStart(4, '0'))
  await focus(page)
}
const line = (page: Page, label: string) => page.locator('.line').filter({ hasText: label }).locator('button').first()

/** What takes many frames and several people. */
async function shootStreet(page: Page, look: Look): Promise<void> {
  await page.waitForSelector('.thumb img')
  await label(page, 0)
  await go(page, 13)
  await line(page, 'car').click()
  await shoot(page, 'tracks', look)
  if (look.width > 1280) return
  await go(page, 1)
  await line(page, 'person').click()
  await shoot(page, 'skeleton', look)
  await page.click('.picker .icon-button:has(.lucide-pencil)')
  await page.click('[role=dialog] .item:has-text("person")')
  await page.waitForSelector('[role=dialog] .picture circle')
  await shoot(page, 'labels', look)
  await page.keyboard.press('Escape')
  await page.waitForSelector('[role=dialog]', { state: 'detached' })
  await go(page, 30)
  await focus(page)
  await page.keyboard.press('Shift+v')
  await page.click('[data-pin] >> nth=1')
  await page.waitForSelector('[data-comment-card]')
  await shoot(page, 'review', look)
  await page.keyboard.press('Escape')
  await focus(page)
  await page.keyboard.press('Shift+v')
  await focus(page)
  await page.keyboard.press('Shift+l')
  await page.waitForSelector('.classify')
  await shoot(page, 'classify', look)
  await page.keyboard.press('Alt+1')
  await page.click('[data-tool=agreement]')
  await page.waitForSelector('[data-disagreement]')
  await shoot(page, 'agreement', look)
  await page.click('[data-begin]')
  await page.waitForSelector('[data-settle]')
  await page.waitForTimeout(800)
  await shoot(page, 'disagreement', look)
  await page.click('[data-settle] .icon-button >> nth=-1')
  await page.keyboard.press('Control+,')
  await page.click('[role=dialog] [data-name=storage]')
  await page.waitForTimeout(600)
  await shoot(page, 'storage', look)
  await page.keyboard.press('Escape')
  await page.waitForSelector('[role=dialog]', { state: 'detached' })
  await go(page, 20)
  await page.keyboard.press('m')
  const at = (await page.locator('[role=application]').boundingBox())!
  await page.mouse.move(at.x + at.width * 0.3, at.y + at.height * 0.3)
  await page.keyboard.press(';')
  await page.keyboard.press("'")
  await page.mouse.down()
  await page.mouse.move(at.x + at.width * 0.6, at.y + at.height * 0.3, { steps: 4 })
  await page.mouse.up()
  await page.click('.middle .bar .n-button:has(.lucide-sliders-horizontal)')
  await page.waitForSelector('.view-settings')
  await shoot(page, 'measure', look)
  await page.click('.view-settings .n-checkbox--checked >> nth=-1') // the guides
  await page.waitForSelector('.frame .mark', { state: 'detached' })
  await page.waitForTimeout(800)
}

const parts = process.argv.slice(2)
/** Of `npm run screens -- street rooms` those alone. */
const wanted = (part: 'sample' | 'street' | 'first' | 'rooms') => parts.length === 0 || parts.includes(part)
const demo = join(root, 'dashi-demo')
if (wanted('rooms') && !existsSync(join(demo, 'report.html')))
  spawnSync(process.execPath, [join(root, 'out', 'main', 'cli.js'), 'demo', '--fast', '--out', demo], { stdio: ['ignore', 2, 2] })

const looks: Look[] = [
  { theme: 'light', language: 'en', ...small },
  { theme: 'dark', language: 'ja', ...small },
]
const others: Look[] = [
  { theme: 'dark', language: 'en', ...small },
  { theme: 'light', language: 'ja', ...small },
  { theme: 'light', language: 'en', ...large },
  { theme: 'dark', language: 'en', ...large },
]
const browser = await launch()
const home = newHome(process.env.DASHI_CACHE ?? join(homedir(), '.cache', 'dashi'))
mkdirSync(out, { recursive: true })

/** A server of its own, on a project or without one. */
async function served(project: string | undefined, body: (server: Server) => Promise<void>): Promise<void> {
  const server = await serve(home, project === undefined ? {} : { project })
  try {
    await body(server)
  } finally {
    await server.close()
  }
}
async function openSample(page: Page): Promise<void> {
  await page.click('.choice.first')
  await page.waitForSelector('.thumb img')
  await page.mouse.move(640, page.viewportSize()!.height - 5) // off the pictures
  await page.waitForTimeout(2500)
}
async function shootSample(server: Server): Promise<void> {
  for (const look of looks)
    await withPage(browser, server, look, async (page) => {
      await page.waitForSelector('.welcome')
      await shoot(page, 'welcome', look)
      await openSample(page)
      await shoot(page, 'data', look)
      await label(page, 5)
      await shoot(page, 'label', look)
      await page.click('[data-name=captions]')
      await shoot(page, 'captions', look)
      await page.click('[data-name=image]')
      await shoot(page, 'image', look)
      for (const [key, name] of [
        ['Control+k', 'palette'],
        ['Shift+?', 'shortcuts'],
        ['F1', 'guide'],
        ['Control+,', 'settings'],
      ] as const) {
        await page.keyboard.press(key)
        await page.waitForSelector('[role=dialog]')
        await page.waitForTimeout(500)
        await shoot(page, name, look)
        await page.keyboard.press('Escape')
        await page.waitForTimeout(400)
      }
    })
  for (const look of others)
    await withPage(browser, server, look, async (page) => {
      await page.waitForSelector('.welcome')
      await openSample(page)
      await shoot(page, 'data', look)
      await label(page, 5)
      await shoot(page, 'label', look)
    })
}

try {
  if (wanted('sample')) await served(undefined, shootSample)
  if (wanted('street')) {
    const { folder, remove } = await street()
    await served(folder, async (server) => {
      for (const look of [...looks, others[3]!]) await withPage(browser, server, look, (page) => shootStreet(page, look))
    })
    remove()
  }
  if (wanted('first'))
    for (const look of looks) {
      const { folder, remove } = await oddFolder()
      await served(undefined, (server) => withPage(browser, server, look, (page) => shootFirst(page, look, folder)))
      remove()
    }
  if (wanted('rooms')) {
    await served(demo, async (server) => {
      for (const look of looks) await withPage(browser, server, look, (page) => shootRooms(page, look))
    })
    const report = await browser.newPage({ viewport: { width: 1280, height: 1900 } })
    await report.goto(pathToFileURL(join(demo, 'report.html')).href)
    await picture(report, join(root, 'docs', 'report.png'))
  }
} finally {
  await browser.close()
  home.remove()
}
