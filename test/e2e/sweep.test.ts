/** A sweep in real Chromium: started from the form, followed in its table, looked through by keyboard and pointer, and blended. */
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { listRuns } from '../../src-main/app/projects/index.ts'
import { appForTests } from './app-for-tests.ts'
import { canRun, findings, settled, transport } from './browser.ts'
import { birds, type SmallProject } from './project.ts'

describe.skipIf(!canRun || transport === 'port')('a sweep', () => {
  const app = appForTests()
  let project: SmallProject
  let page: Page
  const splits = ['train', 'train', 'train', 'train', 'val', 'heldOut', 'test', 'test']
  const within = (label: string) => page.locator('[data-sweep-form]').getByLabel(label, { exact: true })
  const rows = (done: number) => page.locator(`[data-sweep-row][data-done="${done}"]`)
  async function choose(select: string, option: string): Promise<void> {
    await page.locator(select).click()
    await page.locator('.n-base-select-option', { hasText: new RegExp(`^${option}$`) }).click()
  }

  beforeAll(async () => {
    project = app.keep(await birds(16, (i) => ({ split: splits[Math.floor(i / 2)], labels: [{ label: i % 2 ? 'wren' : 'robin' }] })))
    page = await app.open({ project: project.folder })
    await page.waitForSelector('[role=option] img')
    await page.keyboard.press('Alt+3')
    await page.waitForSelector('main [data-recipe] >> text=Linear probe')
  })

  it('says how many runs it makes, and what is wrong with an axis in one line', async () => {
    await page.locator('main').getByLabel('Values of C', { exact: true }).fill('2')
    await page.click('[data-sweep-form] summary')
    await page.waitForSelector('[data-sweep-form] [data-why] >> text=Give a setting several values')
    expect(await page.locator('[data-start-sweep]').isDisabled()).toBe(true)
    await choose('[data-sweep-form] [data-preset]', 'Few-shot curve')
    await page.waitForSelector('[data-count] >> text=15 runs')
    await within('Values of Shots').fill('1, 2, none')
    await page.waitForSelector('[data-sweep-form] [role=alert] >> text=shots: ')
    expect(await page.locator('[data-start-sweep]').isDisabled()).toBe(true)
    await within('Values of Shots').fill('1, 2, 4')
    await within('Seeds').fill('2')
    await page.waitForSelector('[data-count] >> text=6 runs')
    expect(await page.locator('[data-why]').count()).toBe(0)
    await page.click('[data-sweep-forgetting]')
  })

  it('trains its runs, and shows means and intervals, a curve with its band, and a line a row', async () => {
    await page.click('[data-start-sweep]')
    await page.waitForSelector('[data-sweep] [data-progress] >> text=/\\d of 6 runs done/')
    await page.waitForSelector('[data-sweep] [data-progress] >> text=6 of 6 runs done')
    expect(await rows(2).count()).toBe(3)
    expect(await rows(2).first().innerText()).toMatch(/\d+\.\d ± \d+\.\d/)
    expect(await page.locator('[data-shots-curve] [data-band]').count()).toBe(1)
    expect(await page.locator('[data-parallel] [data-line]').count()).toBe(3)
    const settings = project.read((p) => listRuns(p).map((r) => r.settings))
    expect(settings.map((s) => s['shots'])).toEqual([4, 2, 1, 4, 2, 1])
    expect(settings.map((s) => s['data'])).toEqual(Array(6).fill({ forgetting: false }))
    await page.click('[data-sweep-forgetting]')
  })

  it('is looked through by keyboard: the ends of an axis are moved, Escape shows all again', async () => {
    const handle = page.locator('[data-handle="f:shots low"]')
    await handle.focus()
    expect(await handle.getAttribute('aria-label')).toBe('Shots: from')
    for (let i = 0; i < 2; i++) await page.keyboard.press('PageUp')
    expect(Number(await handle.getAttribute('aria-valuenow'))).toBe(40)
    await page.waitForSelector('[data-kept-rows] >> text=1 of 3 shown')
    expect(await page.locator('[data-sweep-row].faded').count()).toBe(2)
    await page.keyboard.press('Escape')
    await page.waitForSelector('[data-kept-rows]', { state: 'detached' })
    expect(await page.locator('[data-line][data-kept=true]').count()).toBe(3)
  })

  it('and by pointer: a part of an axis is kept by dragging along it', async () => {
    const axis = page.locator('[data-parallel] [data-axis="f:shots"]')
    await axis.scrollIntoViewIfNeeded()
    const box = (await axis.boundingBox())!
    await page.mouse.move(box.x + box.width / 2, box.y + box.height - 2)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width / 2, box.y + 0.7 * box.height, { steps: 3 })
    await page.mouse.up()
    await page.waitForSelector('[data-kept-rows] >> text=1 of 3 shown')
    await page.mouse.click(box.x + box.width / 2, box.y + 20)
    await page.waitForSelector('[data-kept-rows]', { state: 'detached' })
  })

  it('is accessible in both languages and themes', async () => {
    for (const [language, theme] of [
      ['en', 'light'],
      ['ja', 'dark'],
    ] as const) {
      await page.emulateMedia({ colorScheme: theme })
      await page.waitForFunction((t) => document.documentElement.dataset['theme'] === t, theme, { polling: 50 })
      if (language === 'ja') {
        await page.keyboard.press('Control+k')
        await page.waitForSelector('.palette')
        await page.keyboard.type('日本語')
        await page.keyboard.press('Enter')
        await page.waitForFunction(() => document.documentElement.lang === 'ja', undefined, { polling: 50 })
      }
      await settled(page)
      expect(await findings(page)).toEqual([])
      if (process.env['SCREENS']) {
        await page.setViewportSize({ width: 1440, height: 1100 })
        await page.screenshot({ path: join(process.env['SCREENS'], `sweep-${language}.png`) })
      }
    }
  })

  it('leaves the window as high as it is: what does not fit is scrolled to', async () => {
    expect(await page.evaluate(() => document.documentElement.scrollHeight - innerHeight)).toBe(0)
    expect(await page.evaluate(() => scrollY)).toBe(0)
  })

  it('trains on the chosen data, which the form says and the run records', async () => {
    const pick = async (field: string, nth: number) => {
      await page.click(`main ${field}`)
      await page.locator('.n-base-select-option:visible').nth(nth).click()
    }
    await page.click('[data-group=data] summary')
    await pick('[data-role=test]', 3) // not used
    await pick('[data-hold-out]', 1) // near-copies
    await page.waitForSelector('[data-all-data]')
    await page.click('main [data-start]')
    await page.waitForFunction(() => document.querySelectorAll('[data-run][data-status=done]').length === 7, undefined, { polling: 100 })
    const run = project.read((p) => listRuns(p)).find((r) => r.settings['shots'] === undefined)!
    expect(run.settings['data']).toEqual({ test: ['heldOut'], holdOut: 'duplicates' })
    expect(Object.keys(run.metrics)).toContain('heldOut')
    expect(Object.keys(run.metrics)).not.toContain('test')
  })

  it('of which the same is true', async () => {
    await page.fill('[data-sweep-form] [data-axis=shots] .values input', '1, 2') // in Japanese by now, and with two seeds
    await page.waitForSelector('[data-count] >> text=/ 4 /')
    await page.click('[data-start-sweep]')
    await page.waitForFunction(() => document.querySelectorAll('[data-run][data-status=done]').length === 11, undefined, { polling: 100 })
    for (const run of project.read((p) => listRuns(p)).slice(0, 4)) {
      expect(run.settings['data']).toEqual({ test: ['heldOut'], holdOut: 'duplicates' })
      expect(Object.keys(run.metrics)).not.toContain('test')
    }
    await page.click('[data-all-data]')
    await page.waitForSelector('[data-all-data]', { state: 'detached' })
  })

  it('leads to Merge with its models as ingredients', async () => {
    await page.click('[data-blend-sweep]')
    await page.waitForFunction(() => location.hash.startsWith('#/merge'), undefined, { polling: 50 })
    expect(app.errors).toEqual([])
  })
})
