/** What the program keeps and where it looks, a label set that is taken in, and a grid taller than a browser lets an element be. */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { addRecords, createProject, listLabels } from '../../src-main/app/projects/index.ts'
import { FakeHub } from '../app/hub/fake-hub.ts'
import { tinyClip } from '../app/hub/shelf-of.ts'
import { TINY_CLIP } from '../helpers/pictures.ts'
import { canRun, newHome, serve, transport, visit, type Home, type Server } from './browser.ts'
import { birds, type SmallProject } from './project.ts'

describe.skipIf(!canRun)('upkeep', () => {
  const ends: (() => unknown)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })
  const screens = process.env['SCREENS']
  async function shot(page: Page, name: string): Promise<void> {
    if (!screens) return
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.screenshot({ path: join(screens, `${name}-${colorScheme}.png`) })
    }
    await page.emulateMedia({ colorScheme: 'light' })
  }
  async function started(project: string, settings: object = {}): Promise<{ page: Page; home: Home; server: Server; browser: Browser }> {
    const home = newHome()
    ends.push(() => home.remove())
    mkdirSync(home.configFolder, { recursive: true })
    writeFileSync(join(home.configFolder, 'preferences.json'), JSON.stringify({ settings, recent: [] }))
    const server = await serve(home, { project })
    ends.push(() => server.close())
    const { page, browser } = await visit(server)
    ends.push(() => browser.close())
    await page.waitForSelector('.grid [role=option]')
    return { page, home, server, browser }
  }
  async function ofBirds(n: number): Promise<SmallProject> {
    const project = await birds(n)
    ends.push(() => project.remove())
    return project
  }
  async function storage(page: Page): Promise<void> {
    await page.keyboard.press('Control+,')
    await page
      .locator('[role=dialog] .n-tabs-tab')
      .filter({ hasText: /Storage|保存/ })
      .click()
    await page.waitForSelector('[data-used=thumbnails]')
  }

  it('looks for models in the folders of the settings, and reports an invalid one', async () => {
    const { folder } = await ofBirds(2)
    const shelf = mkdtempSync(join(tmpdir(), 'dashi-shelf-'))
    ends.push(() => rmSync(shelf, { recursive: true, force: true }))
    cpSync(TINY_CLIP, join(shelf, 'shapes'), { recursive: true })
    const { page } = await started(folder)
    await storage(page)
    const field = page.getByLabel('Path of a folder')
    await field.fill(join(shelf, 'nowhere'))
    await field.press('Enter')
    await page.waitForSelector(`[role=alert] >> text=there is no such folder`)
    await shot(page, 'storage')
    await field.fill(shelf)
    await field.press('Enter')
    await page.locator('.folders li', { hasText: shelf }).waitFor()
    expect(await page.locator('[role=alert]').count()).toBe(0)
    await page.keyboard.press('Escape')
    await page.keyboard.press('Alt+3')
    const choice = page.getByLabel('Start from', { exact: true }).first()
    await choice.click()
    await page.locator('.n-base-select-option', { hasText: 'shapes' }).waitFor()
  })

  it.skipIf(transport === 'port')(
    'downloads a model by its name once its licence is agreed to, shows its card, and deletes it',
    async () => {
      const hub = await FakeHub.start()
      ends.push(() => hub.close())
      hub.models.set('lab/tiny-clip', tinyClip())
      vi.stubEnv('HF_ENDPOINT', hub.endpoint)
      ends.push(() => vi.unstubAllEnvs())
      const { folder } = await ofBirds(2)
      const { page } = await started(folder)
      await page.keyboard.press('Alt+6')
      await page.waitForSelector('[data-model=Nano]')
      const name = page.getByLabel('Name on the hub: organisation/name')
      await name.fill('lab/none')
      await name.press('Enter')
      await page.waitForSelector('[role=alert] >> text=no such model')
      await name.fill('lab/tiny-clip')
      await name.press('Enter')
      await page.waitForSelector('[data-plan] [data-licence] >> text=apache-2.0')
      await shot(page, 'models-plan')
      await page.click('[data-download]')
      const model = page.locator('[data-model="lab/tiny-clip"]')
      await model.waitFor()
      await model.getByRole('button', { name: 'Model card of lab/tiny-clip' }).click()
      await page.waitForSelector('[data-card] h3 >> text=Tiny CLIP')
      expect(await page.locator('[data-card] img, [data-card] a').count()).toBe(0)
      await shot(page, 'models')
      await model.locator('[data-remove]').click()
      await model.locator('[data-really]').click()
      await model.waitFor({ state: 'detached' })
    },
  )

  it('shows the size of a cache, clears it, and refuses an invalid limit', async () => {
    const { folder } = await ofBirds(3)
    const { page } = await started(folder)
    await page.waitForFunction(() => [...document.querySelectorAll<HTMLImageElement>('.thumb img')].every((i) => i.naturalWidth > 0))
    await storage(page)
    const clear = page.getByRole('button', { name: 'Clear: Thumbnails' })
    await clear.click()
    await page.waitForFunction(() => document.querySelector('[data-used=thumbnails]')!.textContent!.startsWith('0 '))
    expect(await clear.isDisabled()).toBe(true)
    const limit = page.getByLabel(/^Thumbnails: at most/)
    await limit.fill('3')
    await page.waitForSelector('[aria-invalid=true]')
    await limit.fill('300')
    await page.waitForFunction(() => !document.querySelector('[aria-invalid=true]'))
    await page.reload()
    await page.waitForSelector('.grid [role=option]')
    await storage(page)
    expect(await page.getByLabel(/^Thumbnails: at most/).inputValue()).toBe('300')
  })

  it.each([0, 3])('prefetches %i images after the open one', async (prefetch) => {
    const { folder } = await ofBirds(8)
    const { page } = await started(folder, { prefetch })
    const fetched = new Set<number>()
    page.on('request', (r) => {
      const id = /\/(\d+)\/image/.exec(r.url())?.[1]
      if (id) fetched.add(Number(id))
    })
    await page.dblclick('.grid [role=option] >> nth=1')
    const wanted = prefetch ? [1, 2, 3, 4, 5] : [2]
    await expect.poll(() => [...fetched].sort(), { timeout: 60_000 }).toEqual(wanted)
    // Another look at the same neighbourhood: nothing beyond it was asked for meanwhile.
    await page.waitForFunction(() => document.querySelector('strong.name')?.textContent === 'bird 1.png')
    expect([...fetched].sort()).toEqual(wanted)
  })

  it('previews a label set before importing it; one undo reverts it', async () => {
    const project = await ofBirds(2)
    const names = () => project.read((p) => listLabels(p).map((l) => l.name))
    const { page } = await started(project.folder)
    await page.keyboard.press('Control+k')
    await page.keyboard.type('edit labels')
    await page.keyboard.press('Enter')
    const give = (name: string, text: string) =>
      page.locator('[role=dialog] input[type=file]').setInputFiles({ name, mimeType: 'application/json', buffer: Buffer.from(text) })
    await give('broken.json', '{"format":"coco","labels":[]}')
    const alert = page.locator('[role=dialog] [role=alert]')
    await alert.waitFor()
    expect((await alert.textContent())!.trim()).toMatch(/^broken\.json: format: .*[^\n]$/)
    expect(await page.locator('[role=dialog]').getByRole('button', { name: 'Import', exact: true }).isDisabled()).toBe(true)
    await give(
      'birds.json',
      JSON.stringify([{ name: 'robin', synonyms: ['redbreast'], colour: '#123456' }, { name: 'owl', parent: 'wren' }, 'wren']),
    )
    await page.locator('[data-added]', { hasText: 'owl' }).waitFor()
    expect(await page.locator('[data-changed] .change').textContent()).toMatch(/robin.*synonyms/)
    expect(await page.locator('[data-kept]').textContent()).toContain('robin: its colour stays')
    await shot(page, 'taking')
    expect(names()).toEqual(['robin', 'wren'])
    await page.getByText('replace with the file').click()
    await page.locator('[data-changed] .change', { hasText: 'colour' }).waitFor()
    await page.locator('[role=dialog]').getByRole('button', { name: 'Import', exact: true }).click()
    await expect.poll(names).toEqual(['robin', 'wren', 'owl'])
    await page.keyboard.press('Escape')
    await page.locator('[role=dialog]').waitFor({ state: 'detached' })
    await page.keyboard.press('Control+z')
    await expect.poll(names).toEqual(['robin', 'wren'])
    expect(project.read((p) => listLabels(p)[0]!.synonyms)).toEqual([])
  })

  it('scrolls through more rows than an element can hold, to the very last and back', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'dashi-tall-'))
    ends.push(() => rmSync(folder, { recursive: true, force: true }))
    const count = 40_000
    const project = createProject(join(folder, 'project'))
    addRecords(
      project,
      Array.from({ length: count }, (_, i) => ({ fileName: `${i}.png`, width: 9, height: 9 })),
    )
    project.close()
    const { page } = await started(join(folder, 'project'), { thumbnail: 512 })
    const grid = page.locator('.grid').first()
    await page.waitForFunction(() => document.querySelector('.grid')!.scrollHeight === 8_000_000)
    /** Of the cells whose top is in sight, the first: its index, and how far below the grid's edge. */
    const first = () =>
      grid.evaluate((g) => {
        const edge = g.getBoundingClientRect().top
        const cells = [...g.querySelectorAll('.thumb')].map((c) => ({
          index: Number(c.id.match(/\d+$/)![0]),
          y: c.getBoundingClientRect().top - edge,
        }))
        return cells.filter((c) => c.y >= 0).sort((a, b) => a.y - b.y || a.index - b.index)[0]!
      })
    const frames = () => page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))))
    // The bar in its middle is the middle of the images.
    await grid.evaluate((g) => (g.scrollTop = (g.scrollHeight - g.clientHeight) / 2))
    await expect.poll(async () => Math.abs((await first()).index / count - 0.5) < 0.01).toBe(true)
    // From there a wheel goes as far as anywhere.
    await grid.hover()
    const before = await first()
    await page.mouse.wheel(0, 100)
    await expect.poll(async () => (await first()).y).not.toBe(before.y)
    await frames()
    const after = await first()
    const rows = (at: { index: number; y: number }) => at.index * (512 + 24 + 10) - at.y
    const columns = await grid.evaluate((g) => new Set([...g.querySelectorAll('.thumb')].map((c) => c.getBoundingClientRect().left)).size)
    expect((rows({ ...after, index: after.index / columns }) - rows({ ...before, index: before.index / columns })) / 100).toBeCloseTo(1, 1)
    // Another room, and back.
    await page.keyboard.press('Alt+3')
    await page.locator('.grid').first().waitFor({ state: 'detached' })
    await page.keyboard.press('Alt+1')
    await expect.poll(first).toEqual(after)
    await grid.focus()
    await page.keyboard.press('End')
    await page.locator(`#cell-g-${count - 1}`).waitFor()
    await expect
      .poll(() =>
        grid.evaluate((g, last) => {
          const [cell, all] = [document.getElementById(`cell-g-${last}`)!.getBoundingClientRect(), g.getBoundingClientRect()]
          return cell.top >= all.top && cell.bottom <= all.bottom
        }, count - 1),
      )
      .toBe(true)
    // A wheel that goes on stays at the end, and leads back from it.
    await page.mouse.wheel(0, 5000)
    await frames()
    expect(await page.locator(`#cell-g-${count - 1}`).count()).toBe(1)
    await page.keyboard.press('Home')
    await page.locator('#cell-g-0').waitFor()
  })
})
