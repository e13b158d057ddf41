/** Settings: the devices with their self-check and benchmark, and what computes. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { canRun, findings, newHome, serve, settled, visit, type Home } from './browser.ts'
import { birds } from './project.ts'

describe.skipIf(!canRun)('settings', () => {
  const ends: (() => unknown)[] = []
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end()
  })
  const screens = process.env['SCREENS']
  async function shot(page: Page, name: string): Promise<void> {
    if (!screens) return
    for (const [width, height] of [
      [1280, 800],
      [1920, 1080],
    ] as const) {
      await page.setViewportSize({ width, height })
      for (const colorScheme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme })
        await settled(page)
        await page.screenshot({ path: join(screens, `${name}-${width}-${colorScheme}.png`) })
      }
    }
    await page.emulateMedia({ colorScheme: 'light' })
    await page.setViewportSize({ width: 1280, height: 800 })
  }
  async function started(settings: object = {}): Promise<{ page: Page; home: Home; browser: Browser }> {
    const project = await birds(2)
    const home = newHome()
    ends.push(() => home.remove())
    ends.push(() => project.remove())
    mkdirSync(home.configFolder, { recursive: true })
    writeFileSync(join(home.configFolder, 'preferences.json'), JSON.stringify({ settings, recent: [] }))
    const server = await serve(home, { project: project.folder })
    ends.push(() => server.close())
    const { page, browser } = await visit(server)
    ends.push(() => browser.close())
    await page.waitForSelector('.grid [role=option]')
    return { page, home, browser }
  }
  async function open(page: Page, tab = /^(Devices|デバイス)$/): Promise<void> {
    await page.keyboard.press('Control+,')
    await page.locator('[role=dialog] .n-tabs-tab').filter({ hasText: tab }).click()
  }
  const saved = (home: Home) =>
    (JSON.parse(readFileSync(join(home.configFolder, 'preferences.json'), 'utf8')) as { settings: unknown }).settings

  it('lists what is there, checks it, and cancels a benchmark', async () => {
    const { page } = await started()
    await open(page)
    await page.waitForSelector('[data-device=cpu] >> text=the reference')
    await page.waitForSelector('[data-last] >> text=Not checked yet')
    expect(await page.textContent('[data-machine]')).toMatch(/ cores? · .* memory · .* · onnxruntime 1\./)
    await page.waitForSelector('dl >> text=Part of Windows only')
    expect((await settled(page), await findings(page))).toEqual([])
    await shot(page, 'devices-new')
    await page.getByRole('button', { name: 'Benchmark' }).click()
    await page.waitForSelector('.act [role=status]')
    await shot(page, 'devices-running')
    await page.getByRole('button', { name: 'Cancel', exact: true }).click()
    await page.getByRole('button', { name: 'Self-check' }).click()
    await page.waitForSelector('[data-last] >> text=Checked')
    expect(await page.locator('[role=dialog] [role=alert]').count()).toBe(0)
  })

  it('says why a device is not used, and what it needs', async () => {
    vi.stubEnv('VK_ICD_FILENAMES', '/nowhere/icd.json')
    ends.push(() => vi.unstubAllEnvs())
    const { page } = await started({ language: 'ja' })
    await open(page)
    await page.getByRole('button', { name: '検算する' }).click()
    await page.waitForSelector('[data-device=webgpu] >> text=使いません')
    expect(await page.textContent('.why')).toMatch(/webgpu はここでは使えません/)
    expect((await settled(page), await findings(page))).toEqual([])
    await shot(page, 'devices-failed-ja')
  })

  it('keeps the device and the threads that are chosen, and the form of a training begins with them', async () => {
    const { page, home } = await started()
    await open(page)
    await page.waitForSelector('[data-device=cpu]')
    const threads = page.getByLabel('Threads', { exact: true })
    await threads.fill('300')
    await page.waitForSelector('[role=dialog] .wrong')
    await threads.fill('1')
    await page.locator('.devices .n-base-selection').first().click()
    await page.locator('.n-base-select-option', { hasText: 'CPU' }).click()
    await vi.waitFor(() => expect(saved(home)).toMatchObject({ device: 'cpu', threads: 1 }))
    await page.keyboard.press('Escape')
    await page.keyboard.press('Alt+3')
    await page.click('[data-group=run] summary')
    await page.waitForSelector('.side-panel [aria-label=Device] >> text=CPU')
    await page.getByRole('button', { name: 'Devices …' }).click()
    await page.waitForSelector('[role=dialog] [data-device=cpu]')
  })
})
