/** A comparison in real Chromium: it begins where it was asked for, and is there again after a reload, in another tab and a step back. */
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { appForTests } from './app-for-tests.ts'
import { canRun, findings, patience, serve, transport } from './browser.ts'
import { birds, type SmallProject } from './project.ts'

describe.skipIf(!canRun)('a comparison', () => {
  const app = appForTests()
  let project: SmallProject
  let page: Page

  beforeAll(async () => {
    project = app.keep(
      await birds(12, (i) => ({ split: ['train', 'train', 'val', 'test'][i % 4], labels: [{ label: i % 3 ? 'wren' : 'robin' }] })),
    )
    page = await app.open({ project: project.folder })
    await page.waitForSelector('[role=option] img')
    await page.keyboard.press('Alt+3')
    await page.waitForSelector('main [data-recipe] >> text=Linear probe')
    for (const name of ['One', 'Two']) {
      await page.locator('main').getByLabel('Name', { exact: true }).fill(name)
      await page.locator('main [data-start]').click()
      await page.waitForSelector(`[data-run=${name}][data-status=done]`)
    }
  })

  it('runs on request, with the base as the reference and the checkpoints in the title', async () => {
    for (const name of ['One', 'Two']) await page.getByLabel(`Select ${name}`, { exact: true }).click()
    await page.click('[data-compare]')
    await page.waitForSelector('[data-row=Two]')
    expect(await page.locator('[data-row]').count()).toBe(2)
    await page.locator('main [data-model=Nano]').click()
    await page.locator('main [data-start]').click()
    await page.waitForSelector('[data-row=Nano]')
    expect(await page.innerText('[data-row=Nano]')).toContain('reference') // what the others were made from, though it was chosen last
    expect(await page.innerText('[data-row=One]')).not.toContain('reference')
    expect(await page.innerText('main')).toContain('test and val accuracy') // no split is called ID or OOD here
    expect(await findings(page)).toEqual([])
  })

  it('survives a reload, another tab and a restart', async () => {
    await page.waitForFunction(() => decodeURIComponent(location.hash).includes('asked=true'), undefined, { polling: 50 })
    await page.reload()
    await page.waitForSelector('[data-row=Nano]')
    if (transport === 'socket') {
      const other = await app.context.newPage()
      await other.goto(page.url())
      await other.waitForSelector('[data-row=Nano]', { timeout: patience })
      await other.close()
    }
    const { port } = app.server
    await app.server.close()
    app.server = await serve(app.home, { project: project.folder, port })
    await page.reload()
    await page.waitForSelector('[data-row=Nano]')
    app.errors.splice(0) // the browser logs each attempt to reconnect
  })

  it('keeps its display options, and is a history step', async () => {
    await page.locator('.halves .axis').first().click()
    await page.locator('.n-base-select-option', { hasText: /^val$/ }).first().click()
    await page.waitForSelector('h2 >> text=/^val accuracy/')
    await page.waitForFunction(() => location.hash.includes('x=val'), undefined, { polling: 50 })
    await page.reload()
    await page.waitForSelector('h2 >> text=/^val accuracy/')
    await page.goBack() // the two
    await page.waitForSelector('[data-row=Nano]', { state: 'detached' })
    await page.waitForSelector('[data-row=Two]')
    await page.goForward()
    await page.waitForSelector('[data-row=Nano]')
  })

  it('keeps the selection for a comparison and a soup across a reload, Back and a link', async () => {
    const chosen = (names: string[], where = page) =>
      where.waitForFunction(
        (names) => {
          const boxes = [...document.querySelectorAll('main [data-model]')]
          const on = boxes.filter((b) => b.getAttribute('aria-checked') === 'true').map((b) => b.getAttribute('data-model'))
          return boxes.length > 0 && on.sort().join() === names
        },
        names.join(),
        { polling: 50 },
      )
    const address = (pattern: RegExp) =>
      page.waitForFunction((p) => new RegExp(p).test(decodeURIComponent(location.hash)), pattern.source, { polling: 50 })
    const choose = (name: string) => page.locator(`main [data-model=${name}]`).click()
    // Of the comparison that is shown, one is taken away: it is chosen anew, and nothing is compared yet.
    await choose('Nano')
    await chosen(['One', 'Two'])
    await address(/^#\/compare\?of=\["[^"]+","[^"]+"\](?!.*asked)/)
    await page.reload()
    await chosen(['One', 'Two'])

    await page.click('nav.rail >> text=Merge')
    await page.waitForSelector('main [data-method]')
    await chosen([])
    for (const name of ['Two', 'One']) await choose(name)
    await chosen(['One', 'Two'])
    await address(/^#\/merge\?of=\["[^"]+","[^"]+"\]/)
    await page.reload()
    await chosen(['One', 'Two'])
    await choose('One')
    await chosen(['Two'])
    await address(/^#\/merge\?of=\["[^"]+"\]/)
    const link = page.url()
    await page.goBack()
    await page.waitForSelector('nav [aria-current=page] >> text=Compare')
    await chosen(['One', 'Two'])
    await page.goForward()
    await page.waitForSelector('nav [aria-current=page] >> text=Merge')
    await chosen(['Two'])
    if (transport === 'socket') {
      const other = await app.context.newPage()
      await other.goto(link)
      await chosen(['Two'], other)
      await other.close()
    }

    // The soup that is looked at is a place of its own.
    await choose('One')
    await page.locator('main [data-start]').click()
    await page.waitForSelector('[data-current-run="Uniform soup of 2"] li')
    await address(/^#\/merge\/[0-9a-f-]{36}\?/)
    await page.reload()
    await page.waitForSelector('[data-current-run="Uniform soup of 2"] li')
    await chosen(['One', 'Two'])
    await page.goBack()
    await address(/^#\/merge\?/)
    await page.goForward()
    await address(/^#\/merge\/[0-9a-f-]{36}\?/)
    await page.waitForSelector('[data-current-run="Uniform soup of 2"] li')
    // A link to one that is not there any more says so.
    await page.evaluate(() => (location.hash = '#/merge/00000000-0000-4000-8000-000000000000'))
    await page.waitForSelector('[data-gone] >> text=no longer in the project')
    await page.evaluate(() => (location.hash = '#/compare?of=["checkpoints/none","checkpoints/neither"]'))
    await page.waitForSelector('[data-gone]')
    expect(await findings(page)).toEqual([])
    expect(app.errors).toEqual([])
  })
})
