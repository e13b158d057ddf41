/** Several people at one project in real Chromium: agreement, disagreements settled by keys, comments pinned to a place, ordered review. */
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Author } from '#shared/model/author.ts'
import { imageContent } from '../../src-main/app/projects/index.ts'
import { appForTests } from './app-for-tests.ts'
import { canRun, findings, openPage, settled, transport } from './browser.ts'
import { birds, type SmallProject } from './project.ts'

const by = (name: string): { author: Author } => ({ author: { kind: 'person', name } })
const box = (x: number, w = 100) => ({ kind: 'box' as const, x, y: 60, w, h: 100 })

describe.skipIf(!canRun)('review by several people', () => {
  const app = appForTests()
  let project: SmallProject
  let page: Page
  const content = (id: number) => project.read((p) => imageContent(p, id))
  const states = (id: number) => content(id).regions.map((r) => r.state)
  const opened = (name: string) => page.waitForSelector(`main strong.name >> text=${name}`)
  /** Until the database says so. */
  const until = async <T>(read: () => T, wanted: T) => {
    await expect.poll(read, { timeout: 60_000 }).toEqual(wanted)
  }
  const tool = async (name: string) => {
    await page.keyboard.press('Alt+1')
    await page.waitForSelector('[role=option] img')
    if ((await page.getAttribute(`[data-tool=${name}]`, 'aria-pressed')) !== 'true') await page.click(`[data-tool=${name}]`)
  }
  /** Of the canvas, at a share of its size. */
  const hover = async (x: number, y: number) => {
    const at = (await (await page.waitForSelector('[role=application]')).boundingBox())!
    await page.mouse.move(at.x + at.width * x, at.y + at.height * y)
  }

  beforeAll(async () => {
    project = app.keep(
      await birds(4, (i) => ({
        regions:
          i === 0
            ? [
                { label: 'robin', shape: box(20), ...by('ann') },
                { label: 'robin', shape: box(22), ...by('bo') },
                { label: 'robin', shape: box(250), ...by('ann') },
                { label: 'wren', shape: box(252), ...by('bo') },
              ]
            : i === 1
              ? [
                  { label: 'wren', shape: box(20), ...by('ann') },
                  { label: 'wren', shape: box(20), ...by('bo') },
                  { label: 'wren', shape: box(200), ...by('bo') },
                ]
              : [],
        labels:
          i === 2
            ? [
                { label: 'robin', ...by('ann') },
                { label: 'wren', ...by('bo') },
              ]
            : [],
      })),
    )
    page = await app.open({ project: project.folder })
    await page.waitForSelector('[role=option] img')
  })

  it('shows how far two authors agree, with a matrix, and has an address', async () => {
    await tool('agreement')
    await page.waitForSelector('[data-open] >> text=3 disagreements')
    expect(await page.locator('[data-disagreement]').count()).toBe(3)
    expect(await page.innerText('.curate .facts')).toContain('0.57') // 2 · 2 / (3 + 4)
    expect(page.url()).toContain('tool=agreement')
    await page.reload()
    await page.waitForSelector('[data-open] >> text=3 disagreements')
    await settled(page)
    expect(await findings(page)).toEqual([])
  })

  it('settles disagreements with one key each, and undoes the last', async () => {
    await page.click('[data-begin]')
    await opened('bird 1.png') // what one missed comes first
    await page.waitForSelector('[data-settle] >> text=1 of 3')
    await page.locator('[role=application]').focus()
    await page.keyboard.press('2')
    await page.waitForSelector('[data-settle] >> text=2 of 3')
    await opened('bird 0.png')
    expect(states(2)).toEqual(['accepted', 'accepted', 'accepted'])
    await page.waitForFunction(() => location.hash.includes('regions='))
    await page.keyboard.press('1')
    await page.waitForSelector('[data-settle] >> text=3 of 3')
    expect(states(1)).toEqual(['accepted', 'accepted', 'accepted', 'rejected'])
    await page.keyboard.press('Control+z')
    await page.waitForSelector('[data-settle] >> text=2 of 3')
    await until(() => states(1), ['accepted', 'accepted', 'accepted', 'accepted'])
    await page.keyboard.press('2')
    await page.waitForSelector('[data-settle] >> text=3 of 3')
    await until(() => states(1), ['accepted', 'accepted', 'rejected', 'accepted'])
    expect(await findings(page)).toEqual([])
    await page.reload() // what is settled is not in the queue any more
    await page.waitForSelector('[data-settle] >> text=1 of 1')
    await page.locator('[role=application]').focus()
    await page.keyboard.press('3')
    await until(() => content(3).labels.map((l) => l.editedBy !== undefined || l.state === 'accepted'), [true, true])
    await tool('agreement')
    await page.waitForSelector('[data-open] >> text=0 disagreements')
  })

  it('pins a comment under the pointer, which survives a reload, is answered and resolved', async () => {
    await page.keyboard.press('Alt+1')
    await page.keyboard.press('Control+g')
    await page.keyboard.type('2')
    await page.keyboard.press('Enter')
    await page.keyboard.press('Enter')
    await opened('bird 1.png')
    await page.locator('[role=application]').focus()
    await hover(0.5, 0.5)
    await page.keyboard.press('Shift+C')
    await page.waitForSelector('[data-comment-draft] textarea')
    await page.keyboard.type('is this a wren?')
    await page.keyboard.press('Enter')
    await until(() => content(2).comments.map((c) => [c.text, c.at !== null]), [['is this a wren?', true]])
    const { at } = content(2).comments[0]!
    expect(Math.hypot(at!.x - 200, at!.y - 150)).toBeLessThan(60) // the middle of 400 × 300, up to the panels' rounding
    await page.reload()
    await page.click('[data-pin]')
    await page.fill('[data-comment-card] input', 'it is')
    await page.press('[data-comment-card] input', 'Enter')
    await until(() => content(2).comments.map((c) => c.replyTo !== null), [false, true])
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('Escape')
    // From elsewhere, a key leads to it.
    await page.keyboard.press('Alt+1')
    await page.waitForSelector('[data-open-comments]')
    await page.locator('[role=listbox]').focus()
    await page.keyboard.press('Shift+J')
    await opened('bird 1.png')
    await page.click('[data-comment-card] [data-resolve]')
    await until(() => content(2).comments[0]!.resolved, true)
  })

  it('reviews in a fixed order, resumes after a reload, and names the reviewer', async () => {
    await tool('review')
    await page.click('[data-begin-review]')
    await page.waitForSelector('[data-review-progress] >> text=1 of 4')
    await page.locator('[role=application]').focus()
    await page.keyboard.press('Enter')
    await page.waitForSelector('[data-review-progress] >> text=2 of 4')
    await until(() => content(1).media.review, 'approved')
    await page.keyboard.press('ArrowRight') // skipped
    await page.waitForSelector('[data-review-progress] >> text=3 of 4')
    await page.reload()
    await page.waitForSelector('[data-review-progress] >> text=3 of 4')
    await page.locator('[role=application]').focus()
    await page.keyboard.press('Shift+Backspace')
    await page.waitForSelector('[data-review-comment] input')
    await page.keyboard.type('which one is it?')
    await page.keyboard.press('Enter')
    await page.waitForSelector('[data-review-progress] >> text=4 of 4')
    await until(() => [content(3).media.review, content(3).comments[0]?.text], ['rejected', 'which one is it?'])
    expect(await findings(page)).toEqual([])
    await tool('review')
    await page.waitForSelector('[data-go-on]')
    expect(await page.innerText('.curate .by')).toContain(content(1).media.reviewedBy!)
    expect(await findings(page)).toEqual([])
    await page.click('[data-go-on]')
    await opened('bird 3.png')
  })

  it.skipIf(transport === 'port')('treats another window with another name as another author', async () => {
    const { page: other } = await openPage(app.context, app.server)
    await other.waitForSelector('[role=option] img')
    await other.keyboard.press('Control+,')
    await other.fill('[data-own-name] input', 'cy')
    await other.press('[data-own-name] input', 'Enter')
    await other.keyboard.press('Escape')
    await other.click('[role=option] >> nth=3')
    await other.keyboard.press('1')
    await until(() => content(4).labels.map((l) => l.author), [{ kind: 'person', name: 'cy' }])
    await other.close()
  })

  it('logs no error', () => expect(app.errors).toEqual([]))
})
