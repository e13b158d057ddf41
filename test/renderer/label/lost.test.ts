/** A lost server loses nothing, whatever the window does meanwhile. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canRun } from '../../e2e/browser.ts'
import { Face } from '../face.ts'

describe.skipIf(!canRun)('while the server is gone', () => {
  const face = new Face()
  beforeAll(() => face.start([{ captions: [{ text: 'a robin on a branch', language: 'en' }] }, {}]))
  afterAll(() => face.stop())

  it('captions, tags and regions are shown, kept over a reload, and each made once when it is back', async () => {
    await face.open(1)
    await face.kill()
    await face.page.waitForSelector('[role=alert]')
    await face.page.keyboard.press('r')
    await face.drag(0.3, 0.3, 0.5, 0.5)
    await face.lines(1)
    await face.page.keyboard.press('2') // a change of a region that has no id yet
    await face.page.waitForSelector('.line.on >> text=wren')
    await face.page.click('[data-name=captions]')
    await face.page.click('[data-add-caption]')
    await face.page.keyboard.type('written in a tunnel')
    await face.page.keyboard.press('Enter')
    await face.page.waitForSelector('.card >> text=written in a tunnel')
    await face.page.waitForSelector('text=3 edits wait')
    await face.page.click('[data-add-caption]')
    await face.page.keyboard.type('regretted at once')
    await face.page.keyboard.press('Enter')
    await face.page.waitForSelector('text=4 edits wait')
    await face.page.focus('.canvas')
    await face.page.keyboard.press('Control+z')
    await face.page.waitForSelector('text=3 edits wait')
    expect(await face.page.locator('.card >> text=regretted').count()).toBe(0)
    await face.kept(3)

    await face.page.reload().catch(() => undefined) // nobody answers
    await face.page.waitForURL(/^chrome-error:/)
    await face.revive()
    await face.page.goto(`http://127.0.0.1:${face.server.port}/#/label/1`)
    await face.lines(1)
    await face.saved()
    await face.page.waitForSelector('.line >> text=wren')
    const { regions, captions } = face.content()
    expect(regions.map((r) => [r.shape.kind, r.labelId])).toEqual([['box', 2]])
    expect(captions.map((c) => c.text)).toEqual(['a robin on a branch', 'written in a tunnel'])
  })

  it('a window that is closed meanwhile leaves its changes to the next one', async () => {
    await face.open(2)
    await face.kill()
    await face.page.waitForSelector('[role=alert]')
    await face.page.keyboard.press('r')
    await face.drag(0.3, 0.3, 0.5, 0.5)
    await face.page.waitForSelector('text=1 edit waits')
    await face.kept(1)
    const other = await face.context.newPage()
    await face.page.close()
    await face.revive()
    face.page = other
    await other.goto(`${face.server.newUrl()}#/label/2`) // a new tab needs a new address
    await face.lines(1)
    await face.saved()
    expect(face.content(2).regions).toHaveLength(1)
  })
})
