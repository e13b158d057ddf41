/** A gallery that is scrolled through fast: of pictures that only passed by, nothing is decoded. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { App } from '../../src-main/app/serve/app.ts'
import { listen } from '../../src-main/host/node/http.ts'
import { models } from '../../src-main/index.models.ts'
import { canRun, launch, newContext, newHome, openPage, renderer, transport, type Home, type Server } from './browser.ts'
import { birds, type SmallProject } from './project.ts'

// Over the port: test/desktop/start.test.ts, where no page is needed for it.
describe.skipIf(!canRun || transport === 'port')('thumbnails that scrolled out of view', () => {
  let home: Home
  let project: SmallProject
  let app: App
  let server: Server
  let browser: Browser
  /** Those that were decoded, as files of the cache. */
  const made = () =>
    readdirSync(join(home.cacheFolder, 'thumbnails'), { recursive: true }).filter((n) => /[\\/][0-9a-f]{30}$/.test(String(n))).length

  beforeAll(async () => {
    home = newHome()
    project = await birds(400)
    app = new App({
      host: { ...home, version: '0', pickFolder: async () => ({ status: 'unavailable' }) },
      models: models(home),
      project: project.folder,
    })
    server = await listen({ port: 0, files: renderer, configFolder: home.configFolder, served: app })
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    project?.remove()
    home?.remove()
  })

  it('are not decoded', async () => {
    // Both places for decoding are taken until the page has come to its end: nothing depends on which of the two is faster.
    let arrive = (): void => undefined
    const arrived = new Promise<void>((resolve) => (arrive = resolve))
    const busy = [1, 2].map(() => app.media.decoding.do(new AbortController().signal, () => arrived))
    const context = await newContext(browser)
    const { page, errors } = await openPage(context, server, 'domcontentloaded') // the pictures do not come yet
    await page.waitForSelector('[role=option] img')
    const asked = new Set<string>()
    page.on('request', (request) => void (/\/small$/.test(request.url()) && asked.add(request.url())))
    // Found and read in one go: a picture that is taken away in between has no address any more.
    const shown = () => page.evaluate(() => [...document.querySelectorAll<HTMLImageElement>('[role=option] img')].map((img) => img.src))
    const seen = new Set(await shown())
    const grid = page.locator('[role=listbox]')
    const height = await grid.evaluate((e) => e.scrollHeight)
    for (let top = 0; top <= height; top += 600) {
      await grid.evaluate(
        (e, top) => new Promise((resolve) => ((e.scrollTop = top), requestAnimationFrame(() => requestAnimationFrame(resolve)))),
        top,
      )
      for (const url of await shown()) seen.add(url)
    }
    expect(seen.size).toBe(400)
    await page.waitForFunction(() => document.querySelectorAll('[role=option] img').length < 100) // what the scrolling looked ahead at is gone
    const last = (await shown()).length
    arrive()
    await Promise.all(busy)
    await page.waitForFunction(() =>
      [...document.querySelectorAll<HTMLImageElement>('[role=option] img')].every((img) => img.complete && img.naturalWidth > 0),
    )
    await expect.poll(made).toBe(last)
    expect(asked.size).toBeGreaterThan(last)
    expect(errors).toEqual([])
  })
})
