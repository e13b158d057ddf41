/** Two windows that change the same, and a project that is replaced while it is open: nothing that was made is lost. */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { imageContent, openProject } from '../../src-main/app/projects/index.ts'
import { canRun, choosing, findings, launch, newContext, newHome, openPage, serve, type Home, type Server } from './browser.ts'
import { birds, type SmallProject } from './project.ts'

describe.skipIf(!canRun)('edits', () => {
  let home: Home
  let project: SmallProject
  let server: Server
  let browser: Browser
  let context: BrowserContext
  let [first, second]: Page[] = []
  const screens = process.env['SCREENS']
  const shot = async (page: Page, name: string) => {
    if (!screens) return
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.screenshot({ path: join(screens, `${name}-${colorScheme}.png`) })
    }
    await page.emulateMedia({ colorScheme: 'light' })
  }
  const content = (id = 1) => project.read((p) => imageContent(p, id))
  const saved = (page: Page) =>
    page.waitForFunction(() => document.querySelector('footer [role=status]')?.textContent?.includes('All changes saved'))

  async function window(): Promise<Page> {
    const { page } = await openPage(context, server)
    await page.waitForSelector('[role=option] img')
    await page.dblclick('[role=option] >> nth=0')
    await page.waitForSelector('.canvas canvas')
    await page.waitForFunction(() => document.querySelector('strong.name')?.textContent === 'bird 0.png')
    return page
  }
  const tab = (page: Page, name: string) => page.locator('.n-tabs-tab').filter({ hasText: name }).click()
  async function rewrite(page: Page, text: string, save = true): Promise<void> {
    await tab(page, 'Captions')
    await page.getByRole('button', { name: 'Edit', exact: true }).click()
    await page.getByRole('textbox', { name: 'Captions' }).fill(text)
    if (save) await page.getByRole('button', { name: 'Save', exact: true }).click()
  }

  beforeAll(async () => {
    home = newHome()
    project = await birds(2, (i) =>
      i === 0
        ? {
            captions: [{ text: 'a bird', language: 'en' }],
            regions: [{ label: 'robin', shape: { kind: 'box', x: 50, y: 50, w: 100, h: 80 } }],
          }
        : {},
    )
    server = await serve(home, { project: project.folder })
    browser = await launch()
    context = await newContext(browser)
    ;[first, second] = [await window(), await window()]
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    project?.remove()
    home?.remove()
  })

  it('shows both versions of a caption that two windows rewrote, and the choice can be undone', async () => {
    await rewrite(second!, 'a small brown bird', false)
    await rewrite(first!, 'a robin')
    await saved(first!)
    await second!.getByRole('button', { name: 'Save', exact: true }).click()
    const dialog = second!.getByRole('alertdialog')
    await dialog.waitFor()
    expect(await dialog.textContent()).toMatch(/a robin.*a small brown bird/s)
    expect(content().captions[0]!.text).toBe('a robin')
    expect(await findings(second!)).toEqual([])
    await shot(second!, 'conflict')
    await second!.keyboard.press('Escape') // nothing is decided by it
    await dialog.waitFor()
    await dialog.getByRole('button', { name: 'Keep mine' }).focus()
    await second!.keyboard.press('Enter')
    await dialog.waitFor({ state: 'detached' })
    await saved(second!)
    expect(content().captions[0]!.text).toBe('a small brown bird')
    await second!.keyboard.press('Control+z')
    await expect.poll(() => content().captions[0]!.text).toBe('a robin')
  })

  it('takes the other window’s value if that is chosen', async () => {
    await rewrite(second!, 'two birds', false)
    await rewrite(first!, 'a wren')
    await saved(first!)
    await second!.getByRole('button', { name: 'Save', exact: true }).click()
    await second!.getByRole('button', { name: 'Take theirs' }).click()
    await second!.getByText('a wren').waitFor()
    await saved(second!)
    expect(content().captions[0]!.text).toBe('a wren')
  })

  it('keeps what is being typed when another window removes the caption', async () => {
    await rewrite(second!, 'a bird on a wire', false)
    await tab(first!, 'Captions')
    await first!.getByRole('button', { name: 'Remove caption' }).click()
    await saved(first!)
    expect(content().captions).toEqual([])
    await second!.getByRole('button', { name: 'Save', exact: true }).click()
    await second!.getByRole('button', { name: 'Keep mine' }).click()
    await expect.poll(() => content().captions.map((c) => c.text)).toEqual(['a bird on a wire'])
  })

  it('never asks a window about its own quick edits', async () => {
    for (const text of ['one bird', 'one bird on a wire', 'one bird on two wires']) await rewrite(first!, text)
    await saved(first!)
    expect(content().captions.map((c) => c.text)).toEqual(['one bird on two wires'])
    expect(await first!.getByRole('alertdialog').count()).toBe(0)
  })

  it('reports that the project was replaced, keeps later edits, and saves everything as a copy', async () => {
    const db = join(project.folder, 'project.db')
    await rewrite(first!, 'saved before')
    await saved(first!)
    copyFileSync(db, `${db}.other`)
    renameSync(`${db}.other`, db)
    await first!.getByRole('alert').filter({ hasText: 'replaced this project' }).waitFor()
    await second!.getByRole('alert').filter({ hasText: 'replaced this project' }).waitFor()
    await rewrite(first!, 'made afterwards')
    await first!.getByText('1 edit is pending in this window').waitFor()
    expect(await findings(first!)).toEqual([])
    await shot(first!, 'replaced')
    const place = mkdtempSync(join(tmpdir(), 'dashi-copies-'))
    mkdirSync(join(place, 'here'))
    await choosing(first!, server, join(place, 'here'), () => first!.getByRole('button', { name: 'Save a copy' }).click())
    await first!.getByRole('alert').filter({ hasText: 'replaced this project' }).waitFor({ state: 'detached' })
    await saved(first!)
    const [copy] = readdirSync(join(place, 'here'))
    const opened = openProject(join(place, 'here', copy!), { readOnly: true })
    expect(imageContent(opened, 1).captions.map((c) => c.text)).toEqual(['made afterwards'])
    opened.close()

    await second!.getByRole('button', { name: 'Open the current version' }).click()
    await second!.getByRole('alert').filter({ hasText: 'replaced this project' }).waitFor({ state: 'detached' })
    await rewrite(second!, 'in what is there now')
    await saved(second!)
    expect(content().captions.map((c) => c.text)).toEqual(['in what is there now'])
    expect(existsSync(join(place, 'here', copy!, 'project.db'))).toBe(true)
    rmSync(place, { recursive: true, force: true })
  })
})
