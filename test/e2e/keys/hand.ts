/** A hand at the page: every key press, click, drag and typed character is counted; moving the pointer costs nothing. */
import type { Locator, Page } from 'playwright-core'
import { fitBox } from '../../../src-renderer/canvas/view.ts'

export interface Cost {
  /** A chord (Ctrl+K) is one press. */
  keys: number
  /** Characters of text. */
  typed: number
  /** A double click is two. */
  clicks: number
  /** From press to release. */
  drags: number
}
export const total = ({ keys, typed, clicks, drags }: Cost): number => keys + typed + clicks + drags

export class Hand {
  cost: Cost = { keys: 0, typed: 0, clicks: 0, drags: 0 }

  constructor(
    readonly page: Page,
    /** Of the images. */
    private readonly size: { width: number; height: number },
  ) {}

  async press(chord: string): Promise<void> {
    this.cost.keys++
    await this.page.keyboard.press(chord)
  }
  async type(text: string): Promise<void> {
    this.cost.typed += text.length
    await this.page.keyboard.type(text)
  }
  async click(what: Locator, options: Parameters<Locator['click']>[0] = {}): Promise<void> {
    this.cost.clicks++
    await what.click(options)
  }
  /** Where a point of the image lies on the screen: the image is shown whole. */
  async at(x: number, y: number): Promise<{ x: number; y: number }> {
    const box = (await this.page.locator('.canvas').boundingBox())!
    const { width: w, height: h } = this.size
    const view = fitBox({ x: 0, y: 0, w, h }, { width: box.width, height: box.height })
    return { x: box.x + view.x + x * view.scale, y: box.y + view.y + y * view.scale }
  }
  async point(x: number, y: number): Promise<void> {
    const to = await this.at(x, y)
    await this.page.mouse.move(to.x - 2, to.y - 1)
    await this.page.mouse.move(to.x, to.y)
  }
  async clickAt(x: number, y: number, modifier?: 'Alt'): Promise<void> {
    this.cost.clicks++
    if (modifier) await this.page.keyboard.down(modifier)
    await this.point(x, y)
    await this.page.mouse.down()
    await this.page.mouse.up()
    if (modifier) await this.page.keyboard.up(modifier)
  }
  async drag(from: readonly [number, number], to: readonly [number, number]): Promise<void> {
    this.cost.drags++
    await this.point(...from)
    await this.page.mouse.down()
    const end = await this.at(...to)
    await this.page.mouse.move(end.x, end.y, { steps: 4 })
    await this.page.mouse.up()
  }
}
