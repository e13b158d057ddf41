/** Every view and dialog, with work in it, in both themes: axe has no serious finding, and the keyboard reaches what the mouse does. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addComment } from '../../src-main/app/annotations/index.ts'
import { addRecords, openProject, takeSnapshot } from '../../src-main/app/projects/index.ts'
import { shapesProject } from '../app/cli/terminal.ts'
import { canRun, findings, newHome, serve, settled, transport, visit, type Home, type Server } from './browser.ts'

// The page is the same over either transport.
describe.skipIf(!canRun || transport === 'port')('accessibility', () => {
  let work: string
  let home: Home
  let server: Server
  let browser: Browser
  let page: Page

  async function command(text: string): Promise<void> {
    await page.keyboard.press('Control+k')
    await page.keyboard.type(text)
    await page.keyboard.press('Enter')
  }
  const start = () => page.locator('main [data-start]').click()

  beforeAll(async () => {
    home = newHome()
    work = mkdtempSync(join(tmpdir(), 'dashi-axe-'))
    const folder = await shapesProject(work)
    const project = openProject(folder)
    addRecords(
      project,
      [
        {
          fileName: 'train/circle-0.png',
          width: 40,
          height: 40,
          regions: [
            { label: 'circle', shape: { kind: 'box', x: 5, y: 5, w: 20, h: 20 }, attributes: { size: 'small' } },
            {
              label: null,
              shape: { kind: 'polygon', parts: [[[1, 1, 30, 2, 20, 30]]] },
              author: { kind: 'checkpoint', checkpoint: 'c', score: 0.4 },
              state: 'proposed',
            },
          ],
          captions: [
            { text: 'a circle  on a ground', language: 'en', spans: [{ start: 2, end: 8, regions: [0] }] },
            { text: 'small', language: 'en', region: 0 },
          ],
          tags: ['first'],
        },
      ],
      { root: join(work, 'pictures') },
    )
    addComment(project, { mediaId: 1, regionId: null, text: 'is this round?' })
    takeSnapshot(project, 'before')
    project.close()
    server = await serve(home, { project: folder })
    ;({ browser, page } = await visit(server, { colorScheme: 'light' }))
    await page.waitForSelector('[role=option] img')
    // Two runs and a soup of them, so that no room is empty.
    await page.keyboard.press('Alt+3')
    for (const [name, seed] of [
      ['one', '0'],
      ['two', '1'],
    ] as const) {
      await page.getByLabel('cCount', { exact: true }).fill('2')
      await page.getByLabel('Seed', { exact: true }).fill(seed)
      await page.getByLabel('Name', { exact: true }).fill(name)
      await start()
      await page.waitForSelector(`[data-run=${name}][data-status=done]`)
    }
    await page.getByLabel('Select all runs', { exact: true }).click()
    await page.click('[data-merge]')
    await command('Make the soup')
    await page.waitForSelector('[data-current-run] li')
    await page.click('[data-current-run] [data-compare]')
    await start()
    await page.waitForSelector('[data-row]')
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    home?.remove()
    rmSync(work, { recursive: true, force: true })
  })

  it.each(['light', 'dark'] as const)('has no serious finding in the %s theme', async (theme) => {
    await page.keyboard.press('Alt+1')
    await page.emulateMedia({ colorScheme: theme })
    await page.waitForFunction((t) => document.documentElement.dataset['theme'] === t, theme)
    const found: Record<string, string[]> = {}
    const check = async (what: string) => {
      await settled(page)
      const said = await findings(page, theme === 'dark' ? ['color-contrast'] : undefined) // what a theme can change
      if (said.length) found[what] = said
    }
    for (const [key, room, ready] of [
      ['Alt+3', 'train', '[data-run]'],
      ['Alt+4', 'compare', '[data-row]'],
      ['Alt+5', 'merge', '[data-current-run]'],
      ['Alt+1', 'data', '[role=option] img'],
    ] as const) {
      await page.keyboard.press(key)
      await page.waitForSelector(ready)
      await check(room)
    }
    await page.click('[role=option] >> nth=1')
    await check('data, one chosen')
    for (const tool of ['similar', 'map', 'balance', 'split', 'duplicates', 'captions', 'doubts', 'review', 'agreement']) {
      await page.click(`[data-tool=${tool}]`)
      await page.waitForSelector('.curate h2')
      await check(`data, ${tool}`)
    }
    await page.click('[data-tool=agreement]')
    for (const [text, dialog] of [
      ['Import', 'Import'],
      ['Export', 'Export'],
      ['Snapshots', 'Snapshots'],
      ['Edit labels', 'Labels'],
      ['Settings', 'Settings'],
      ['About Dashi', 'About Dashi'],
      ['Keyboard sh', 'Keyboard shortcuts'],
      ...(server.chooses ? [] : ([['Add images from', 'Add images from a folder']] as const)),
    ] as const) {
      await command(text)
      await page.waitForSelector(`[role=dialog][aria-label="${dialog}"]`)
      await check(dialog)
      if (dialog === 'Settings') {
        await page.click('[role=dialog] [data-name=shortcuts]')
        await page.waitForSelector('.record')
        await check('Shortcuts')
      }
      await page.keyboard.press('Escape')
      await page.waitForSelector('[role=dialog]', { state: 'detached' })
    }
    await page.keyboard.press('Control+k')
    await page.waitForSelector('[role=dialog]')
    await check('palette')
    await page.keyboard.press('Escape')
    await page.dblclick('[role=option] >> nth=0')
    await page.waitForSelector('.canvas canvas')
    await page.click('[data-name=regions]') // the tab that was open last is open again
    await page.waitForSelector('.list .line')
    for (const tab of ['regions', 'captions', 'image', 'history']) {
      await page.click(`[data-name=${tab}]`)
      if (tab === 'image') {
        await page.click('text=Ask')
        await page.waitForSelector('.score')
      }
      await check(`label, ${tab}`)
    }
    expect(found).toEqual({})
  })
  it('fits the smallest window in every room', async () => {
    await page.setViewportSize({ width: 900, height: 600 })
    for (const [key, ready] of [
      ['Alt+3', '[data-run]'],
      ['Alt+4', '[data-row]'],
      ['Alt+5', '[data-current-run]'],
    ] as const) {
      await page.keyboard.press(key)
      await page.waitForSelector(ready)
      await settled(page)
      const wider = await page.$$eval('section.room, section.room .panel', (list) =>
        list.filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => `${e.className} ${e.scrollWidth} > ${e.clientWidth}`),
      )
      expect(wider, key).toEqual([])
    }
    for (const [key, ready] of [
      ['Alt+1', '[role=option] img'],
      ['Alt+2', '.canvas canvas'],
    ] as const) {
      await page.keyboard.press(key)
      await page.waitForSelector(ready)
      await settled(page)
      expect(await page.$$eval('.bar', (list) => list.filter((e) => e.scrollWidth > e.clientWidth).length), key).toBe(0)
    }
    await page.setViewportSize({ width: 1280, height: 800 })
  })
  it('has no finding on the welcome page', async () => {
    await command('Close the project')
    await page.waitForSelector('.welcome')
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme })
      await page.waitForFunction((t) => document.documentElement.dataset['theme'] === t, theme)
      await settled(page)
      expect(await findings(page), theme).toEqual([])
    }
  })
})
