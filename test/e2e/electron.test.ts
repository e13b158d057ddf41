/** The desktop face itself, where Electron's program is there (npm fetches it from outside the registry) and the app is built. */
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, type ElectronApplication, type Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { patience } from './browser.ts'
import { addLabels } from '../../src-main/app/annotations/index.ts'
import { addRecords, createProject, imageContent, openProject } from '../../src-main/app/projects/index.ts'
import { electronProgram } from '../../src-main/host/electron/program.ts'
import { programRoot } from '../../src-main/program.ts'

const program = electronProgram()
const main = join(programRoot, 'out', 'main', 'electron.js')
const missing = !program ? 'Electron’s program is not installed here' : !existsSync(main) ? 'the app is not built' : null

describe.skipIf(missing !== null)(`the desktop face${missing ? ` (left out: ${missing})` : ''}`, () => {
  let folder: string
  let app: ElectronApplication
  let page: Page

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'dashi-desktop-'))
    await sharp({ create: { width: 400, height: 300, channels: 3, background: '#7a9' } })
      .png()
      .toFile(join(folder, 'bird.png'))
    const project = createProject(folder, { name: 'Birds' })
    addLabels(project, [{ name: 'robin' }])
    addRecords(project, [{ fileName: 'bird.png', width: 400, height: 300 }], { root: folder })
    project.close()
    const headless =
      process.platform === 'linux' && !process.env['DISPLAY'] && !process.env['WAYLAND_DISPLAY'] ? ['--ozone-platform=headless'] : []
    const root = process.getuid?.() === 0 ? ['--no-sandbox'] : []
    app = await _electron.launch({
      executablePath: program!,
      args: [...root, ...headless, `--user-data-dir=${join(folder, 'user')}`, '--lang=en-US', main, folder],
      timeout: patience,
    })
    page = await app.firstWindow()
    page.setDefaultTimeout(patience)
  })
  afterAll(async () => {
    await app?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('opens the project named on the command line', async () => {
    await page.waitForSelector('[role=option] img')
    expect(page.url()).toMatch(/^app:\/\/dashi\//)
    expect(await page.title()).toBe('Birds · Dashi')
  })

  it('saves a box as it is drawn', async () => {
    await page.dblclick('[role=option]')
    await page.waitForSelector('.canvas canvas')
    await page.keyboard.press('r')
    const box = (await page.locator('.canvas').boundingBox())!
    await page.mouse.move(box.x + 200, box.y + 220)
    await page.mouse.down()
    await page.mouse.move(box.x + 320, box.y + 300, { steps: 4 })
    await page.mouse.up()
    await page.waitForSelector('.list .line')
    const regions = () => {
      const project = openProject(folder, { readOnly: true })
      try {
        return imageContent(project, 1).regions
      } finally {
        project.close()
      }
    }
    await expect.poll(() => regions().map((r) => r.shape.kind)).toEqual(['box'])
  })

  it('has no Node in its page, and exposes nothing but a port', async () => {
    const seen = await page.evaluate(() => [
      typeof (globalThis as { process?: unknown }).process,
      typeof (globalThis as { require?: unknown }).require,
      Object.keys((globalThis as { dashi?: object }).dashi ?? {}).join(),
    ])
    expect(seen).toEqual(['undefined', 'undefined', 'requestPort,pathOf'])
  })

  it('navigates nowhere else, and opens no window', async () => {
    await page.evaluate(() => void (location.href = 'https://example.org/'))
    await page.waitForTimeout(300)
    expect(page.url()).toMatch(/^app:\/\/dashi\//)
    expect(await page.evaluate(() => window.open('app://dashi/') === null)).toBe(true)
    expect(app.windows()).toHaveLength(1)
  })

  it('has its menu in the language of the app', async () => {
    const menu = () => app.evaluate(({ Menu }) => Menu.getApplicationMenu()!.items.map((i) => i.label))
    expect(await menu()).toContain('&File')
    await page.keyboard.press('Control+k')
    await page.keyboard.type('日本語')
    await page.keyboard.press('Enter')
    await expect.poll(menu).toContain('ファイル(&F)')
  })
})
