/** What hands do in the label view: words and regions, review, many images at once, two fingers. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { canRun, settled } from '../../e2e/browser.ts'
import { Face } from '../face.ts'

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

const box = (x: number, y: number) => ({ kind: 'box' as const, x, y, w: 60, h: 60 })
const checkpoint = { kind: 'checkpoint' as const, checkpoint: 'run-1', score: 0.4 }

describe.skipIf(!canRun)('the label view', () => {
  const face = new Face()
  beforeAll(() =>
    face.start([
      {
        captions: [
          { text: 'a robin and a wren sit on the branch of an old and crooked apple tree beside the river in the evening', language: 'en' },
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
    ]),
  )
  afterAll(() => face.stop())
  const spans = () => face.content().captions[0]!.spans
  /** Where an image point of the 400 × 300 pictures is seen, as a share of the canvas. */
  const seen = async (x: number, y: number) => {
    const { width, height } = (await face.page.locator('.canvas').boundingBox())!
    const scale = Math.min((width - 32) / 400, (height - 32) / 300)
    return [0.5 + ((x - 200) * scale) / width, 0.5 + ((y - 150) * scale) / height] as const
  }
  const press = (keys: string) => face.page.keyboard.press(keys)
  /** Serious and critical findings, one line each. */
  async function findings(): Promise<string[]> {
    await face.page.waitForSelector('.n-message', { state: 'detached' })
    await settled(face.page)
    await face.page.evaluate(axeSource)
    return face.page.evaluate(async () => {
      const axe = (
        window as unknown as {
          axe: { run(options: object): Promise<{ violations: { id: string; impact: string; nodes: { html: string }[] }[] }> }
        }
      ).axe
      const { violations } = await axe.run({ resultTypes: ['violations'] })
      return violations
        .filter((v) => v.impact === 'serious' || v.impact === 'critical')
        .map(
          (v) =>
            `${v.id}: ${v.nodes
              .map((n) => n.html.slice(0, 160))
              .slice(0, 3)
              .join(' ')}`,
        )
    })
  }

  it('ties words to the regions that are clicked, and unties them by another click', async () => {
    await face.open(1)
    await face.page.click('[data-name=captions]')
    await face.page.dblclick('.card .text', { position: { x: 26, y: 10 } })
    await face.page.waitForSelector('.stage .grounding >> text=robin')
    await face.click(...(await seen(90, 150)))
    await face.saved()
    expect(spans()).toEqual([{ start: 2, end: 7, regions: [1] }])
    await face.click(...(await seen(310, 150)))
    await face.saved()
    expect(spans()).toEqual([{ start: 2, end: 7, regions: [1, 2] }])
    await face.click(...(await seen(310, 150)))
    await face.saved()
    expect(spans()).toEqual([{ start: 2, end: 7, regions: [1] }])
    expect(await findings()).toEqual([])
    await face.page.focus('.canvas')
    await press('Escape')
    await face.page.waitForSelector('.stage .grounding', { state: 'detached' })
  })

  it('lights the words when the pointer is on their region, and selects the region by the words', async () => {
    const [x, y] = await seen(90, 150)
    const at = await face.at(x, y)
    await face.page.mouse.move(at.x, at.y)
    await face.page.waitForSelector('mark.lit')
    await face.page.mouse.move(at.x, at.y + 250)
    await face.page.waitForSelector('mark:not(.lit)')
    await face.page.click('mark')
    await face.page.waitForSelector('.hands')
    await face.page.click('[data-name=regions]')
    await face.page.waitForSelector('.line.on >> text=robin')
  })

  it('chooses words by the keyboard alone', async () => {
    await face.page.click('[data-name=captions]')
    await face.page.focus('.canvas')
    await press('Escape')
    await face.page.focus('.card .foot [aria-label="Tie words to regions"]')
    await press('Enter')
    await face.page.waitForSelector('.words button:focus')
    for (let i = 0; i < 4; i++) await press('ArrowRight')
    await press('Enter') // wren
    await face.page.waitForSelector('.stage .grounding >> text=wren')
    await face.page.click('[data-name=regions]')
    await face.page.focus('.line:has-text("wren") .plain')
    await press('Enter')
    await face.saved()
    expect(spans().map((s) => [face.content().captions[0]!.text.slice(s.start, s.end), s.regions])).toEqual([
      ['robin', [1]],
      ['wren', [2]],
    ])
    await face.page.click('.stage .grounding >> text=Done')
  })

  it('counts tokens against the limit of the model in the box, and marks what it does not read', async () => {
    await face.page.click('[data-name=captions]')
    await face.page.waitForSelector('.card .warm >> text=/16 tokens')
    const over = (await face.page.locator('.card .text .over').allTextContents()).join('')
    expect(face.content().captions[0]!.text.endsWith(over)).toBe(true)
    expect(over.length).toBeGreaterThan(10)
  })

  it('accepts and rejects proposals, then approves image after image, by keys', async () => {
    await face.open(2)
    await face.lines(2)
    await press('.') // the topmost proposal
    await face.page.waitForSelector('.line.on >> text=wren')
    await press('Enter')
    await face.page.waitForSelector('.line.on >> text=robin') // the next one is in the hand
    await press('x') // no key of its own here: nothing happens to it
    await face.page.click('[aria-label="Reject the proposal"]')
    await face.lines(1)
    await press('Control+z')
    await face.lines(2)
    await face.page.focus('.canvas')
    await press('.')
    await press('Escape') // the same by its key; afterwards nothing is in the hand, and it only lets go
    await face.lines(1)
    await face.saved()
    expect(face.content(2).regions.map((r) => [r.labelId, r.state])).toEqual([
      [1, 'rejected'],
      [2, 'accepted'],
    ])
    await press('x') // the crosshair is off again
    await press('Shift+V')
    await face.page.waitForSelector('.review')
    expect(await findings()).toEqual([])
    await press('Enter')
    await face.page.waitForFunction(() => document.querySelector('strong.name')?.textContent === 'bird 3.png')
    await press('Shift+Backspace')
    await face.page.keyboard.type('the owl is a buzzard')
    await press('Enter')
    await face.page.waitForFunction(() => document.querySelector('strong.name')?.textContent === 'bird 4.png')
    await face.saved()
    expect([face.content(2).media.review, face.content(3).media.review]).toEqual(['approved', 'rejected'])
    expect(face.content(3).comments.map((c) => c.text)).toEqual(['the owl is a buzzard'])
    await press('Shift+V')
  })

  it('changes several images at once, as one change', async () => {
    await face.open(3)
    await face.page
      .locator('.strip [role=option]')
      .nth(3)
      .click({ modifiers: ['Control'] })
    await face.page.focus('.canvas')
    await press('Control+e')
    await face.page.waitForSelector('.bulk')
    expect(await findings()).toEqual([])
    await face.page.fill('.bulk [aria-label="Set attributes"]', 'blurred, age = 3')
    await face.page.click('.bulk .field:has-text("Split") .n-base-selection')
    await face.page.click('.n-base-select-option >> text=val')
    await face.page.click('.bulk .field:has-text("Add tags") .n-base-selection')
    await face.page.keyboard.type('dusk')
    await press('Enter')
    await press('Escape')
    await face.page.click('.bulk button:has-text("Change 2 images")')
    await face.saved()
    expect([3, 4].map((id) => [face.content(id).media.split, face.content(id).tags])).toEqual([
      ['val', ['dusk']],
      ['val', ['dusk']],
    ])
    expect(face.content(3).regions[0]!.attributes).toEqual({ blurred: true, age: 3 })
    await face.page.click('.n-message button')
    await expect
      .poll(() => [3, 4].map((id) => [face.content(id).media.split, face.content(id).tags]))
      .toEqual([
        ['train', []],
        [null, []],
      ])
    expect(face.content(3).regions[0]!.attributes).toEqual({})
  })

  it('filters the film strip', async () => {
    await face.page.click('.strip [aria-label="Choose no image"]')
    await face.page.click('[data-filter]')
    await face.page.waitForSelector('.filters')
    expect(await findings()).toEqual([])
    await face.page.click('.filters >> text=Unlabelled')
    await face.page.waitForFunction(() => document.querySelectorAll('.strip [role=option]').length === 1)
    await face.page.click('.filters >> text=Clear filters')
    await face.page.waitForFunction(() => document.querySelectorAll('.strip [role=option]').length === 4)
    await press('Escape')
  })

  it('two fingers zoom in the middle of a polygon, which goes on under one', async () => {
    await face.open(4)
    await press('p')
    const touch = await face.context.newCDPSession(face.page)
    const send = (type: string, ...points: { x: number; y: number }[]) =>
      touch.send('Input.dispatchTouchEvent', { type: type as 'touchStart', touchPoints: points.map((p, id) => ({ ...p, id })) })
    const tap = async (x: number, y: number) => {
      await send('touchStart', await face.at(x, y))
      await send('touchEnd')
    }
    const zoom = () =>
      face.page
        .locator('.status .number')
        .last()
        .evaluate((e) => Number(/\d+/.exec(e.previousElementSibling?.textContent ?? '')?.[0]))
    await tap(0.3, 0.3)
    await tap(0.6, 0.3)
    const before = await zoom()
    const [a, b] = [await face.at(0.45, 0.5), await face.at(0.55, 0.5)]
    await send('touchStart', a)
    await send('touchStart', a, b)
    for (let i = 1; i <= 5; i++) await send('touchMove', { x: a.x - 8 * i, y: a.y }, { x: b.x + 8 * i, y: b.y })
    await send('touchEnd', { x: a.x - 40, y: a.y })
    await send('touchEnd')
    expect(await zoom()).toBeGreaterThan(before * 1.3)
    await tap(0.55, 0.7)
    await press('Enter')
    await face.lines(1)
    await face.saved()
    const { shape } = face.content(4).regions[0]!
    expect(shape.kind === 'polygon' && shape.parts[0]![0]!.length).toBe(6)
  })

  it('undoes and does again after the program was started anew', async () => {
    await face.kill()
    await face.revive()
    await face.open(4)
    await face.lines(1)
    await press('Control+z')
    await face.lines(0)
    await press('Control+y')
    await face.lines(1)
  })

  it('is free of serious findings in the dark, with regions selected and every tab', async () => {
    await face.page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    await face.open(1)
    await press('Control+a')
    await face.page.waitForSelector('.hands')
    for (const tab of ['regions', 'captions', 'image', 'history']) {
      await face.page.click(`[data-name=${tab}]`)
      expect(await findings(), tab).toEqual([])
    }
    expect(face.errors.filter((e) => !/WebSocket|Failed to load resource|ERR_/.test(e))).toEqual([])
  })
})
