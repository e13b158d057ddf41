/** What runs gained and forgot, in real Chromium: the table's column, the run's page, its warning with milder ways; and the order of words in Compare. */
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Knowledge } from '#shared/model/knowledge.ts'
import { openProject, startRun, updateRun } from '../../src-main/app/projects/index.ts'
import { appForTests } from './app-for-tests.ts'
import { canRun, findings, settled } from './browser.ts'
import { birds } from './project.ts'

const forgot: Knowledge = {
  kind: 'measured',
  gain: { split: 'test', n: 120, before: 0.31, after: 0.742, change: 0.432, interval: [0.34, 0.52] },
  outside: { of: 'pictographs', classes: 64, n: 256, before: 0.613, after: 0.402, change: -0.211, interval: [-0.27, -0.15] },
  texts: { n: 40, before: 0.325, after: 0.3, change: -0.025, interval: [-0.13, 0.08] },
  images: { n: 40, before: 0.35, after: 0.35, change: 0, interval: [-0.1, 0.1] },
}

describe.skipIf(!canRun)('knowledge kept', () => {
  const app = appForTests()
  let page: Page
  /** Where a person who looks wants pictures of it. */
  const look = process.env['LOOK']
  const shot = async (name: string) => {
    if (!look) return
    for (const [scheme, width, height] of [
      ['light', 1280, 800],
      ['dark', 1280, 800],
      ['light', 1920, 1080],
      ['dark', 1920, 1080],
    ] as const) {
      await page.emulateMedia({ colorScheme: scheme })
      await page.setViewportSize({ width, height })
      await settled(page)
      await page.screenshot({ path: join(look, `${name}-${scheme}-${width}.png`) })
    }
    await page.emulateMedia({ colorScheme: 'light' })
    await page.setViewportSize({ width: 1280, height: 800 })
  }

  beforeAll(async () => {
    const box = (x: number) => ({ label: 'robin', shape: { kind: 'box' as const, x, y: 20, w: 40, h: 40 } })
    const project = app.keep(
      await birds(12, (i) => {
        const text = i % 8 < 4 ? 'a robin above a wren' : 'a wren above a robin'
        const at = text.indexOf(' above ')
        const spans = [
          { start: 0, end: at, regions: [0] },
          { start: at + 7, end: text.length, regions: [1] },
        ]
        return {
          ...{ split: ['train', 'train', 'val', 'test'][i % 4], labels: [{ label: i % 3 ? 'wren' : 'robin' }] },
          ...{ regions: [box(10), box(90)], captions: [{ text, language: 'en', spans }] },
        }
      }),
    )
    const opened = openProject(project.folder)
    // As many splits as the sample has, with what was kept.
    const splits = { id: 0.575, ood: 0.17, heldOut: 0.598, val: 0.551, corrupted: 0.441, train: 1 }
    const add = (name: string, recipe: string, knowledge: Knowledge | undefined, test: number) => {
      const run = startRun(opened, { kind: 'train', recipe, settings: { name }, folder: `checkpoints/${name}`, status: 'queued' })
      updateRun(opened, run.id, {
        status: 'done',
        metrics: { ...splits, test, steps: 3, loss: [3, 2, 1], seconds: 12, ...(knowledge && { knowledge }) },
      })
    }
    add('Older', 'lp-ft', undefined, 0.6)
    add('Sweep 1e-5 strong of a longer name', 'lp-ft', undefined, 0.6)
    add('Probe', 'lp', { kind: 'unchanged' }, 0.55)
    add('Mild', 'lora', { kind: 'measured', outside: { ...forgot.outside!, after: 0.63, change: 0.017, interval: [-0.02, 0.05] } }, 0.7)
    add('Gone', 'vpt', { kind: 'failed', problem: 'a.png: no such file' }, 0.5)
    add('Tuned', 'ft', forgot, 0.742)
    opened.close()
    page = await app.open({ project: project.folder })
    await page.waitForSelector('[role=option] img')
    await page.keyboard.press('Alt+3')
    await page.waitForSelector('[data-run=Tuned]')
  })

  it('is a column of the table: points, nothing of earlier runs, and a mark where much was forgotten', async () => {
    const cell = (run: string) => page.innerText(`[data-run=${run}] td.kept`)
    expect(await Promise.all(['Tuned', 'Mild', 'Probe', 'Older', 'Gone'].map(cell))).toEqual(['−21.1', '+1.7', 'unchanged', '–', '–'])
    expect(await page.locator('[data-run] td.kept [aria-label="much was forgotten"]').count()).toBe(1)
    await page.click('th >> text=Kept')
    expect(await page.locator('[data-run]').evaluateAll((rows) => rows.map((r) => r.getAttribute('data-run')).slice(0, 3))).toEqual([
      'Mild',
      'Probe',
      'Tuned',
    ])
  })

  it('leaves room for the time at which a run was started, on a small screen with as many splits as the sample has', async () => {
    const table = page.getByRole('region', { name: 'Runs' })
    await table.scrollIntoViewIfNeeded()
    await shot('table')
    expect(await page.locator('[data-run=Tuned] td').count()).toBe(14)
    expect(await table.evaluate((frame) => frame.scrollWidth - frame.clientWidth)).toBe(0)
  })

  it('stands on the run’s page beside the gain, with a warning that leads to milder ways', async () => {
    await page.click('[data-run=Tuned] .name a')
    await page.waitForSelector('[data-current-run=Tuned] [data-kept-of=outside]')
    const row = async (of: string) => (await page.innerText(`[data-kept-of=${of}]`)).split('\t')
    expect(await row('gain')).toEqual(['This task: test', '120', '31.0%', '74.2%', '+43.2', '+34.0 … +52.0'])
    expect(await row('outside')).toEqual(['64 other things, as pictographs', '256', '61.3%', '40.2%', '−21.1', '−27.0 … −15.0'])
    await shot('kept')
    expect(await findings(page)).toEqual([])
    await page.click('[data-milder=lora]')
    await page.waitForSelector('main [data-recipe] >> text=LoRA')
    await page.click('[data-run=Mild] .name a')
    await page.waitForSelector('[data-current-run=Mild] [data-kept-of=outside]')
    expect(await page.locator('[data-forgot]').count()).toBe(0)
    await page.click('[data-run=Probe] .name a')
    await page.waitForSelector('[data-current-run=Probe] [data-kept] >> text=Nothing can be forgotten')
    await page.click('[data-run=Gone] .name a')
    await page.waitForSelector('[data-current-run=Gone] [data-kept] >> text=no such file')
  })

  it('is not measured where the form says so', async () => {
    if (!(await page.locator('[data-forgetting]').isVisible())) await page.click('[data-group=data] summary')
    await page.click('[data-forgetting]')
    await page.waitForSelector('[data-forgetting][aria-checked=false]')
    await page.click('[data-all-data]')
    await page.waitForSelector('[data-forgetting][aria-checked=true]')
  })

  it('the order of words is compared by captions with tied phrases', async () => {
    await page.click('main [data-recipe]')
    await page.locator('.n-base-select-option', { hasText: /^Zero-shot$/ }).click()
    await page.locator('main').getByLabel('Name', { exact: true }).fill('Zero')
    await page.locator('main [data-start]').click()
    await page.waitForSelector('[data-run=Zero][data-status=done]')
    await page.keyboard.press('Alt+4')
    await page.locator('main [data-model=Nano]').click()
    await page.locator('main [data-model=Zero]').click()
    await page.click('main [data-task]')
    await page.locator('.n-base-select-option', { hasText: 'order of words' }).click()
    await page.locator('main [data-start]').click()
    await page.waitForSelector('[data-word-order] [data-row=Nano]')
    expect(await page.innerText('[data-word-order]')).toContain('By chance')
    await shot('order')
    expect(await findings(page)).toEqual([])
    await page.reload()
    await page.waitForSelector('[data-word-order] [data-row=Nano]')
    expect(app.errors).toEqual([])
  })
})
