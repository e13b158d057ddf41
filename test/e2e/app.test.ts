/** The browser face in real Chromium, on a project of a few pictures: what a person does, and what is in the database afterwards. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addLabels } from '../../src-main/app/annotations/index.ts'
import { addRecords, createProject, imageContent, openProject } from '../../src-main/app/projects/index.ts'
import { canRun, findings, newHome, openPage, serve, settled, visit, type Home, type Server } from './browser.ts'

describe.skipIf(!canRun)('the app', () => {
  let home: Home
  let folder: string
  let server: Server
  let browser: Browser
  let context: BrowserContext
  let page: Page
  let errors: string[]

  const stored = <T>(read: (project: ReturnType<typeof openProject>) => T): T => {
    const project = openProject(folder, { readOnly: true })
    try {
      return read(project)
    } finally {
      project.close()
    }
  }
  const regions = (id = 1) => stored((p) => imageContent(p, id).regions)
  const saved = () => page.waitForFunction(() => document.querySelector('[role=status]')?.textContent?.includes('All changes saved'))
  /** So many regions in the inspector's list. Asked by the clock: a window in the background draws no frames. */
  const lines = (n: number, where = page) =>
    where.waitForFunction((n) => document.querySelectorAll('.list .line').length === n, n, { polling: 100 })
  async function drag(x: number, y: number, dx: number, dy: number): Promise<void> {
    const box = (await page.locator('.canvas').boundingBox())!
    await page.mouse.move(box.x + x, box.y + y)
    await page.mouse.down()
    await page.mouse.move(box.x + x + dx, box.y + y + dy, { steps: 4 })
    await page.mouse.up()
  }

  beforeAll(async () => {
    home = newHome()
    folder = mkdtempSync(join(tmpdir(), 'dashi-project-'))
    mkdirSync(join(folder, 'media'))
    const project = createProject(folder, { name: 'Birds' })
    for (let i = 0; i < 6; i++)
      await sharp({ create: { width: 400, height: 300, channels: 3, background: { r: 40 * i, g: 120, b: 200 - 30 * i } } })
        .png()
        .toFile(join(folder, 'media', `bird ${i}.png`))
    addLabels(project, [{ name: 'robin' }, { name: 'wren' }])
    addRecords(
      project,
      Array.from({ length: 6 }, (_, i) => ({
        fileName: `bird ${i}.png`,
        width: 400,
        height: 300,
        captions: i ? [] : [{ text: 'a robin on a branch', language: 'en' }],
      })),
    )
    project.close()
    server = await serve(home, { project: folder })
    ;({ browser, context, page, errors } = await visit(server))
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    home?.remove()
    rmSync(folder, { recursive: true, force: true })
  })

  it('shows the project that it was started with', async () => {
    await page.waitForSelector('[role=option] img')
    expect(await page.locator('[role=option]').count()).toBe(6)
    expect(await page.title()).toBe('Birds · Dashi')
    expect(await findings(page)).toEqual([])
  })

  it('draws a box, labels it with its number key, and saves both at once', async () => {
    await page.dblclick('[role=option] >> nth=0')
    await page.waitForSelector('.canvas canvas')
    await page.waitForFunction(() => document.querySelector('strong.name')?.textContent === 'bird 0.png')
    await page.keyboard.press('r')
    await drag(200, 220, 120, 80)
    await page.waitForSelector('.line.on')
    await page.keyboard.press('2')
    await page.waitForSelector('.line.on >> text=wren')
    await saved()
    const [region, ...others] = regions()
    expect(others).toEqual([])
    expect(region).toMatchObject({ labelId: 2, state: 'accepted', shape: { kind: 'box' } })
    expect(await findings(page)).toEqual([])
  })

  it('undoes and redoes one step at a time, from the journal', async () => {
    await page.keyboard.press('Control+z')
    await page.waitForSelector('.line >> text=no label')
    expect(regions()[0]!.labelId).toBeNull()
    await page.keyboard.press('Control+z')
    await page.waitForSelector('.list .line', { state: 'detached' })
    expect(regions()).toEqual([])
    await page.keyboard.press('Control+Shift+z')
    await page.waitForSelector('.line')
    await page.keyboard.press('Control+y')
    await page.waitForSelector('.line >> text=wren')
    expect(regions()[0]!.labelId).toBe(2)
  })

  it('ties words of a caption to the region', async () => {
    await page.click('[data-name=captions]')
    await page.click('[data-name=regions]')
    await page.click('.line .plain')
    await page.click('[data-name=captions]')
    await page.dblclick('.card .text', { position: { x: 26, y: 10 } })
    await page.click('.tie button')
    await page.waitForSelector('.card mark')
    await saved()
    const content = stored((p) => imageContent(p, 1))
    const [span] = content.captions[0]!.spans
    expect(content.captions[0]!.text.slice(span!.start, span!.end)).toBe('robin')
    expect(span!.regions).toEqual([content.regions[0]!.id])
  })

  it('writes a caption', async () => {
    await page.click('[data-add-caption]')
    await page.keyboard.type('two birds, and r is no shortcut here')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.card >> text=two birds')
    await saved()
    expect(stored((p) => imageContent(p, 1).captions.map((c) => c.text))).toEqual([
      'a robin on a branch',
      'two birds, and r is no shortcut here',
    ])
  })

  it('shows a change in every window of the project', async () => {
    const other = await openPage(context, server)
    await other.page.waitForSelector('[role=option] img') // an address that is changed while it starts is replaced by its own
    await other.page.goto(`http://127.0.0.1:${server.port}/#/label/1`)
    await other.page.reload()
    await other.page.waitForSelector('.line >> text=wren')
    await page.bringToFront()
    await page.focus('.canvas')
    await page.keyboard.press('r')
    await drag(420, 320, 60, 60)
    await lines(2)
    await saved()
    await lines(2, other.page)
    await other.page.close()
    expect(other.errors).toEqual([])
  })

  it('keeps edits while the server is down, and sends each once when it is back', async () => {
    const { port } = server
    await server.close()
    await page.waitForSelector('[role=alert]')
    await page.focus('.canvas')
    await drag(250, 400, 50, 40)
    await drag(330, 400, 50, 40)
    await lines(4)
    await page.waitForSelector('text=2 edits pending')
    server = await serve(home, { project: folder, port })
    await page.waitForSelector('[role=alert]', { state: 'detached' })
    await saved()
    expect(regions()).toHaveLength(4)
    await page.keyboard.press('Control+z')
    await lines(3)
    expect(regions()).toHaveLength(3)
    errors.splice(0) // the browser logs each attempt to reconnect
  })

  it('assigns a key to another action, and removes it from the previous one', async () => {
    const tool = (id: string) => page.locator(`#keys-tool-${id}`)
    await page.keyboard.press('Control+,')
    await page.click('[role=dialog] [data-name=shortcuts]')
    await tool('pan').click()
    await page.keyboard.press('Escape') // of the key, not of the dialog
    await tool('pan').click()
    await page.keyboard.press('r')
    await page.waitForSelector('text=already used by: Box')
    expect(await tool('box').innerText()).toBe('R')
    await page.click('text=Reassign')
    await page.waitForSelector('text=already used by: Box', { state: 'detached' })
    expect([await tool('pan').innerText(), await tool('box').innerText()]).toEqual(['R', '–'])
    await page.click('text=Reset all')
    expect([await tool('pan').innerText(), await tool('box').innerText()]).toEqual(['G', 'R'])
    await page.keyboard.press('Escape')
    await page.waitForSelector('[role=dialog]', { state: 'detached' })
  })

  it('runs actions from the palette, in Japanese as well', async () => {
    await page.keyboard.press('Control+k')
    await page.keyboard.type('dark th')
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('Enter')
    await page.waitForFunction(() => document.documentElement.dataset['theme'] === 'dark')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('日本語')
    await page.keyboard.press('Enter')
    await page.waitForSelector('nav >> text=ラベル')
    expect(await page.evaluate(() => document.documentElement.lang)).toBe('ja')
    expect(await findings(page)).toEqual([])
  })

  it('has no serious accessibility finding in any dialog or room', async () => {
    for (const [key, wait] of [
      ['F1', '.guide'],
      ['Shift+?', '.sheet'],
      ['Control+,', '.choices'],
    ] as const) {
      await page.keyboard.press(key)
      await page.waitForSelector(wait)
      await settled(page)
      expect(await findings(page), key).toEqual([])
      await page.keyboard.press('Escape')
      await page.waitForSelector(wait, { state: 'detached' })
    }
    for (const key of ['Alt+1', 'Alt+3', 'Alt+4', 'Alt+5']) {
      await page.keyboard.press(key)
      await settled(page)
      expect(await findings(page), key).toEqual([])
    }
  })

  it('runs without Node and within its content security policy', async () => {
    expect(
      await page.evaluate(() => [
        typeof (globalThis as { process?: unknown }).process,
        typeof (globalThis as { require?: unknown }).require,
      ]),
    ).toEqual(['undefined', 'undefined'])
    // Later, from the page's own loop: what a debugger evaluates is let through.
    const evaluated = () =>
      new Promise((resolve) =>
        setTimeout(() => {
          try {
            resolve(new Function('return 1')())
          } catch {
            resolve('refused')
          }
        }),
      )
    expect(await page.evaluate(evaluated)).toBe('refused')
    expect(errors.filter((e) => !/Function|unsafe-eval/.test(e))).toEqual([])
  })
})
