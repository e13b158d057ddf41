/**
 * `npm run screens`: every view as a picture in docs/screens, on the sample project, in real Chromium. Each view comes in both themes
 * and both languages by pairs (light English, dark Japanese); the two that matter most also the other way round and on a large screen.
 */
import { mkdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import { launch, newHome, openPage, rendererFiles, serve, type Server } from './browser.ts'

interface Look {
  theme: 'light' | 'dark'
  language: 'en' | 'ja'
  width: number
  height: number
}
const out = join(rendererFiles, '..', '..', 'docs', 'screens')
const small = { width: 1280, height: 800 }
const large = { width: 1920, height: 1080 }

async function shoot(page: Page, name: string, { theme, language, width }: Look): Promise<void> {
  await page.waitForTimeout(500) // transitions
  const file = join(out, `${name}-${theme}-${language}${width > 1280 ? '-large' : ''}.png`)
  await sharp(await page.screenshot()).png({ palette: true, quality: 95, dither: 0.6, effort: 7 }).toFile(file)
  process.stderr.write(`${file}\n`)
}

async function withPage(browser: Browser, server: Server, look: Look, body: (page: Page) => Promise<void>): Promise<void> {
  const context = await browser.newContext({ viewport: look, colorScheme: look.theme, locale: look.language === 'ja' ? 'ja-JP' : 'en-US', reducedMotion: 'reduce' })
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

const browser = await launch()
const home = newHome(process.env.DASHI_CACHE ?? join(homedir(), '.cache', 'dashi'))
mkdirSync(out, { recursive: true })
const server = await serve(home)
try {
  const looks: Look[] = [{ theme: 'light', language: 'en', ...small }, { theme: 'dark', language: 'ja', ...small }]
  const others: Look[] = [{ theme: 'dark', language: 'en', ...small }, { theme: 'light', language: 'ja', ...small }, { theme: 'light', language: 'en', ...large }, { theme: 'dark', language: 'en', ...large }]
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
      for (const [key, name] of [['Control+k', 'palette'], ['F1', 'shortcuts'], ['Control+,', 'settings']] as const) {
        await page.keyboard.press(key)
        await page.waitForSelector('[role=dialog]')
        await page.waitForTimeout(500)
        await shoot(page, name, look)
        await page.keyboard.press('Escape')
        await page.waitForTimeout(400)
      }
      for (const [key, name] of [['Alt+3', 'train'], ['Alt+4', 'compare'], ['Alt+5', 'merge']] as const) {
        await page.keyboard.press(key)
        await page.waitForTimeout(1200)
        await shoot(page, name, look)
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
} finally {
  await browser.close()
  await server.close()
  home.remove()
}
