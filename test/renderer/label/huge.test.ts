/** An image of 48 megapixels comes in tiles. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canRun } from '../../e2e/browser.ts'
import { LabelView } from '../label-view.ts'

describe.skipIf(!canRun)('a huge image', () => {
  const view = new LabelView()
  const asked: string[] = []
  beforeAll(async () => {
    await view.start([{}, { width: 8000, height: 6000, square: [6000, 4000, 64] }])
    view.page.on('request', (r) => asked.push(new URL(r.url()).pathname.replace(/^\/media\/[^/]+\/[^/]+\//, '')))
  })
  afterAll(() => view.stop())

  /** Colours of a small screenshot around a place of the page. */
  const colourAt = async (x: number, y: number) => {
    const { default: sharp } = await import('sharp')
    const { data } = await sharp(await view.page.screenshot({ clip: { x, y, width: 2, height: 2 } }))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true })
    return [...data.subarray(0, 3)]
  }

  it('shows its overview at once, then the visible tiles, and is never fetched as a whole', async () => {
    await view.open(2)
    await view.page.keyboard.press('Control+0') // actual pixels, in the middle of the image
    const canvas = (await view.page.locator('.canvas').boundingBox())!
    // The square, from the middle of the image to the middle of the canvas, by the wheel.
    await view.page.mouse.move(canvas.x + canvas.width / 2, canvas.y + canvas.height / 2)
    await view.page.mouse.wheel(6032 - 4000, 4032 - 3000)
    await expect.poll(() => asked.filter((p) => p.startsWith('2/tile/0/')).length).toBeGreaterThan(3)
    await expect
      .poll(() => colourAt(canvas.x + canvas.width / 2, canvas.y + canvas.height / 2))
      .toSatisfy((c: number[]) => c.every((v) => v > 250)) // white, but for what WebP makes of it
    // Sharp to the pixel: 40 pixels from the square's middle is outside of it.
    await expect.poll(async () => (await colourAt(canvas.x + canvas.width / 2 + 40, canvas.y + canvas.height / 2))[0]).toBeLessThan(60) // 40, but for what WebP makes of it
    expect(asked).toContain('2/large')
    expect(asked).not.toContain('2/image')
    expect(new Set(asked.filter((p) => p.startsWith('2/tile/0/'))).size).toBeLessThan(40)
  })

  it('has a minimap to navigate', async () => {
    const map = view.page.locator('.canvas canvas[aria-hidden=true]')
    const box = (await map.boundingBox())!
    await view.page.mouse.click(box.x + 4, box.y + 4)
    await expect.poll(() => asked.includes('2/tile/0/0/0')).toBe(true)
    expect(view.errors).toEqual([])
  })
})
