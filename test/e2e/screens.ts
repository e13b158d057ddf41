/**
 * `npm run screens`: every view as a picture in docs/screens, on the sample project, in real Chromium; the rooms for models with what
 * the demo left in them. Each view comes in both themes and both languages by pairs (light English, dark Japanese); the two that
 * matter most also the other way round and on a large screen. And docs/report.png: the demo's report.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { launch, newHome, openPage, rendererFiles, serve, type Server } from './browser.ts'

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

async function shoot(page: Page, name: string, { theme, language, width }: Look): Promise<void> {
  await page.waitForTimeout(500) // transitions
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
  await shoot(page, 'train', look)
  await page.keyboard.press('Alt+4')
  for (const name of ['LP', 'FT', 'LP-FT', 'Uniform soup']) await page.click(`main [data-model="${name}"], main [data-model^="${name} "]`)
  await page.click('main [data-start]')
  await page.waitForSelector('[data-row^="Uniform soup"]')
  await shoot(page, 'compare', look)
  await page.keyboard.press('Alt+5')
  await page.click('[data-run^="Greedy soup"] .name')
  await page.waitForSelector('[data-current-run^="Greedy soup"] tbody tr')
  await shoot(page, 'merge', look)
}

const demo = join(root, 'dashi-demo')
if (!existsSync(join(demo, 'report.html')))
  spawnSync(process.execPath, [join(root, 'out', 'main', 'cli.js'), 'demo', '--fast', '--out', demo], { stdio: ['ignore', 2, 2] })

const browser = await launch()
const home = newHome(process.env.DASHI_CACHE ?? join(homedir(), '.cache', 'dashi'))
mkdirSync(out, { recursive: true })
const server = await serve(home)
try {
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
  for (const look of looks)
    await withPage(browser, server, look, async (page) => {
      await page.waitForSelector('.welcome')
      await shoot(page, 'welcome', look)
      await page.click('.choice.first')
      await page.waitForSelector('.thumb img')
      await page.waitForTimeout(2500)
      await shoot(page, 'data', look)
      await label(page, 5)
      await shoot(page, 'label', look)
      await page.click('[data-name=captions]')
      await shoot(page, 'captions', look)
      await page.click('[data-name=image]')
      await shoot(page, 'image', look)
      for (const [key, name] of [
        ['Control+k', 'palette'],
        ['F1', 'shortcuts'],
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
      await page.click('.choice.first')
      await page.waitForSelector('.thumb img')
      await page.waitForTimeout(2500)
      await shoot(page, 'data', look)
      await label(page, 5)
      await shoot(page, 'label', look)
    })
  const rooms = await serve(home, { project: demo })
  try {
    for (const look of looks) await withPage(browser, rooms, look, (page) => shootRooms(page, look))
  } finally {
    await rooms.close()
  }
  const report = await browser.newPage({ viewport: { width: 1280, height: 1900 } })
  await report.goto(pathToFileURL(join(demo, 'report.html')).href)
  await picture(report, join(root, 'docs', 'report.png'))
} finally {
  await browser.close()
  await server.close()
  home.remove()
}
