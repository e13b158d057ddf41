/**
 * A folder of photographs with two classes and nothing from elsewhere, in real Chromium: opened → divided as proposed → what is
 * measured is said → probed, tuned → what the probe doubts is relabelled → trained again beside the old run.
 */
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  findMedia,
  imageContent,
  listRuns,
  listSnapshots,
  openProject,
  projectInfo,
  type Project,
} from '../../src-main/app/projects/index.ts'
import { appForTests } from './app-for-tests.ts'
import { canRun, choosing, findings, patience, settled, transport } from './browser.ts'
import { photographs, type Photographs } from './photographs.ts'

describe.skipIf(!canRun || transport === 'port')('photographs of two classes', () => {
  const app = appForTests()
  let taken: Photographs
  let page: Page
  const read = <T>(look: (project: Project) => T): T => {
    const project = openProject(taken.folder, { readOnly: true })
    try {
      return look(project)
    } finally {
      project.close()
    }
  }
  const labelOf = (path: string) =>
    read((p) => {
      const { id } = findMedia(p).find((m) => m.path === path)!
      return imageContent(p, id).labels.filter((l) => l.state === 'accepted')
    })
  const done = (name: string) => page.locator(`[data-run="${name}"][data-status=done]`)
  const main = () => page.locator('main')
  async function fill(label: string, text: string): Promise<void> {
    const field = main().getByLabel(label, { exact: true })
    await field.click()
    await field.press('Control+a')
    await field.pressSequentially(text)
    await field.press('Tab')
  }
  const shot = async (name: string) => {
    if (process.env['SCREENS']) await page.screenshot({ path: join(process.env['SCREENS'], `photographs-${name}.png`) })
  }

  beforeAll(async () => {
    taken = app.keep(await photographs(14, 4))
    page = await app.open()
  })

  it('are labelled by their folders', async () => {
    await choosing(page, app.server, taken.folder, () => page.click('text=Open a folder'))
    await page.waitForSelector('text=Make labels from 2 class folders')
    await page.waitForSelector('[data-set-up]:not([disabled])')
    await page.click('[data-set-up]')
    await page.waitForSelector('[role=option] img')
    await expect.poll(() => read((p) => projectInfo(p).imageLabels), { timeout: patience }).toBe(28)
  })

  it('are divided as proposed, from where training says that this is missing', async () => {
    await page.keyboard.press('Alt+3')
    await page.waitForSelector('text=Put labelled images into the split “train” first.')
    await shot('undivided')
    await page.click('[data-missing]')
    await page.getByRole('switch', { name: 'Only labelled images' }).click()
    await page.getByRole('button', { name: 'Propose' }).click()
    await page.waitForSelector('[data-changes] >> text=28 images would change')
    expect(await page.getByLabel('Share of train in percent').inputValue()).toBe('70') // fewer than usual to learn from, more to choose on
    await page.getByRole('button', { name: /^Apply/ }).click()
    await expect.poll(() => Object.keys(read((p) => projectInfo(p).splits)).sort(), { timeout: patience }).toEqual(['test', 'train', 'val'])
    await page.keyboard.press('Escape')
  })

  it('say before a start what is measured, and what is not', async () => {
    await page.keyboard.press('Alt+3')
    const plan = main().locator('[data-plan]')
    await plan.locator('[data-concern=small-validation]').waitFor()
    await plan.locator('summary').click()
    const said = await plan.innerText()
    expect(said).toMatch(/What is measured is the share of images that get their label\./)
    expect(said).toMatch(/On \d images of “val”, on which settings are chosen too/)
    expect(said).toMatch(/On images that nothing is chosen on: test \(\d\)/)
    expect(said).toMatch(/No images from elsewhere \(split “ood”\)/)
    await settled(page)
    expect(await findings(page)).toEqual([])
    await shot('plan')
  })

  it('are probed, then tuned from there', async () => {
    await fill('Values of C', '5')
    await fill('Name', 'Probe')
    await main().locator('[data-start]').click()
    await done('Probe').waitFor()
    await main().locator('[data-recipe]').click()
    await page.locator('.n-base-select-option', { hasText: /^Linear probe, then fine-tuning$/ }).click()
    await fill('Epochs', '2')
    await fill('Values of C', '3')
    await fill('Name', 'Tuned')
    await main().locator('[data-start]').click()
    await done('Tuned').waitFor()
    const [tuned, probe] = read((p) => listRuns(p))
    for (const run of [probe, tuned]) expect(Object.keys(run!.metrics)).toEqual(expect.arrayContaining(['val', 'test']))
    expect(probe!.metrics).not.toHaveProperty('ood')
  })

  const shown = () => page.locator('strong.name').innerText()
  /** Opens the queue that the dialog offers as it stands, of the run that is shown. */
  async function queue(strategy: string, from: string): Promise<void> {
    await page.keyboard.press('Alt+3')
    await page.click('[data-run=Probe] .name')
    await page.waitForSelector('[data-current-run=Probe]')
    await page.keyboard.press('Shift+W')
    const dialog = page.getByRole('dialog', { name: 'Label what it gets wrong' })
    await dialog.locator('[data-next-start]:not([disabled])').waitFor()
    expect(await dialog.locator('[data-next-strategy]').innerText()).toContain(strategy)
    expect(await dialog.locator('[data-next-filter]').innerText()).toContain(from)
    await shot(`queue-${from.split(' ')[0]}`)
    await dialog.locator('[data-next-start]').press('Enter')
    await page.waitForSelector('.canvas canvas')
    await page.waitForSelector('[role=application]')
    await page.locator('[role=application]').focus()
  }

  it('without a label come first, and Enter takes what the probe says', async () => {
    await queue('ncertain', 'images without a label')
    for (let i = 0; i < 4; i++) {
      await page.waitForSelector('.classify .guess')
      const here = await shown()
      await page.keyboard.press('Enter')
      await expect.poll(() => labelOf(here).length, { timeout: patience }).toBe(1)
    }
    expect(read((p) => projectInfo(p).imageLabels)).toBe(32)
  })

  it('in the wrong folder are found among all, and take the probe’s class by one key', async () => {
    await queue('isagree', 'all images')
    await shot('doubtful')
    const seen: string[] = []
    while (!taken.wrong.every((path) => seen.includes(path))) {
      const here = await shown()
      expect(seen.length).toBeLessThan(8)
      seen.push(here)
      const path = taken.wrong.find((w) => w === here)
      if (path) await page.waitForSelector('[data-take-guess]')
      await page.keyboard.press(path ? 'Control+Enter' : 'Enter')
      if (path) await expect.poll(() => labelOf(path)[0]?.author.kind, { timeout: patience }).toBe('checkpoint')
      await page.waitForFunction((before) => document.querySelector('strong.name')?.textContent !== before, here, { polling: 50 })
    }
    for (const path of taken.wrong) expect(labelOf(path)).toMatchObject([{ state: 'accepted', author: { kind: 'checkpoint' } }])
  })

  it('train a new run by one key, which stands beside the old one', async () => {
    await page.keyboard.press('Control+Shift+F')
    await page.waitForSelector('.n-message >> text=/Training “Probe 2”.*: 4/')
    await page.keyboard.press('Alt+3')
    await done('Probe 2').waitFor()
    expect(await done('Probe').count()).toBe(1)
    expect(await page.locator('[data-labels-curve] [data-labels-point]').count()).toBe(3)
    const [again, , probe] = read((p) => listRuns(p))
    const learned = (run: typeof again) => (run!.metrics['images'] as { train: number }).train
    expect(learned(again)).toBe(learned(probe) + 4)
    expect(again!.metrics['test']).toBeGreaterThanOrEqual(probe!.metrics['test'] as number)
    expect(read((p) => listSnapshots(p).map((s) => s.name))).toEqual(['Probe 2'])
    await settled(page)
    expect(await findings(page)).toEqual([])
    await shot('beside')
    expect(app.errors).toEqual([])
  })
})
