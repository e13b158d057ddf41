/** Skeletons in a browser: given to a label, drawn, its points hidden by a key, and what is stored of it. */
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Browser, Page } from 'playwright-core'
import { listLabels, readRecords } from '../../src-main/app/projects/index.ts'
import { canRun, findings, newHome, serve, type Server, visit } from './browser.ts'
import { birds, type SmallProject } from './project.ts'

describe.skipIf(!canRun)('a skeleton', () => {
  let project: SmallProject
  let server: Server
  let browser: Browser
  let page: Page
  let errors: string[]

  beforeAll(async () => {
    project = await birds(2)
    server = await serve(newHome(), { project: project.folder })
    ;({ browser, page, errors } = await visit(server))
    await page.waitForSelector('[role=option] img')
    await page.dblclick('[role=option] >> nth=0')
    await page.waitForSelector('.canvas canvas')
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    project?.remove()
  })

  const screens = process.env['SCREENS']
  const shot = async (name: string) => {
    if (!screens) return
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.screenshot({ path: join(screens, `${name}-${colorScheme}.png`) })
    }
    await page.emulateMedia({ colorScheme: 'light' })
  }
  const shapes = () =>
    project.read((p) =>
      [...readRecords(p)].flatMap(({ record }) => (record.regions ?? []).map((r) => ({ label: r.label, shape: r.shape }))),
    )
  const saved = () => page.waitForFunction(() => document.querySelector('footer [role=status]')?.textContent?.includes('All changes saved'))

  it('is added to a label, drawn by a drag, and one of its points is hidden with a key', async () => {
    await page.click('.picker button[aria-label="Edit labels …"]')
    await page.click('[role=dialog] .item:has-text("robin")')
    await page.click('[role=dialog] >> text=A person (17 points)')
    await page.waitForSelector('[role=dialog] .picture circle')
    await shot('skeleton-editor')
    expect(await findings(page, ['color-contrast', 'button-name', 'select-name', 'label', 'nested-interactive'])).toEqual([])
    await page.keyboard.press('Escape')
    await page.waitForSelector('[role=dialog]', { state: 'detached' })
    expect(project.read((p) => listLabels(p).map((l) => [l.name, l.skeleton?.points.length ?? 0]))).toEqual([
      ['robin', 17],
      ['wren', 0],
    ])

    await page.focus('[role=application]')
    await page.keyboard.press('1')
    await page.keyboard.press('Shift+K')
    const { x, y, width, height } = (await page.locator('[role=application]').boundingBox())!
    await page.mouse.move(x + width * 0.4, y + height * 0.3)
    await page.mouse.down()
    await page.mouse.move(x + width * 0.6, y + height * 0.7, { steps: 4 })
    await page.mouse.up()
    await page.waitForSelector('section[aria-label="Points"]')
    await page.click('section[aria-label="Points"] button:has-text("left_wrist")')
    await page.focus('[role=application]')
    await page.keyboard.press('o')
    await page.waitForSelector('button[aria-label="left_wrist: hidden"][aria-pressed=true]')
    await saved()
    await shot('skeleton-drawn')
    const [only, ...more] = shapes()
    expect([more, only?.label, only?.shape.kind]).toEqual([[], 'robin', 'keypoints'])
    const points = only?.shape.kind === 'keypoints' ? only.shape.points : []
    expect(points.filter((p) => p.v === 1).map((p) => p.name)).toEqual(['left_wrist'])
    expect(points).toHaveLength(17)
  })
  it('is placed on the next image with one key, and removed by one undo', async () => {
    await page.keyboard.press('d')
    await page.waitForFunction(() => !document.querySelector('section[aria-label="Points"]'))
    const { x, y, width, height } = (await page.locator('[role=application]').boundingBox())!
    await page.mouse.move(x + width / 2, y + height / 2)
    await page.keyboard.press('j')
    await page.waitForSelector('section[aria-label="Points"] >> text=17 of 17')
    await saved()
    expect(shapes()).toHaveLength(2)
    await page.focus('[role=application]')
    await page.keyboard.press('Control+z')
    await page.waitForFunction(() => !document.querySelector('section[aria-label="Points"]'))
    await saved()
    expect(shapes()).toHaveLength(1)
    expect(errors).toEqual([])
  })

  it('comes with guides, measurements in millimetres, and templates placed on the next image', async () => {
    const canvas = page.locator('[role=application]')
    const { x, y, width, height } = (await canvas.boundingBox())!
    await canvas.focus()
    await page.mouse.move(x + width * 0.4, y + height * 0.4)
    await page.keyboard.press(';')
    await page.keyboard.press("'")
    await page.waitForSelector('.frame .mark.x')
    // A second upright one is pulled out of the ruler on the left.
    await page.mouse.move(x + 8, y + height * 0.5)
    await page.mouse.down()
    await page.mouse.move(x + width * 0.6, y + height * 0.5, { steps: 5 })
    await page.mouse.up()
    expect(await page.locator('.frame .mark').count()).toBe(3)
    await page.keyboard.press('Shift+G')
    await page.keyboard.press('r')
    await page.mouse.move(x + width * 0.4 + 3, y + height * 0.4 - 3)
    await page.mouse.down()
    await page.mouse.move(x + width * 0.6 - 3, y + height * 0.6, { steps: 4 })
    await page.mouse.up()
    await page.waitForSelector('[data-measure]')
    await shot('guides')
    expect(await findings(page, ['color-contrast', 'button-name', 'label', 'nested-interactive', 'aria-allowed-attr'])).toEqual([])

    await page.keyboard.press('m')
    await page.mouse.move(x + width * 0.4 + 2, y + height * 0.4)
    await page.mouse.down()
    await page.mouse.move(x + width * 0.6 + 2, y + height * 0.4, { steps: 4 })
    await page.mouse.up()
    await page.getByLabel('Length').fill('5')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.measure >> text=1 mm =')
    // The box between the same guides is as wide as that line.
    await page.waitForFunction(() => /mm²/.test(document.querySelector('[data-measure]')?.textContent ?? ''))
    await shot('measure')

    await canvas.focus()
    await page.keyboard.press('Control+Shift+P')
    await page.getByLabel('Name of the template').first().fill('panel')
    await page.keyboard.press('Enter')
    await page.waitForSelector('[role=dialog] li input')
    await shot('templates')
    expect(await findings(page, ['color-contrast', 'button-name', 'label'])).toEqual([])
    await page.keyboard.press('Escape')
    await page.waitForSelector('[role=dialog]', { state: 'detached' })
    await canvas.focus()
    await page.keyboard.press('a')
    await page.waitForFunction(() => document.querySelector('strong.name')?.textContent === 'bird 0.png')
    await page.keyboard.press('f')
    await page.waitForFunction(() => /mm²/.test(document.querySelector('[data-measure]')?.textContent ?? ''))
    await saved()
    const boxes = shapes().filter((r) => r.shape.kind === 'box')
    expect(boxes).toHaveLength(2)
    expect(boxes[0]).toEqual(boxes[1])
    expect(errors).toEqual([])

    await page.reload()
    await page.waitForSelector('.frame .mark.x')
    expect(await page.locator('.frame .mark').count()).toBe(3)
  })
})
