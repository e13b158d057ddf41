/** What is dropped on the window: opened or taken in where its place is known, explained where it is not; the page stays in any case. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { CDPSession, Page } from 'playwright-core'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { projectInfo } from '../../src-main/app/projects/index.ts'
import { appForTests } from './app-for-tests.ts'
import { canRun, findings, settled, transport } from './browser.ts'
import { birds, type SmallProject } from './project.ts'

describe.skipIf(!canRun)('files dropped on the window', () => {
  const app = appForTests()
  let work: string
  let project: SmallProject
  let page: Page
  let cdp: CDPSession
  const desktop = transport === 'port'

  /** As the system does it; `between` is looked at while they hover. */
  async function drop(files: string[], between: () => Promise<unknown> = async () => undefined): Promise<void> {
    await page.evaluate((paths) => Object.assign(window, { droppedPaths: paths }), Object.fromEntries(files.map((f) => [basename(f), f])))
    const data = { items: [], files, dragOperationsMask: 1 }
    for (const type of ['dragEnter', 'dragOver'] as const) await cdp.send('Input.dispatchDragEvent', { type, x: 640, y: 400, data })
    await between()
    await cdp.send('Input.dispatchDragEvent', { type: 'drop', x: 640, y: 400, data })
  }
  const overlay = () => page.locator('.over')
  const dialog = () => page.getByRole('dialog', { name: 'Dropped files' })
  const picture = (name: string) =>
    sharp({ create: { width: 60, height: 40, channels: 3, background: '#678' } })
      .png()
      .toFile(join(work, name))

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'dashi-drop-'))
    app.after(() => rmSync(work, { recursive: true, force: true }))
    for (const folder of ['more', 'others']) mkdirSync(join(work, folder))
    for (const name of ['one.png', 'two.png', 'more/three.png', 'others/four.png']) await picture(name)
    writeFileSync(join(work, 'notes.json'), JSON.stringify({ images: [], annotations: [], categories: [] }))
    project = app.keep(await birds(2))
    page = await app.open()
    cdp = await app.context.newCDPSession(page)
    await page.waitForSelector('.welcome')
  })

  it('never replaces the page, neither with a file nor with a link', async () => {
    const before = page.url()
    await page.evaluate(() => Object.assign(window, { still: true }))
    await cdp.send('Input.dispatchDragEvent', {
      type: 'dragEnter',
      x: 640,
      y: 400,
      data: { items: [{ mimeType: 'text/uri-list', data: 'https://example.org/' }], dragOperationsMask: 1 },
    })
    await cdp.send('Input.dispatchDragEvent', {
      type: 'drop',
      x: 640,
      y: 400,
      data: { items: [{ mimeType: 'text/uri-list', data: 'https://example.org/' }], dragOperationsMask: 1 },
    })
    await drop([join(work, 'missing.png')])
    await page.waitForSelector('.n-message')
    expect([page.url(), await page.evaluate(() => (window as { still?: boolean }).still)]).toEqual([before, true])
  })

  it.skipIf(desktop)('explains in a browser why the drop cannot be used, and offers an alternative', async () => {
    await drop([join(work, 'more')], async () => {
      await overlay().waitFor()
      expect(await overlay().innerText()).toContain('A browser does not reveal where files are')
      await settled(page)
      expect(await findings(page)).toEqual([])
    })
    await overlay().waitFor({ state: 'detached' })
    await page
      .locator('.n-message', { hasText: 'A browser does not reveal' })
      .getByRole('button', { name: 'Open a folder' })
      .first()
      .click()
    await page.waitForSelector('[role=dialog][aria-label="Open a folder"]')
  })

  it.runIf(desktop)('opens a project by its folder or its file', async () => {
    await drop([project.folder], async () => {
      await overlay().waitFor()
      expect(await overlay().innerText()).toContain('Drop a project or a folder of images')
      await settled(page)
      expect(await findings(page)).toEqual([])
    })
    await page.waitForFunction(() => document.querySelectorAll('[role=option] img').length === 2)
    await drop([join(project.folder, 'project.db')])
    await expect.poll(() => page.title()).toBe('Birds · Dashi')
  })

  it.runIf(desktop)('adds dropped images to the open project, once however often they are dropped', async () => {
    for (let i = 0; i < 2; i++) await drop([join(work, 'one.png'), join(work, 'two.png')])
    await page.waitForFunction(() => document.querySelectorAll('[role=option] img').length === 4)
    await expect.poll(() => project.read((p) => p.db.value('SELECT count(*) FROM media WHERE width = 60'))).toBe(2)
  })

  it.runIf(desktop)('asks what to do with several items', async () => {
    await drop([join(work, 'more'), join(work, 'others'), join(work, 'notes.json')])
    await dialog().waitFor()
    expect(await dialog().locator('.offer').allInnerTexts()).toEqual([
      'Add the images of 2 folders',
      'Import the images and annotations of more',
      'Import the images and annotations of others',
      'Import annotations from notes.json',
      'Open the folder more',
      'Open the folder others',
    ])
    await settled(page)
    expect(await findings(page)).toEqual([])
    await dialog().getByText('Add the images of 2 folders').click()
    await page.waitForFunction(() => document.querySelectorAll('[role=option] img').length === 6)
    expect(project.read((p) => projectInfo(p).media)).toBe(6)
  })

  it.runIf(desktop)('passes an annotation file to the import dialog', async () => {
    await drop([join(work, 'notes.json')])
    await dialog().getByText('Import annotations from notes.json').click()
    expect(await page.getByLabel('From', { exact: true }).inputValue()).toBe(join(work, 'notes.json'))
    await drop([join(work, 'more')]) // onto the dialog
    await expect.poll(() => page.getByLabel('From', { exact: true }).inputValue()).toBe(join(work, 'more'))
    await page.keyboard.press('Escape')
  })

  it('shows in the About dialog the authors, how to update, and the notices', async () => {
    await page.keyboard.press('Escape')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('About Dashi')
    await page.keyboard.press('Enter')
    const about = page.getByRole('dialog', { name: 'About Dashi' })
    await about.getByText('git pull').waitFor()
    expect(await about.innerText()).toMatch(/Version \d+\.\d+.*never connects.*Apache License 2\.0/s)
    await about.locator('[data-notices]').click()
    await about.locator('.notices, [role=status]').first().waitFor()
    await settled(page)
    expect(await findings(page)).toEqual([])
    expect(app.errors).toEqual([])
  })
})
