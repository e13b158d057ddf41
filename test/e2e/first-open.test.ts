/** A folder of class folders with odd and unreadable images: opened, labelled by one button, split, trained, without a dead end. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listLabels, listRuns, openProject, projectInfo, type Project } from '../../src-main/app/projects/index.ts'
import { canRun, choosing, findings, newHome, patience, serve, visit, type Home, type Server } from './browser.ts'
import { oddFolder, type OddFolder } from './odd-folder.ts'

describe.skipIf(!canRun)('the first open', () => {
  let home: Home
  let odd: OddFolder
  let server: Server
  let browser: Browser
  let page: Page
  let errors: string[]
  const read = <T>(look: (project: Project) => T): T => {
    const project = openProject(odd.folder, { readOnly: true })
    try {
      return look(project)
    } finally {
      project.close()
    }
  }
  const images = 3 * 16 + 20 + 4
  const facet = (name: string) => page.locator('.facets .facet', { hasText: name }).first()

  beforeAll(async () => {
    home = newHome()
    odd = await oddFolder()
    server = await serve(home)
    ;({ browser, page, errors } = await visit(server))
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    odd?.remove()
    home?.remove()
  })

  it('lists what the folder contains and offers what can be set up', async () => {
    await choosing(page, server, odd.folder, () => page.click('text=Open a folder'))
    await page.waitForSelector('[data-first]')
    await page.waitForSelector('text=Make labels from 3 class folders')
    await page.waitForSelector(`text=4 images cannot be read`)
    const unreadable = page.getByLabel('4 images cannot be read')
    for (const path of odd.unreadable) expect(await unreadable.innerText()).toContain(path)
    expect(await unreadable.innerText()).toContain('HEIC')
    const skipped = await page.locator('[data-skipped]').innerText()
    for (const ending of ['.mp4', '.svg', '.cr2']) expect(skipped).toContain(ending)
    expect(await page.locator('.chips').first().innerText()).toMatch(/leaf\s+25/)
    expect(await findings(page)).toEqual([])
  })

  it('is still shown after a reload, until it is answered', async () => {
    await page.reload()
    await page.waitForSelector('text=Make labels from 3 class folders')
  })

  it('creates the labels with one button, and one undo removes them all', async () => {
    await page.waitForSelector('[data-set-up]:not([disabled])')
    await page.click('[data-set-up]')
    await page.waitForSelector('[role=option]')
    await facet('apple').waitFor()
    expect(await page.locator('[data-first]').count()).toBe(0)
    expect(read((p) => [listLabels(p).map((l) => l.name), projectInfo(p)])).toMatchObject([
      ['apple', 'leaf', 'sky'],
      { media: images, imageLabels: images, unreadable: 4, unchecked: 0 },
    ])
    await page.keyboard.press('Control+z')
    await expect
      .poll(() => read((p) => [listLabels(p).length, projectInfo(p).imageLabels, projectInfo(p).media]), { timeout: patience })
      .toEqual([0, 0, images])
    await page.keyboard.press('Control+Shift+z')
    await expect.poll(() => read((p) => projectInfo(p).imageLabels), { timeout: patience }).toBe(images)
  })

  it('has folders and readability as facets, whose counts depend on each other', async () => {
    await facet('Unreadable').click()
    await expect.poll(() => page.locator('[role=option]').count(), { timeout: patience }).toBe(4)
    const folders = page.locator('.facets section', { hasText: 'Folders' })
    await expect.poll(async () => (await folders.innerText()).replace(/\s+/g, ' '), { timeout: patience }).toContain('apple 1 leaf 2 sky 1')
    await folders.locator('.facet', { hasText: 'leaf' }).click()
    await expect.poll(() => page.locator('[role=option]').count(), { timeout: patience }).toBe(2)
    // The counts are asked for apart from the images, and may come after them.
    await expect.poll(() => facet('Unreadable').innerText(), { timeout: patience }).toMatch(/2$/)
  })

  it('picks up a repaired file', async () => {
    await odd.mend('leaf/empty.png')
    await page.click('.facets [data-check]')
    await page.waitForSelector('text=/[01] repaired, 3 still unreadable/')
    await expect.poll(() => page.locator('[role=option]').count(), { timeout: patience }).toBe(1)
    await page.click('text=Clear filters')
  })

  it('is split and trained on, and the run reports what it leaves out', async () => {
    await page.keyboard.press('Control+k')
    await page.keyboard.type('Make splits')
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Propose' }).click()
    await page.waitForSelector('[data-changes] >> text=/\\d+ images would change/')
    await page.getByRole('button', { name: /^Apply/ }).click()
    await page.waitForSelector('[data-changes] >> text=/would change/', { state: 'detached' }) // nothing would any more
    expect(await page.locator('[data-apply]').isDisabled()).toBe(true)
    await expect.poll(() => Object.keys(read((p) => projectInfo(p).splits)).length, { timeout: patience }).toBeGreaterThan(1)
    await page.keyboard.press('Alt+3')
    await page.waitForSelector('[data-leaves-out] >> text=Leaves out 3 unreadable images.')
    await page.click('[data-start]:not([disabled])')
    await page.waitForSelector('[data-run] >> text=done')
    await page.waitForSelector('[data-left-out] >> text=3 unreadable images left out')
    const [run] = read(listRuns)
    const named = (run!.metrics['leftOut'] as { file: string }[]).map((l) => l.file).sort()
    expect(named).toEqual(['apple/cut off.jpg', 'leaf/phone.heic', 'sky/text.png'])
    const record = join(odd.folder, run!.folder!, 'dashi.json')
    expect(existsSync(record)).toBe(true)
    expect((JSON.parse(readFileSync(record, 'utf8')) as { leftOut: { file: string }[] }).leftOut.map((l) => l.file).sort()).toEqual(named)
    expect(errors.filter((e) => !/422|Failed to load resource/.test(e))).toEqual([])
  })
})
