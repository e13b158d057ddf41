/**
 * Labelling with a detector in real Chromium, on photographs: words → boxes and masks → accept → undo → 50 images in the
 * background → review → fine-tuning on what is accepted → a higher AP on photographs that were in no training.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { findMedia, imageContent } from '../../src-main/app/projects/index.ts'
import type { Region } from '../../src-shared/model/region.ts'
import { goldenPath } from '../helpers/golden.ts'
import { temporaryFolder } from '../helpers/pictures.ts'
import { appForTests } from './app-for-tests.ts'
import { beginner, blocks } from './blocks.ts'
import { canRun, findings, settled } from './browser.ts'
import type { SmallProject } from './project.ts'

/** Makes masks of boxes, of random weights. */
const masker = goldenPath('../models/sam')

describe.skipIf(!canRun)('labelling with a detector', () => {
  const app = appForTests()
  let detector: string
  let project: SmallProject
  let page: Page
  const regions = (): Region[] => project.read((p) => findMedia(p).flatMap((m) => imageContent(p, m.id).regions))
  const byModel = (state: Region['state'], kind: Region['shape']['kind'] = 'box') =>
    regions().filter((r) => r.author.kind === 'checkpoint' && r.state === state && r.shape.kind === kind).length
  const until = async <T>(read: () => T, wanted: T) => {
    await expect.poll(read).toEqual(wanted)
  }
  const fill = async (label: string, text: string) => {
    const field = page.locator('main').getByLabel(label, { exact: true })
    await field.click()
    await field.press('Control+a')
    await field.pressSequentially(text)
    await field.press('Tab')
  }
  const choose = async (select: string, option: string) => {
    await page.locator('main').locator(select).click()
    await page.locator('.n-base-select-option', { hasText: new RegExp(`^${option}$`) }).click()
  }
  const canvas = () => page.locator('[role=application]').focus()
  let byHand: Region[]

  beforeAll(async () => {
    detector = await beginner(temporaryFolder())
    project = app.keep(await blocks(50, 14))
    byHand = regions()
    page = await app.open({ project: project.folder }, {}, (home) => {
      mkdirSync(home.configFolder, { recursive: true })
      const settings = { modelFolders: [detector, masker] }
      writeFileSync(join(home.configFolder, 'preferences.json'), JSON.stringify({ settings, recent: [] }))
    })
    await page.waitForSelector('[role=option] img')
    await page.evaluate(() => (location.hash = '#/label/1?split=train'))
    await page.waitForSelector('.canvas canvas')
  })

  it('finds what words say, accepts one, and takes it back', async () => {
    await canvas()
    await page.keyboard.press('Shift+Z')
    await page.click('[data-prompt-words] input')
    await page.keyboard.type('red, blue')
    await page.keyboard.press('Enter')
    await page.locator('[data-prompt-threshold]').fill('0.05')
    await page
      .locator('[data-prompt-status]')
      .filter({ hasText: /^\d+ found/ })
      .waitFor()
    await canvas()
    await page.keyboard.press('.')
    await page.waitForSelector('[data-ghost]')
    await page.keyboard.press('Enter')
    await until(() => byModel('accepted'), 1)
    await page.waitForSelector('[data-ghost]')
    await page.keyboard.press('Control+z')
    await until(() => byModel('accepted'), 0)
  })

  it('looks through fifty images in the background; what is proposed is reviewed by keys', async () => {
    await page.locator('[data-prompt-threshold]').fill('0.2')
    await page.click('[data-prompt-batch]')
    await page.click('text=All 50 images shown')
    await page.click('[data-prompt-review]')
    await page.waitForSelector('[data-queue-left]')
    const proposed = byModel('proposed')
    expect(proposed).toBeGreaterThan(5)
    for (const [n, key] of ['Enter', 'Escape', 'Enter'].entries()) {
      await page.keyboard.press(key)
      await until(() => byModel('proposed'), proposed - n - 1)
    }
    expect([byModel('accepted'), byModel('rejected')]).toEqual([2, 1])
    await page.keyboard.press('Control+z')
    await until(() => byModel('accepted'), 1)
    expect(regions().filter((r) => byHand.some((b) => b.id === r.id))).toEqual(byHand)
  })

  it('proposes masks of the boxes of an image, which stay as they are', async () => {
    await page.evaluate(() => (location.hash = '#/label/3'))
    await page.waitForSelector('main strong.name >> text=photo 02.jpg')
    const before = project.read((p) => imageContent(p, 3).regions)
    await canvas()
    await page.keyboard.press('Control+k')
    await page.keyboard.type('Propose masks of the boxes')
    await page.keyboard.press('Enter')
    await expect.poll(() => byModel('proposed', 'mask')).toBeGreaterThan(0)
    const after = project.read((p) => imageContent(p, 3).regions)
    expect(after.filter((r) => r.shape.kind !== 'mask')).toEqual(before)
    await settled(page)
    expect(await findings(page)).toEqual([])
  })

  it('fine-tunes the detector on what is accepted', async () => {
    await page.keyboard.press('Alt+3')
    await page.waitForSelector('main [data-recipe]')
    await choose('[aria-label="Start from"]', 'beginner')
    await choose('[data-recipe]', 'Detector fine-tuning')
    await fill('Epochs', '24')
    await fill('Learning rate', '0.01')
    await fill('Name', 'Taught')
    await page.locator('main [data-start]').click()
    await page.waitForSelector('[data-run=Taught][data-status=done]')
  })

  it('compares them by boxes: a higher AP with its interval, per label, and the images on which they are apart', async () => {
    await page.keyboard.press('Alt+4')
    for (const name of ['beginner', 'Taught']) await page.locator(`main [data-model=${name}]`).click()
    await page.waitForSelector('[data-task] >> text=boxes of regions')
    await page.locator('main [data-start]').click()
    await page.waitForSelector('[data-row=Taught]')
    const ap = async (name: string) => parseFloat(await page.innerText(`[data-row=${name}] [data-split=test] span`))
    expect(await ap('Taught')).toBeGreaterThan((await ap('beginner')) + 5)
    expect(await page.innerText('[data-row=Taught] [data-split=test]')).toMatch(/±\d/)
    expect(await page.locator('[data-label]').allInnerTexts()).toHaveLength(2)
    expect(await page.locator('[data-apart]').count()).toBeGreaterThan(0)
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('[data-export-comparison]')])
    expect(download.suggestedFilename()).toMatch(/-comparison\.csv$/)
    expect(await findings(page)).toEqual([])
    await page.waitForFunction(() => location.hash.includes('task=detect'), undefined, { polling: 50 })
    await page.reload()
    await page.waitForSelector('[data-row=Taught]')
    expect(app.errors).toEqual([])
  })
})
