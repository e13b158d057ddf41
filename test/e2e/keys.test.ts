/**
 * The common jobs of a day really played against the running program, each gesture counted, and what came of it looked up in the
 * database. Ours is never more than the best documented way of any rival (keys/rivals.ts); docs/keys.md is the table.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addLabels } from '../../src-main/app/annotations/index.ts'
import { addRecords, createProject, imageContent, openProject, projectInfo, type Project } from '../../src-main/app/projects/index.ts'
import { programRoot } from '../../src-main/program.ts'
import { canRun, launch, newContext, newHome, openPage, patience, serve, transport, type Home, type Server } from './browser.ts'
import { Hand, total, type Cost } from './keys/hand.ts'
import * as j from './keys/jobs.ts'
import { rivals, totalOf } from './keys/rivals.ts'
import { tableOf } from './keys/table.ts'

const table = join(programRoot, 'docs', 'keys.md')

// What is pressed is the same over either transport.
describe.skipIf(!canRun || transport === 'port')('the common jobs by hand', () => {
  let home: Home
  let parent: string
  let browser: Browser
  const played: Partial<Record<j.Job, Cost>> = {}

  /** The project of a job, open in a window of its own at what `start` names. */
  async function at(job: j.Job, start: 'label' | 'data', play: (hand: Hand, read: <T>(look: (p: Project) => T) => T) => Promise<void>) {
    const folder = join(parent, job)
    mkdirSync(join(folder, 'media'), { recursive: true })
    const picture = await sharp({ create: { ...j.size, channels: 3, background: '#5a7' } })
      .png()
      .toBuffer()
    const names = Array.from({ length: j.imagesOf[job] }, (_, i) => `${String(i).padStart(3, '0')}.png`)
    for (const name of names) writeFileSync(join(folder, 'media', name), picture)
    const project = createProject(folder, { name: job })
    addLabels(
      project,
      (job === 'relabel' ? ['car', 'bus', 'truck'] : j.classes).map((name) => ({ name })),
    )
    addRecords(
      project,
      names.map((fileName, i) => ({ fileName, ...j.size, ...j.recordOf(job, i) })),
    )
    project.close()
    const server: Server = await serve(home, { project: folder })
    let context: BrowserContext | undefined
    try {
      context = await newContext(browser)
      const { page, errors } = await openPage(context, server)
      page.setDefaultTimeout(patience)
      await page.waitForSelector('[role=option] img')
      if (start === 'label') {
        await page.dblclick('[role=option] >> nth=0')
        await shown(page, 0)
      }
      const hand = new Hand(page, j.size)
      await play(hand, (look) => {
        const open = openProject(folder, { readOnly: true })
        try {
          return look(open)
        } finally {
          open.close()
        }
      })
      expect(errors).toEqual([])
      played[job] = hand.cost
    } finally {
      await context?.close()
      await server.close()
    }
  }
  const shown = async (page: Page, i: number) => {
    await page.waitForFunction(
      (name) => document.querySelector('strong.name')?.textContent === name && document.querySelector('.canvas canvas'),
      `${String(i).padStart(3, '0')}.png`,
      { polling: 20 },
    )
  }
  const regionsOf = (p: Project, image: number) => imageContent(p, image + 1).regions.filter((r) => r.state !== 'rejected')
  const eventually = <T>(look: () => T) => expect.poll(look, { timeout: patience, interval: 50 })

  beforeAll(async () => {
    home = newHome()
    parent = mkdtempSync(join(tmpdir(), 'dashi-keys-'))
    browser = await launch()
  })
  afterAll(async () => {
    await browser?.close()
    home?.remove()
    rmSync(parent, { recursive: true, force: true })
  })

  it('classify 100 images', () =>
    at('classify', 'label', async (hand, read) => {
      await hand.press('Shift+L')
      await hand.page.waitForSelector('.classify')
      for (let i = 0; i < 100; i++) {
        await shown(hand.page, i)
        await hand.press(String(j.classOf(i) + 1))
      }
      await eventually(() => read((p) => projectInfo(p).imageLabels)).toBe(100)
      for (let i = 0; i < 100; i++) expect(read((p) => imageContent(p, i + 1).labels.map((l) => l.labelId))).toEqual([j.classOf(i) + 1])
    }))

  it('50 boxes of 3 classes', () =>
    at('boxes', 'label', async (hand, read) => {
      let label = -1
      await hand.press('r')
      for (let i = 0; i < 10; i++) {
        if (i) await hand.press('d')
        await shown(hand.page, i)
        for (const [
          k,
          {
            label: wanted,
            box: [x, y, w, h],
          },
        ] of j.boxesOf(i).entries()) {
          await hand.drag([x, y], [x + w, y + h])
          await eventually(() => hand.page.locator('.list .line').count()).toBe(k + 1)
          // The label of the last box, until this one has another: then the next ones have that too.
          if (wanted !== label) await hand.press(String((label = wanted) + 1))
        }
      }
      await eventually(() => read((p) => projectInfo(p).regions)).toBe(50)
      await eventually(() => read((p) => regionsOf(p, 9).map((r) => r.labelId))).toEqual(j.boxesOf(9).map((b) => b.label + 1))
      for (let i = 0; i < 10; i++)
        for (const [k, { label: wanted, box }] of j.boxesOf(i).entries()) {
          const region = read((p) => regionsOf(p, i)[k]!)
          expect(region.labelId).toBe(wanted + 1)
          expectNear(cornersOf(region.shape), [box[0], box[1], box[0] + box[2], box[1] + box[3]])
        }
    }))

  it('correct 20 proposals', () =>
    at('proposals', 'label', async (hand, read) => {
      for (let i = 0; i < 5; i++) {
        if (i) await hand.press('d')
        await shown(hand.page, i)
        for (const [
          k,
          {
            box: [x, y, w, h],
          },
        ] of j.proposalsOf(i).entries()) {
          const mistake = j.mistakes.get(`${i}:${k}`)
          if (!mistake) continue
          if (mistake.kind === 'corner') await hand.drag([x + w, y + h], mistake.to)
          else {
            await hand.point(x + w / 2, y + h / 2)
            await hand.press(mistake.kind === 'label' ? String(mistake.label + 1) : 'Delete')
          }
        }
      }
      await hand.press('Control+Shift+Enter')
      await eventually(() => read((p) => p.db.value(`SELECT count(*) FROM region WHERE state = 'proposed'`))).toBe(0)
      for (let i = 0; i < 5; i++) {
        const wanted = j.proposalsOf(i).flatMap(({ label, box: [x, y, w, h] }, k) => {
          const mistake = j.mistakes.get(`${i}:${k}`)
          if (mistake?.kind === 'nothing') return []
          const to = mistake?.kind === 'corner' ? mistake.to : [x + w, y + h]
          return [{ labelId: 1 + (mistake?.kind === 'label' ? mistake.label : label), corners: [x, y, ...to] }]
        })
        const there = read((p) => regionsOf(p, i))
        expect(there.map((r) => [r.labelId, r.state])).toEqual(wanted.map((w) => [w.labelId, 'accepted']))
        there.forEach((r, k) => expectNear(cornersOf(r.shape), wanted[k]!.corners))
      }
    }))

  it('caption 20 images with grounding', () =>
    at('captions', 'label', async (hand, read) => {
      await hand.press('c')
      for (let i = 0; i < 20; i++) {
        await shown(hand.page, i)
        const { text, words } = j.captionOf(i)
        const field = hand.page.locator('[data-draft] textarea')
        await field.waitFor()
        await eventually(() => field.evaluate((e) => e === document.activeElement)).toBe(true)
        await hand.type(text)
        if (words === 'dog') {
          await hand.page.waitForSelector('.tie[aria-pressed=true] >> text=dog')
          await hand.press('Control+Enter')
          continue
        }
        await hand.press('Enter')
        await field.waitFor({ state: 'detached' })
        await hand.page.waitForSelector('[role=status] >> text=All changes saved')
        const spot = await hand.page.locator('.card .text').evaluate((p, words) => {
          const walk = document.createTreeWalker(p, NodeFilter.SHOW_TEXT)
          for (let node = walk.nextNode(); node; node = walk.nextNode()) {
            const at = node.textContent!.indexOf(words)
            if (at < 0) continue
            const range = document.createRange()
            range.setStart(node, at)
            range.setEnd(node, at + words.length)
            const box = range.getBoundingClientRect()
            return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
          }
          return null
        }, words)
        hand.cost.clicks++
        await hand.page.mouse.click(spot!.x, spot!.y)
        await hand.page.waitForSelector('.grounding .numbers')
        await hand.press('1')
        await hand.page.waitForSelector('.numbers [aria-pressed=true]')
        await hand.press('Control+Enter')
      }
      await eventually(() => read((p) => projectInfo(p).captions)).toBe(20)
      await eventually(() => read((p) => imageContent(p, 20).captions[0]!.spans.length)).toBe(1)
      for (let i = 0; i < 20; i++) {
        const { text, words } = j.captionOf(i)
        const { captions, regions } = read((p) => imageContent(p, i + 1))
        const start = text.indexOf(words)
        expect(captions).toMatchObject([{ text, spans: [{ start, end: start + words.length, regions: [regions[0]!.id] }] }])
      }
    }))

  it('fix 10 polygons', () =>
    at('polygons', 'label', async (hand, read) => {
      for (let i = 0; i < 2; i++) {
        if (i) await hand.press('d')
        await shown(hand.page, i)
        for (let k = 0; k < 5; k++) {
          const { x, y } = j.polygonAt(k)
          await hand.drag([x + 72, y + 74], [x + 60, y + 60])
          await hand.drag([x + 30, y], [x + 30, y - 24])
          await hand.clickAt(x - 8, y + 24, 'Alt')
        }
      }
      const pointsOf = (p: Project, i: number, k: number) => {
        const { shape } = regionsOf(p, i)[k]!
        return shape.kind === 'polygon' ? shape.parts[0]![0]! : []
      }
      await eventually(() => read((p) => pointsOf(p, 1, 4).length)).toBe(10)
      for (let i = 0; i < 2; i++)
        for (let k = 0; k < 5; k++)
          expectNear(
            read((p) => pointsOf(p, i, k)),
            j.mended(j.polygonAt(k)),
          )
    }))

  it('find and relabel all "car" that are "truck"', () =>
    at('relabel', 'data', async (hand, read) => {
      await hand.click(hand.page.locator('.facets .facet', { hasText: 'car' }).first())
      await hand.page.waitForSelector('.facets .facet[aria-pressed=true]')
      for (const [k, image] of j.trucks.entries()) {
        const card = hand.page.locator('[role=option]', { hasText: `${String(image).padStart(3, '0')}.png` })
        await card.scrollIntoViewIfNeeded()
        await hand.click(card, k ? { modifiers: ['Control'] } : {})
      }
      await hand.press('Shift+R')
      await eventually(() => hand.page.locator('.relabel input[role=combobox]').evaluate((e) => e === document.activeElement)).toBe(true)
      await hand.type('t')
      await hand.press('Enter')
      await eventually(() => read((p) => p.db.value('SELECT count(*) FROM region WHERE label_id = 3'))).toBe(12)
      const are = read((p) => Array.from({ length: 30 }, (_, i) => regionsOf(p, i)[0]!.labelId))
      expect(are).toEqual(are.map((_, i) => (j.trucks.includes(i) ? 3 : 1)))
    }))

  it('split and export', () =>
    at('export', 'data', async (hand, read) => {
      await hand.press('Control+k')
      await hand.type('au')
      await hand.page.waitForSelector('.entry[aria-selected=true] >> text=Auto-split')
      await hand.press('Enter')
      await eventually(() => read((p) => p.db.value('SELECT count(*) FROM media WHERE split IS NOT NULL'))).toBe(30)
      await hand.press('Control+Shift+X')
      await eventually(() => hand.page.evaluate(() => document.activeElement?.textContent?.trim())).toBe('Start')
      await hand.press('Enter')
      const written = () => readdirSync(parent).filter((name) => name.startsWith('export-coco'))
      await eventually(() => written().length).toBe(1)
      await hand.page.waitForSelector('text=/files? written/')
      const splits = read((p) => p.db.all<{ split: string; n: number }>('SELECT split, count(*) AS n FROM media GROUP BY 1 ORDER BY 1'))
      expect(splits).toEqual([
        { split: 'test', n: 3 },
        { split: 'train', n: 24 },
        { split: 'val', n: 3 },
      ])
      expect(readdirSync(join(parent, written()[0]!)).length).toBeGreaterThan(0)
    }))

  it('never takes more than the best documented way of any rival, and the table says so', () => {
    expect(Object.keys(played)).toEqual([...j.jobs])
    for (const job of j.jobs)
      for (const rival of rivals) {
        const theirs = totalOf(rival.jobs[job])
        if (theirs !== null) expect(total(played[job]!), `${job}: ours and ${rival.name}’s`).toBeLessThanOrEqual(theirs)
      }
    const now = tableOf(played as Record<j.Job, Cost>)
    console.log(now)
    if (process.env['DASHI_WRITE_KEYS']) writeFileSync(table, now)
    expect(existsSync(table) && readFileSync(table, 'utf8'), 'docs/keys.md: npm run keys writes it anew').toBe(now)
  })
})

function cornersOf(shape: { kind: string; x?: number; y?: number; w?: number; h?: number }): number[] {
  return [shape.x!, shape.y!, shape.x! + shape.w!, shape.y! + shape.h!]
}
/** Within a pixel of the image. */
function expectNear(are: readonly number[], wanted: readonly number[]): void {
  expect(are.length).toBe(wanted.length)
  are.forEach((v, i) =>
    expect(Math.abs(v - wanted[i]!), `${are.map((n) => n.toFixed(1)).join(' ')} for ${wanted.join(' ')}`).toBeLessThanOrEqual(1),
  )
}
