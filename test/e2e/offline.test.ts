/** The server as a process of its own, killed in the middle of an edit: no edit is lost, not with the window either. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { imageContent } from '../../src-main/app/projects/index.ts'
import { programRoot } from '../../src-main/program.ts'
import { canRun, launch, newContext, newHome, openPage, serveProcess, type Home } from './browser.ts'
import { birds, type SmallProject } from './project.ts'

const cli = join(programRoot, 'out', 'main', 'cli.js')

describe.skipIf(!canRun || !existsSync(cli))('a server that is killed', () => {
  let home: Home
  let project: SmallProject
  let server: Awaited<ReturnType<typeof serveProcess>>
  let browser: Browser
  let context: BrowserContext
  let page: Page

  /** Starts the program, on the port that it had. */
  const start = async () => void (server = await serveProcess(home, { project: project.folder, port: server?.port }))
  const kill = () => server.kill()
  const regions = (id = 1) => project.read((p) => imageContent(p, id).regions)
  const lines = (n: number) => page.waitForFunction((n) => document.querySelectorAll('.list .line').length === n, n, { polling: 100 })
  async function open(): Promise<void> {
    await page.waitForSelector('[role=option] img')
    await page.dblclick('[role=option] >> nth=0')
    await page.waitForSelector('.canvas canvas')
    await page.waitForFunction(() => document.querySelector('strong.name')?.textContent === 'bird 0.png')
  }
  async function drag(
    x: number,
    y: number,
    dx: number,
    dy: number,
    meanwhile: () => Promise<unknown> = async () => undefined,
  ): Promise<void> {
    const box = (await page.locator('.canvas').boundingBox())!
    await page.focus('.canvas')
    await page.keyboard.press('r')
    await page.mouse.move(box.x + x, box.y + y)
    await page.mouse.down()
    await page.mouse.move(box.x + x + dx / 2, box.y + y + dy / 2, { steps: 2 })
    await meanwhile()
    await page.mouse.move(box.x + x + dx, box.y + y + dy, { steps: 2 })
    await page.mouse.up()
  }

  beforeAll(async () => {
    home = newHome()
    project = await birds(2)
    browser = await launch()
    context = await newContext(browser)
    await start()
    ;({ page } = await openPage(context, server))
    await open()
  })
  afterAll(async () => {
    await browser?.close()
    await server?.kill()
    project?.remove()
    home?.remove()
  })

  it('lets a drawing be finished, shows the edit as pending, and saves it on reconnecting', async () => {
    await drag(200, 220, 60, 50)
    await lines(1)
    await page.waitForFunction(() => document.querySelector('footer [role=status]')?.textContent?.includes('All changes saved'))
    await drag(300, 220, 60, 50, kill)
    await page.waitForSelector('[role=alert] >> text=Connection lost')
    await lines(2)
    await page.waitForSelector('text=1 edit pending')
    expect(regions()).toHaveLength(1)
    await start()
    await page.waitForSelector('[role=alert]', { state: 'detached' })
    await page.waitForFunction(() => document.querySelector('footer [role=status]')?.textContent?.includes('All changes saved'))
    expect(regions()).toHaveLength(2)
    await lines(2)
  })

  it('saves the edits of a window that was closed before reconnecting', async () => {
    await kill()
    await page.waitForSelector('[role=alert]')
    await drag(200, 330, 50, 40)
    await drag(300, 330, 50, 40)
    await lines(4)
    await page.waitForSelector('text=2 edits pending')
    await page.close()
    await start()
    expect(regions()).toHaveLength(2)
    ;({ page } = await openPage(context, server)) // a new tab needs a new address
    await expect.poll(() => regions().length).toBe(4)
    await open()
    await lines(4)
    await page.keyboard.press('Control+z') // they are in the journal as any other
    await lines(3)
  })
})
