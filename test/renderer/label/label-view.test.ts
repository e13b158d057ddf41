/** What people do in the label view: words and regions, review, many images at once, two fingers. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { history } from '../../../src-main/db/journal.ts'
import { canRun, findings as findingsOf, settled } from '../../e2e/browser.ts'
import { goldenPath } from '../../helpers/golden.ts'
import { LabelView } from '../label-view.ts'

const box = (x: number, y: number) => ({ kind: 'box' as const, x, y, w: 60, h: 60 })
const checkpoint = { kind: 'checkpoint' as const, checkpoint: 'run-1', score: 0.4 }

describe.skipIf(!canRun)('the label view', () => {
  const view = new LabelView()
  beforeAll(() =>
    view.start(
      [
        {
          captions: [
            {
              text: 'a robin and a wren sit on the branch of an old and crooked apple tree beside the river in the evening',
              language: 'en',
            },
          ],
          regions: [
            { label: 'robin', shape: box(60, 120) },
            { label: 'wren', shape: box(280, 120) },
          ],
        },
        {
          regions: [
            { label: 'robin', shape: box(60, 120), author: checkpoint },
            { label: 'wren', shape: box(280, 120), author: checkpoint },
          ],
        },
        { regions: [{ label: 'owl', shape: box(170, 120) }], split: 'train' },
        {},
      ],
      { modelFolders: [goldenPath('../models/sam')] },
    ),
  )
  afterAll(() => view.stop())
  const spans = () => view.content().captions[0]!.spans
  /** Where an image point of the 400 × 300 pictures is seen, as a share of the canvas. */
  const seen = async (x: number, y: number) => {
    const { width, height } = (await view.page.locator('.canvas').boundingBox())!
    const scale = Math.min((width - 32) / 400, (height - 32) / 300)
    return [0.5 + ((x - 200) * scale) / width, 0.5 + ((y - 150) * scale) / height] as const
  }
  const press = (keys: string) => view.page.keyboard.press(keys)
  const findings = async () => {
    await settled(view.page)
    return findingsOf(view.page)
  }

  it('ties words to clicked regions, and unties them on another click', async () => {
    await view.open(1)
    await view.page.click('[data-name=captions]')
    await view.page.dblclick('.card .text', { position: { x: 26, y: 10 } })
    await view.page.waitForSelector('.stage .grounding >> text=robin')
    await view.click(...(await seen(90, 150)))
    await view.saved()
    expect(spans()).toEqual([{ start: 2, end: 7, regions: [1] }])
    await view.click(...(await seen(310, 150)))
    await view.saved()
    expect(spans()).toEqual([{ start: 2, end: 7, regions: [1, 2] }])
    await view.click(...(await seen(310, 150)))
    await view.saved()
    expect(spans()).toEqual([{ start: 2, end: 7, regions: [1] }])
    expect(await findings()).toEqual([])
    await view.page.focus('.canvas')
    await press('Escape')
    await view.page.waitForSelector('.stage .grounding', { state: 'detached' })
  })

  it('highlights words when the pointer is on their region, and selects a region through its words', async () => {
    const [x, y] = await seen(90, 150)
    const at = await view.at(x, y)
    await view.page.mouse.move(at.x, at.y)
    await view.page.waitForSelector('mark.lit')
    await view.page.mouse.move(at.x, at.y + 250)
    await view.page.waitForSelector('mark:not(.lit)')
    await view.page.click('mark')
    await view.page.waitForSelector('.stage .selection')
    await view.page.click('[data-name=regions]')
    await view.page.waitForSelector('.line.on >> text=robin')
  })

  it('selects words by keyboard alone', async () => {
    await view.page.click('[data-name=captions]')
    await view.page.focus('.canvas')
    await press('Escape')
    await view.page.focus('.card .foot [aria-label="Tie words to regions"]')
    await press('Enter')
    await view.page.waitForSelector('.words button:focus')
    for (let i = 0; i < 4; i++) await press('ArrowRight')
    await press('Enter') // wren
    await view.page.waitForSelector('.stage .grounding >> text=wren')
    await view.page.click('[data-name=regions]')
    await view.page.focus('.line:has-text("wren") .plain')
    await press('Enter')
    await view.saved()
    expect(spans().map((s) => [view.content().captions[0]!.text.slice(s.start, s.end), s.regions])).toEqual([
      ['robin', [1]],
      ['wren', [2]],
    ])
    await view.page.click('.stage .grounding >> text=Done')
  })

  it('counts tokens against the limit of the built-in model, and marks what it does not read', async () => {
    await view.page.click('[data-name=captions]')
    await view.page.waitForSelector('.card .warm >> text=/16 tokens')
    const over = (await view.page.locator('.card .text .over').allTextContents()).join('')
    expect(view.content().captions[0]!.text.endsWith(over)).toBe(true)
    expect(over.length).toBeGreaterThan(10)
  })

  it('accepts and rejects proposals, then approves image after image, by keyboard', async () => {
    await view.open(2)
    await view.lines(2)
    await press('.') // the topmost proposal
    await view.page.waitForSelector('.line.on >> text=wren')
    await press('Enter')
    await view.page.waitForSelector('.line.on >> text=robin') // the next one is in the hand
    await press('x') // no key of its own here: nothing happens to it
    await view.page.click('[aria-label="Reject the proposal"]')
    await view.lines(1)
    await press('Control+z')
    await view.lines(2)
    await view.page.focus('.canvas')
    await press('.')
    await press('Escape') // the same by its key; afterwards nothing is in the hand, and it only lets go
    await view.lines(1)
    await view.saved()
    expect(view.content(2).regions.map((r) => [r.labelId, r.state])).toEqual([
      [1, 'rejected'],
      [2, 'accepted'],
    ])
    await press('x') // the crosshair is off again
    await press('Shift+V')
    await view.page.waitForSelector('.review')
    expect(await findings()).toEqual([])
    await press('Enter')
    await view.page.waitForFunction(() => document.querySelector('strong.name')?.textContent === 'bird 3.png')
    await press('Shift+Backspace')
    await view.page.keyboard.type('the owl is a buzzard')
    await press('Enter')
    await view.page.waitForFunction(() => document.querySelector('strong.name')?.textContent === 'bird 4.png')
    await view.saved()
    expect([view.content(2).media.review, view.content(3).media.review]).toEqual(['approved', 'rejected'])
    expect(view.content(3).comments.map((c) => c.text)).toEqual(['the owl is a buzzard'])
    await press('Shift+V')
  })

  it('changes several images at once, as one change', async () => {
    await view.open(3)
    await view.page
      .locator('.strip [role=option]')
      .nth(3)
      .click({ modifiers: ['Control'] })
    await view.page.focus('.canvas')
    await press('Control+e')
    await view.page.waitForSelector('.bulk')
    expect(await findings()).toEqual([])
    await view.page.fill('.bulk [aria-label="Set attributes"]', 'blurred, age = 3')
    await view.page.click('.bulk .field:has-text("Split") .n-base-selection')
    await view.page.click('.n-base-select-option >> text=val')
    await view.page.click('.bulk .field:has-text("Add tags") .n-base-selection')
    await view.page.keyboard.type('dusk')
    await press('Enter')
    await press('Escape')
    await view.page.click('.bulk button:has-text("Change 2 images")')
    await view.saved()
    expect([3, 4].map((id) => [view.content(id).media.split, view.content(id).tags])).toEqual([
      ['val', ['dusk']],
      ['val', ['dusk']],
    ])
    expect(view.content(3).regions[0]!.attributes).toEqual({ blurred: true, age: 3 })
    await view.page.click('.n-message button')
    await expect
      .poll(() => [3, 4].map((id) => [view.content(id).media.split, view.content(id).tags]))
      .toEqual([
        ['train', []],
        [null, []],
      ])
    expect(view.content(3).regions[0]!.attributes).toEqual({})
  })

  it('filters the film strip', async () => {
    await view.page.click('.strip [aria-label="Deselect all images"]')
    await view.page.click('[data-filter]')
    await view.page.waitForSelector('.filters')
    expect(await findings()).toEqual([])
    await view.page.click('.filters >> text=Unlabelled')
    await view.page.waitForFunction(() => document.querySelectorAll('.strip [role=option]').length === 1)
    await view.page.click('.filters >> text=Clear filters')
    await view.page.waitForFunction(() => document.querySelectorAll('.strip [role=option]').length === 4)
    await press('Escape')
  })

  it('zooms with two fingers in the middle of a polygon, which continues with one', async () => {
    await view.open(4)
    await press('p')
    const touch = await view.context.newCDPSession(view.page)
    const send = (type: string, ...points: { x: number; y: number }[]) =>
      touch.send('Input.dispatchTouchEvent', { type: type as 'touchStart', touchPoints: points.map((p, id) => ({ ...p, id })) })
    const tap = async (x: number, y: number) => {
      await send('touchStart', await view.at(x, y))
      await send('touchEnd')
    }
    const zoom = () =>
      view.page
        .locator('.status .number')
        .last()
        .evaluate((e) => Number(/\d+/.exec(e.previousElementSibling?.textContent ?? '')?.[0]))
    await tap(0.3, 0.3)
    await tap(0.6, 0.3)
    const before = await zoom()
    const [a, b] = [await view.at(0.45, 0.5), await view.at(0.55, 0.5)]
    await send('touchStart', a)
    await send('touchStart', a, b)
    for (let i = 1; i <= 5; i++) await send('touchMove', { x: a.x - 8 * i, y: a.y }, { x: b.x + 8 * i, y: b.y })
    await send('touchEnd', { x: a.x - 40, y: a.y })
    await send('touchEnd')
    expect(await zoom()).toBeGreaterThan(before * 1.3)
    await tap(0.55, 0.7)
    await press('Enter')
    await view.lines(1)
    await view.saved()
    const { shape } = view.content(4).regions[0]!
    expect(shape.kind === 'polygon' && shape.parts[0]![0]!.length).toBe(6)
  })

  it('undoes and redoes after the program was restarted', async () => {
    await view.kill()
    await view.revive()
    await view.open(4)
    await view.lines(1)
    await press('Control+z')
    await view.lines(0)
    await press('Control+y')
    await view.lines(1)
  })

  it('makes a mask of clicks, with the keys alone to choose, keep and simplify it', async () => {
    await view.open(3)
    const scores = view.page.locator('[data-smart-mask] [aria-label^="Candidate "]')
    const region = () => view.content(3).regions.at(-1)!
    await press('q')
    await view.page.waitForSelector('[data-smart-mask] >> text=sam')
    await view.click(0.3, 0.7)
    await scores.nth(1).waitFor()
    expect(await scores.nth(0).getAttribute('aria-pressed')).toBe('true')
    await press('Tab')
    await view.page.waitForSelector('[data-smart-mask] [aria-label^="Candidate 2"][aria-pressed=true]')
    const at = await view.at(0.6, 0.4)
    await view.page.mouse.move(at.x, at.y)
    await press('e') // the eraser's key, but for this tool
    await view.page.waitForFunction(() => document.querySelectorAll('[data-smart-mask] [aria-label^="Candidate "]').length === 1)
    expect(await findings()).toEqual([])
    await press('Backspace')
    await scores.nth(1).waitFor()
    await press('Enter')
    await view.lines(2)
    await view.saved()
    expect(region()).toMatchObject({
      state: 'accepted',
      shape: { kind: 'mask' },
      author: { kind: 'checkpoint', prompt: expect.stringMatching(/^\+ \d/) },
    })
    await press('Control+z')
    await view.lines(1)
    await press('Control+y')
    await view.lines(2)
    await press('v')
    await view.page.click('.list .line:has-text("mask") .plain')
    await view.page.focus('[data-simplify]')
    for (let i = 0; i < 6; i++) await press('ArrowRight')
    await view.page.waitForSelector('[data-shape] [data-iou]')
    expect(await findings()).toEqual([])
    await press('Enter')
    await view.page.waitForSelector('.list .line:has-text("polygon")')
    await view.page.click('[data-convert=model]')
    await view.page.waitForSelector('.list .line:has-text("mask")')
    await view.saved()
    expect(region().shape.kind).toBe('mask')
    const done = view.read((p) => history(p.db, { mediaId: 3 })).filter((e) => e.kind === 'do')
    const actions = done.slice(0, 3).map((e) => e.action)
    expect(actions).toEqual(['convert region', 'simplify region', 'smart mask'])
  })

  it('has no serious finding in the dark theme, with regions selected and in every tab', async () => {
    await view.page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    await view.open(1)
    await press('Control+a')
    await view.page.waitForSelector('.stage .selection')
    for (const tab of ['regions', 'captions', 'image', 'history']) {
      await view.page.click(`[data-name=${tab}]`)
      expect(await findings(), tab).toEqual([])
    }
    expect(view.errors.filter((e) => !/WebSocket|Failed to load resource|ERR_/.test(e))).toEqual([])
  })
})
