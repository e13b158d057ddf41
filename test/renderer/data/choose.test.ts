/** Choosing images, going to one and coming back: the grid and the film strip under mouse and keys. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canRun } from '../../e2e/browser.ts'
import { LabelView } from '../label-view.ts'

describe.skipIf(!canRun)('images', () => {
  const view = new LabelView()
  beforeAll(() => view.start(Array.from({ length: 30 }, () => ({}))))
  afterAll(() => view.stop())
  const press = async (...keys: string[]) => {
    for (const key of keys) await view.page.keyboard.press(key)
  }
  const said = () => view.page.locator('.bar strong').first().textContent()
  const name = (n: number) =>
    view.page.waitForFunction((name) => document.querySelector('strong.name')?.textContent === name, `bird ${n}.png`)

  it('are selected by keyboard as in a file manager', async () => {
    await view.page.click('.data [role=option] >> nth=2')
    await press('Shift+ArrowRight', 'Shift+ArrowRight', 'Shift+ArrowRight')
    expect(await said()).toBe('4 selected')
    await press('Shift+ArrowLeft')
    expect(await said()).toBe('3 selected')
    await press('Control+ArrowRight', 'Control+ArrowRight', 'Space')
    expect(await said()).toBe('4 selected')
    await press('Control+a')
    expect(await said()).toBe('30 selected')
    await press('Escape')
    expect(await said()).toBe('30 images')
  })

  it('are reopened after a reload, and actions apply to the open one', async () => {
    await view.page.dblclick('.data [role=option] >> nth=1')
    await name(2)
    await view.page.reload()
    await name(2)
    await press('d')
    await name(3)
    await press('Shift+Enter')
    await view.saved()
    expect([2, 3].map((id) => view.content(id).media.review)).toEqual(['unreviewed', 'approved'])
  })

  it('are visible in the film strip, where an arrow goes to the next one only', async () => {
    await press('Alt+1')
    await view.page.focus('.data .grid')
    await press('End', 'Enter')
    await name(30)
    await view.page.waitForSelector('.strip .current')
    const [strip, current] = await Promise.all(['.strip .grid', '.strip .current'].map((s) => view.page.locator(s).boundingBox()))
    expect(current!.y).toBeGreaterThanOrEqual(strip!.y)
    expect(current!.y + current!.height).toBeLessThanOrEqual(strip!.y + strip!.height)
    await view.page.focus('.strip .grid')
    await press('ArrowLeft')
    await name(29)
    await press('ArrowUp')
    await name(28)
  })

  it('keep their place in the grid', async () => {
    const top = () => view.page.locator('.data .grid').evaluate((e) => e.scrollTop)
    await press('Alt+1')
    await view.page.locator('.data .grid').evaluate((e) => (e.scrollTop = 200))
    await view.page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))) // in which the page hears of it
    await press('Alt+3', 'Alt+1')
    expect(await top()).toBe(200)
  })

  it('take a label from an input method only once it is confirmed', async () => {
    await view.open(1)
    await view.page.fill('[data-find-label] input', 'つばめ')
    const enter = (isComposing: boolean) =>
      view.page
        .locator('[data-find-label] input')
        .evaluate(
          (e, isComposing) => e.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', isComposing, bubbles: true, cancelable: true })),
          isComposing,
        )
    await enter(true)
    expect(await view.page.inputValue('[data-find-label] input')).toBe('つばめ')
    await enter(false)
    await view.page.waitForSelector('.chip[aria-pressed=true] >> text=つばめ')
  })
})
