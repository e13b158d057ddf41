/** Many runs at once in real Chromium: one line in the status bar, a list behind it, and each leaves the queue as soon as it is cancelled. */
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { listRuns } from '../../src-main/app/projects/index.ts'
import { appForTests } from './app-for-tests.ts'
import { canRun, findings } from './browser.ts'
import { birds, type SmallProject } from './project.ts'

describe.skipIf(!canRun)('running and queued jobs', () => {
  const app = appForTests()
  let project: SmallProject
  let page: Page
  const fill = async (label: string, text: string) => {
    const field = page.locator('main').getByLabel(label, { exact: true })
    await field.click()
    await field.press('Control+a')
    await field.pressSequentially(text)
    await field.press('Tab')
  }
  const line = (text: string) =>
    page.waitForFunction((text) => document.querySelector('footer [data-jobs]')?.textContent?.includes(text), text, { polling: 50 })
  const statusOf = (name: string) => project.read((p) => listRuns(p).find((r) => r.settings['name'] === name)?.status)

  beforeAll(async () => {
    project = app.keep(await birds(6, (i) => ({ split: i < 4 ? 'train' : 'val', labels: [{ label: i % 2 ? 'wren' : 'robin' }] })))
    page = await app.open({ project: project.folder })
    await page.waitForSelector('[role=option] img')
    await page.keyboard.press('Alt+3')
    await page.waitForSelector('main [data-recipe] >> text=Linear probe') // the recipes have come
    await page.locator('main [data-recipe]').click()
    await page.locator('.n-base-select-option', { hasText: /^Full fine-tuning$/ }).click()
  })

  it('marks an invalid number in its field, and keeps it as typed', async () => {
    await fill('Learning rate', '-5')
    await page.waitForSelector('.number-field .wrong >> text=more than 0')
    const field = page.locator('main').getByLabel('Learning rate', { exact: true })
    expect([await field.inputValue(), await field.getAttribute('aria-invalid')]).toEqual(['-5', 'true'])
    expect(await findings(page)).toEqual([])
    await page.locator('main [data-start]').click()
    expect(await page.innerText('main [role=alert]')).toMatch(/^recipe ft: lr: /)
    expect(project.read((p) => listRuns(p))).toEqual([])
    await fill('Learning rate', '0.0001')
    await page.waitForSelector('.number-field .wrong', { state: 'detached' })
    await fill('Epochs', '2.5')
    await page.waitForSelector('.number-field .wrong >> text=a whole number')
    await fill('Epochs', '10000')
  })

  it('is one line for six runs, and leaves the rest of the bar in place', async () => {
    for (let n = 1; n <= 6; n++) {
      await fill('Name', `run ${n}`)
      await page.locator('main [data-start]').click()
      await page.waitForSelector(`[data-run="run ${n}"]`)
    }
    await line('1 running, 5 queued')
    const bar = (await page.locator('footer').boundingBox())!
    expect(await page.evaluate(() => document.querySelector('footer')!.scrollWidth - document.querySelector('footer')!.clientWidth)).toBe(0)
    for (const text of ['All changes saved', '6 images', 'Dataset']) {
      const box = (await page.locator(`footer >> text=${text}`).boundingBox())!
      expect(box.x).toBeGreaterThanOrEqual(bar.x)
      expect(box.x + box.width).toBeLessThanOrEqual(bar.x + bar.width)
    }
    expect(await page.locator('footer .turning').count()).toBe(1)
    await page.click('footer [data-jobs]')
    await page.waitForSelector('[data-job="run 6"][data-queued]')
    expect(await page.locator('[data-job]').count()).toBe(6)
    expect(await page.locator('[data-job][data-queued]').count()).toBe(5)
    expect(await findings(page)).toEqual([])
  })

  it('removes a cancelled job from the queue immediately', async () => {
    await page.click('[data-job="run 4"] [title=Cancel]')
    await page.waitForSelector('[data-run="run 4"][data-status=cancelled]')
    await line('1 running, 4 queued')
    expect([statusOf('run 4'), statusOf('run 1')]).toEqual(['cancelled', 'running'])
    // From the table too.
    await page.keyboard.press('Escape')
    await page.click('[data-run="run 3"] [aria-label="Cancel run 3"]')
    await page.waitForSelector('[data-run="run 3"][data-status=cancelled]')
    await line('1 running, 3 queued')
  })

  it('renames a run that was cancelled before it began when it is restarted', async () => {
    await page.click('[data-run="run 4"] [aria-label="Restart run 4"]')
    await page.waitForSelector('[data-run="run 4 2"]')
    await line('1 running, 4 queued')
  })

  it('shows a resumed run as the one that continues it, at its old address too', async () => {
    await page.click('[data-run="run 1"] .name')
    await page.waitForSelector('[data-current-run="run 1"] [role=status] >> text=/training · step \\d+ of/')
    await page.waitForFunction(() => /#\/train\/./.test(location.hash), undefined, { polling: 50 })
    const before = page.url()
    await page.click('[data-current-run="run 1"] [data-cancel]')
    await page.waitForSelector('[data-run="run 1"][data-status=cancelled]')
    await page.click('[data-current-run="run 1"] [data-again] >> text=Resume')
    await page.waitForSelector('[data-current-run="run 1"] [data-cancel]')
    expect(await page.locator('[data-run="run 1"]').count()).toBe(1)
    await page.goto(before)
    await page.reload()
    await page.waitForSelector('[data-current-run="run 1"] [data-cancel]')
  })

  it('cancels all of them together', async () => {
    if (!(await page.locator('[data-job]').count())) await page.click('footer [data-jobs]')
    await page.click('text=Cancel all')
    await page.waitForSelector('footer [data-jobs]', { state: 'detached' })
    await page.waitForFunction(() =>
      [...document.querySelectorAll('[data-run]')].every((r) => (r as HTMLElement).dataset['status'] === 'cancelled'),
    )
    expect(app.errors).toEqual([])
  })
})
