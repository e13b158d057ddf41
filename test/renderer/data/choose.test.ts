/** Choosing images, going to one and coming back: the grid and the film strip under mouse and keys. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canRun } from '../../e2e/browser.ts'
import { Face } from '../face.ts'

describe.skipIf(!canRun)('images', () => {
  const face = new Face()
  beforeAll(() => face.start(Array.from({ length: 30 }, () => ({}))))
  afterAll(() => face.stop())
  const press = async (...keys: string[]) => {
    for (const key of keys) await face.page.keyboard.press(key)
  }
  const said = () => face.page.locator('.bar strong').first().textContent()
  const name = (n: number) =>
    face.page.waitForFunction((name) => document.querySelector('strong.name')?.textContent === name, `bird ${n}.png`)

  it('are chosen by keys as in a file manager', async () => {
    await face.page.click('.data [role=option] >> nth=2')
    await press('Shift+ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowRight')
    expect(await said()).toBe('4 chosen')
    await press('Shift+ArrowLeft')
    expect(await said()).toBe('3 chosen')
    await press('Control+ArrowRight', 'Control+ArrowRight', 'Space')
    expect(await said()).toBe('4 chosen')
    await press('Control+a')
    expect(await said()).toBe('30 chosen')
    await press('Escape')
    expect(await said()).toBe('30 images')
  })

  it('are opened, found again when the page is loaded again, and what is done then is done to the open one', async () => {
    await face.page.dblclick('.data [role=option] >> nth=1')
    await name(2)
    await face.page.reload()
    await name(2)
    await press('d')
    await name(3)
    await press('Shift+Enter')
    await face.saved()
    expect([2, 3].map((id) => face.content(id).media.review)).toEqual(['unreviewed', 'approved'])
  })

  it('are in sight in the strip, and an arrow there goes to the next one only', async () => {
    await press('Alt+1')
    await face.page.focus('.data .grid')
    await press('End', 'Enter')
    await name(30)
    await face.page.waitForSelector('.strip .current')
    const [strip, current] = await Promise.all(['.strip .grid', '.strip .current'].map((s) => face.page.locator(s).boundingBox()))
    expect(current!.y).toBeGreaterThanOrEqual(strip!.y)
    expect(current!.y + current!.height).toBeLessThanOrEqual(strip!.y + strip!.height)
    await face.page.focus('.strip .grid')
    await press('ArrowLeft')
    await name(29)
    await press('ArrowUp')
    await name(28)
  })

  it('stand in the grid where they stood', async () => {
    const top = () => face.page.locator('.data .grid').evaluate((e) => e.scrollTop)
    await press('Alt+1')
    await face.page.locator('.data .grid').evaluate((e) => (e.scrollTop = 200))
    await face.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))) // in which the page hears of it
    await press('Alt+3', 'Alt+1')
    expect(await top()).toBe(200)
  })

  it('take a label from the input method only when it is done', async () => {
    await face.open(1)
    await face.page.fill('[data-find-label] input', 'つばめ')
    const enter = (isComposing: boolean) =>
      face.page
        .locator('[data-find-label] input')
        .evaluate(
          (e, isComposing) => e.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing, bubbles: true, cancelable: true })),
          isComposing,
        )
    await enter(true)
    expect(await face.page.inputValue('[data-find-label] input')).toBe('つばめ')
    await enter(false)
    await face.page.waitForSelector('.chip[aria-pressed=true] >> text=つばめ')
  })
})
