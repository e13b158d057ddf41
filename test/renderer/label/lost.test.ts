/** A lost server loses nothing, whatever the window does meanwhile. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canRun } from '../../e2e/browser.ts'
import { LabelView } from '../label-view.ts'

describe.skipIf(!canRun)('while the server is down', () => {
  const view = new LabelView()
  beforeAll(() => view.start([{ captions: [{ text: 'a robin on a branch', language: 'en' }] }, {}]))
  afterAll(() => view.stop())

  it('shows captions, tags and regions, keeps them across a reload, and sends each once when it is back', async () => {
    await view.open(1)
    await view.kill()
    await view.page.waitForSelector('[role=alert]')
    await view.page.keyboard.press('r')
    await view.drag(0.3, 0.3, 0.5, 0.5)
    await view.lines(1)
    await view.page.keyboard.press('2') // a change of a region that has no id yet
    await view.page.waitForSelector('.line.on >> text=wren')
    await view.page.click('[data-name=captions]')
    await view.page.click('[data-add-caption]')
    await view.page.keyboard.type('written in a tunnel')
    await view.page.keyboard.press('Enter')
    await view.page.waitForSelector('.card >> text=written in a tunnel')
    await view.page.waitForSelector('text=3 edits pending')
    await view.page.click('[data-add-caption]')
    await view.page.keyboard.type('regretted at once')
    await view.page.keyboard.press('Enter')
    await view.page.waitForSelector('text=4 edits pending')
    await view.page.focus('.canvas')
    await view.page.keyboard.press('Control+z')
    await view.page.waitForSelector('text=3 edits pending')
    expect(await view.page.locator('.card >> text=regretted').count()).toBe(0)
    await view.kept(3)

    await view.page.reload().catch(() => undefined) // nobody answers
    await view.page.waitForURL(/^chrome-error:/)
    await view.revive()
    await view.page.goto(`http://127.0.0.1:${view.server.port}/#/label/1`)
    await view.lines(1)
    await view.saved()
    await view.page.waitForSelector('.line >> text=wren')
    const { regions, captions } = view.content()
    expect(regions.map((r) => [r.shape.kind, r.labelId])).toEqual([['box', 2]])
    expect(captions.map((c) => c.text)).toEqual(['a robin on a branch', 'written in a tunnel'])
  })

  it('a closed window leaves its changes to the next one', async () => {
    await view.open(2)
    await view.kill()
    await view.page.waitForSelector('[role=alert]')
    await view.page.keyboard.press('r')
    await view.drag(0.3, 0.3, 0.5, 0.5)
    await view.page.waitForSelector('text=1 edit pending')
    await view.kept(1)
    const other = await view.context.newPage()
    await view.page.close()
    await view.revive()
    view.page = other
    await other.goto(`${view.server.newUrl()}#/label/2`) // a new tab needs a new address
    await view.lines(1)
    await view.saved()
    expect(view.content(2).regions).toHaveLength(1)
  })
})
