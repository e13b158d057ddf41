/** What models propose, judged one by one; captions and prompts, tried out: in real Chromium, with the model in the box. */
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Author } from '#shared/model/author.ts'
import { imageContent, listLabels } from '../../src-main/app/projects/index.ts'
import { appForTests } from './app-for-tests.ts'
import { canRun, findings, settled } from './browser.ts'
import { birds, type SmallProject } from './project.ts'

const by = (score: number): { author: Author; state: 'proposed' } => ({
  author: { kind: 'checkpoint', checkpoint: '/models/owl', score },
  state: 'proposed',
})
const box = (x: number) => ({ kind: 'box' as const, x, y: 60, w: 90, h: 100 })
const ring = (x: number) => ({ kind: 'polygon' as const, parts: [[[x, 60, x + 90, 60, x + 90, 160, x, 160]]] })

describe.skipIf(!canRun)('what models propose', () => {
  const app = appForTests()
  let project: SmallProject
  let page: Page
  const content = (id: number) => project.read((p) => imageContent(p, id))
  const states = () => project.read((p) => [1, 2].flatMap((id) => imageContent(p, id).regions.map((r) => r.state)))
  const until = async <T>(read: () => T, wanted: T) => expect.poll(read, { timeout: 20_000 }).toEqual(wanted)
  const opened = (name: string) => page.waitForSelector(`main strong.name >> text=${name}`)
  const left = (n: number) => page.waitForSelector(`[data-queue-left] >> text=${n} left`)
  /** A picture of the page, to be looked at. */
  const shoot = async (name: string) => {
    const folder = process.env['DASHI_SHOTS']
    for (const colorScheme of folder ? (['dark', 'light'] as const) : []) {
      await page.emulateMedia({ colorScheme })
      await page.waitForTimeout(500)
      await page.screenshot({ path: `${folder}/${name}-${colorScheme}.png` })
    }
  }

  beforeAll(async () => {
    project = app.keep(
      await birds(6, (i) => ({
        regions:
          i < 2
            ? [
                { label: 'robin', shape: box(20), ...by(i ? 0.45 : 0.95) },
                { label: 'wren', shape: box(200), ...by(i ? 0.7 : 0.52) },
              ]
            : [{ label: i < 4 ? 'robin' : 'wren', shape: ring(20 + 30 * i) }],
        captions:
          i < 3
            ? []
            : [{ text: ['a robin sits on a branch', 'Two wrens in the grass', 'A robin sits on a branch.'][i - 3]!, language: 'en' }],
      })),
    )
    page = await app.open({ project: project.folder })
    await page.waitForSelector('[role=option] img')
  })

  it('are judged in the order of uncertainty, one key each, and each verdict is one undo', async () => {
    await page.click('[data-tool=review]')
    await page.click('[data-begin-queue]')
    // Distances from 0.5: 0.02, 0.05, 0.2, 0.45.
    await opened('bird 0.png')
    await left(4)
    await page.waitForSelector('.queue >> text=52.0%')
    await shoot('queue')
    await page.locator('[role=application]').focus()
    await page.keyboard.press('Enter')
    await opened('bird 1.png')
    await left(3)
    await page.waitForSelector('.queue >> text=45.0%')
    await settled(page)
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('Escape')
    await page.waitForSelector('.queue >> text=70.0%')
    await until(states, ['proposed', 'accepted', 'rejected', 'proposed'])
    await page.keyboard.press('1') // a robin, not a wren
    await opened('bird 0.png')
    await left(1)
    await until(states, ['proposed', 'accepted', 'rejected', 'accepted'])
    expect(content(2).regions.map((r) => r.labelId)).toEqual([1, 1])
    // Undo goes back to where the verdict was given.
    await page.keyboard.press('Control+z')
    await opened('bird 1.png')
    await until(states, ['proposed', 'accepted', 'rejected', 'proposed'])
    await left(2)
    expect(content(2).regions.map((r) => r.labelId)).toEqual([1, 2])
  })

  it('captions of other images are suggested, and a number takes one', async () => {
    await page.click('.n-tabs-tab >> text=Captions')
    await page.click('[data-suggest-captions]')
    await page.waitForSelector('[data-suggestion]')
    expect(await page.locator('[data-suggestion]').count()).toBe(2) // two say the same
    const second = await page.innerText('[data-suggestion] >> nth=1 >> .text')
    await page.waitForSelector('[data-suggestion] >> nth=0')
    await page.locator('[data-suggestion]').first().focus()
    await settled(page)
    expect(await findings(page)).toEqual([])
    await shoot('captions')
    await page.keyboard.press('2')
    const here = await page.innerText('main strong.name')
    const id = Number(/\d+/.exec(here)![0]) + 1
    await until(() => content(id).captions.map((c) => [c.text, c.state, c.author.kind]), [[second, 'accepted', 'person']])
    await expect.poll(() => page.locator('[data-suggestion]').count()).toBe(1)
    await page.keyboard.press('Control+z')
    await until(() => content(id).captions, [])
  })

  it('prompts are compared on labelled images, and the best are saved', async () => {
    await page.keyboard.press('Control+k')
    await page.keyboard.type('compare prompts')
    await page.keyboard.press('Enter')
    await page.waitForSelector('[data-compare-prompts]')
    expect(await page.locator('[data-set]').count()).toBe(2)
    await page.click('[data-compare-prompts]')
    await page.waitForSelector('[data-set="2"] .main >> text=/%/')
    await page.waitForSelector('text=2 images with the label, 2 without')
    await settled(page)
    expect(await findings(page)).toEqual([])
    // From now on, what is edited is measured.
    await page.click('[data-set="2"] button[aria-label^="Set 2: Words"]')
    await page.keyboard.type('blue square')
    await page.keyboard.press('Enter')
    await page.waitForSelector('.images .image')
    await settled(page)
    expect(await findings(page)).toEqual([])
    await shoot('lab')
    await page.click('[data-save="2"]')
    const prompts = () => project.read((p) => listLabels(p).find((l) => l.name === 'wren')!.prompts)
    await until(prompts, ['wren', 'blue square', 'a photo of a {}', 'a picture of a {}', 'a drawing of a {}'])
    await page.waitForSelector('[data-set="2"] >> text=in use')
  })

  it('logs no errors', () => expect(app.errors).toEqual([]))
})
