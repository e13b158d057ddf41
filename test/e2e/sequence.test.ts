/** A track through a numbered sequence in a real browser: by keys, the menu and the timeline. */
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { imageContent } from '../../src-main/app/projects/index.ts'
import { appForTests } from './app-for-tests.ts'
import { canRun, findings, settled } from './browser.ts'
import { birds, type SmallProject } from './project.ts'

describe.skipIf(!canRun)('a sequence', () => {
  const app = appForTests()
  let project: SmallProject
  let page: Page
  const screens = process.env['SCREENS']
  const shot = async (name: string) => {
    if (!screens) return
    await settled(page)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await page.waitForFunction((to) => document.documentElement.dataset['theme'] === to, colorScheme)
      await settled(page)
      await page.screenshot({ path: join(screens, `${name}-${colorScheme}.png`) })
    }
    await page.emulateMedia({ colorScheme: 'light' })
  }
  /** Where the tracked box of each image begins, with k, b or e for what it is. */
  const seen = () =>
    project.read((p) =>
      Array.from({ length: 6 }, (_, i) => imageContent(p, i + 1).regions.find((r) => r.track))
        .map((r) => (r?.shape.kind === 'box' ? `${Math.round(r.shape.x)}${r.track!.frame[0]}` : '.'))
        .join(' '),
    )
  const becomes = (what: string) => expect.poll(seen, { timeout: 30_000 }).toBe(what)
  const image = (n: number) =>
    page.waitForFunction((name) => document.querySelector('strong.name')?.textContent === name, `bird ${n - 1}.png`)
  const to = async (n: number) => {
    await page.locator('.canvas').focus()
    await page.keyboard.press('Control+g')
    await page.keyboard.type(String(n))
    await page.keyboard.press('Enter')
    await image(n)
    await page.locator('.canvas').focus()
  }
  const line = () => page.locator('.line').filter({ hasText: 'robin' }).locator('button').first()
  const badge = (frame: string) => page.locator(`.line [data-frame=${frame}]`).waitFor()
  const timeline = () => page.getByRole('slider', { name: 'Timeline' })

  beforeAll(async () => {
    project = app.keep(
      await birds(6, (i) => (i === 0 ? { regions: [{ label: 'robin', shape: { kind: 'box', x: 20, y: 60, w: 80, h: 60 } }] } : {})),
    )
    page = await app.open({ project: project.folder })
    await page.waitForSelector('[role=option] img')
    await page.dblclick('[role=option] >> nth=0')
    await page.waitForSelector('.canvas canvas')
    await image(1)
  })

  it('tracks the selected region to the end with one key, and shows the track in the timeline', async () => {
    expect(await timeline().count()).toBe(0)
    await line().click()
    await page.locator('.canvas').focus()
    await page.keyboard.press('u')
    await becomes('20k 20b 20b 20b 20b 20b')
    await timeline().waitFor()
    expect(await timeline().getAttribute('aria-valuetext')).toContain('Frame 1 of 6')
    await page.getByRole('button', { name: 'robin #1', exact: true }).waitFor()
    await badge('key')
  })

  it('turns a moved region into a key frame and interpolates the others; one undo reverts it', async () => {
    await to(5)
    await badge('between')
    await shot('sequence-between')
    await line().click()
    await page.locator('.canvas').focus()
    for (let i = 0; i < 4; i++) await page.keyboard.press('Shift+ArrowRight') // ten pixels each or one, as the canvas has it
    await badge('key')
    const moved = project.read((p) => imageContent(p, 5).regions[0]!.shape)
    await expect.poll(() => seen().split(' ')[4], { timeout: 30_000 }).not.toBe('20b')
    const x = moved.kind === 'box' ? moved.x : 0
    expect(x).toBeGreaterThanOrEqual(20)
    await expect.poll(() => seen().split(' ')[4]!.endsWith('k'), { timeout: 30_000 }).toBe(true)
    for (let i = 0; i < 4; i++) {
      await page.waitForFunction(() => document.querySelector('footer [role=status]')?.textContent?.includes('All changes saved'))
      await page.keyboard.press('Control+z')
    }
    await becomes('20k 20b 20b 20b 20b 20b')
    await badge('between')
  })

  it('moves a region by dragging, and the region between is half way', async () => {
    await to(5)
    const canvas = (await page.locator('.canvas').boundingBox())!
    // The image is fitted into the canvas with a rim: its scale by what is shown.
    const at = await page.evaluate(() => {
      const desk = (document.querySelector('.canvas') as HTMLElement).getBoundingClientRect()
      return { w: desk.width, h: desk.height }
    })
    await line().click()
    await page.keyboard.press('z') // the region fills the view
    await settled(page)
    const [x, y] = [canvas.x + at.w / 2, canvas.y + at.h / 2]
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 60, y, { steps: 5 })
    await page.mouse.move(x + 120, y, { steps: 5 })
    await page.mouse.up()
    await expect.poll(() => seen().split(' ')[4]!.endsWith('k'), { timeout: 30_000 }).toBe(true)
    const shapes = project.read((p) => [1, 3, 5].map((i) => imageContent(p, i).regions[0]!.shape))
    const [a, b, c] = shapes.map((s) => (s.kind === 'box' ? s.x : NaN)) as [number, number, number]
    expect(c).toBeGreaterThan(a)
    expect(b).toBeCloseTo((a + c) / 2, 6)
  })

  it('goes to key frames by keys, and to a frame by a click on the timeline', async () => {
    await page.locator('.canvas').focus()
    await page.keyboard.press('Shift+<')
    await image(1)
    await page.keyboard.press('Shift+>')
    await image(5)
    const box = (await timeline().boundingBox())!
    await page.mouse.click(box.x + 14 * 5, box.y + 30) // the third of six frames of 28 pixels
    await image(3)
    await badge('between')
    await timeline().focus()
    await page.keyboard.press('ArrowRight')
    await image(4)
    await page.keyboard.press('PageDown')
    await image(5)
    await page.keyboard.press('Home')
    await image(1)
  })

  it('adds a key frame, ends the track, and the next undo reverts that', async () => {
    await to(3)
    await line().click()
    await page.locator('.canvas').focus()
    await page.keyboard.press('Shift+B')
    await badge('key')
    await page.keyboard.press('Shift+E')
    await badge('end')
    await expect.poll(() => seen().split(' ')[3], { timeout: 30_000 }).toBe('.')
    await shot('sequence-end')
    await page.keyboard.press('Control+z')
    await badge('key')
    await expect.poll(() => seen().split(' ')[3]!.endsWith('b'), { timeout: 30_000 }).toBe(true)
  })

  it('removes the whole track from the menu, one undo restores it, and axe finds nothing serious', async () => {
    await line().click()
    await page.locator('.canvas').focus()
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('Shift+F10')
    await page.getByText('Track', { exact: true }).hover()
    await page.getByText('Delete the whole track').click()
    await becomes('. . . . . .')
    await page.keyboard.press('Control+z')
    await expect.poll(() => seen().startsWith('20k'), { timeout: 30_000 }).toBe(true)
    expect(app.errors).toEqual([])
  })
})
