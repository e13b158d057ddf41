/** The prompt bar in real Chromium: words, ghosts, threshold, accepting, undo, the next image, and the same over all images. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { imageContent } from '../../src-main/app/projects/index.ts'
import { goldenPath } from '../helpers/golden.ts'
import { appForTests } from './app-for-tests.ts'
import { canRun, findings, settled } from './browser.ts'
import { birds, type SmallProject } from './project.ts'

/** Finds nine boxes in any image, of whatever words. */
const detector = goldenPath('families/owlv2')

describe.skipIf(!canRun)('the prompt bar', () => {
  const app = appForTests()
  let project: SmallProject
  let page: Page
  const regions = (id = 1) => project.read((p) => imageContent(p, id)).regions
  const until = async <T>(read: () => T, wanted: T) => {
    await expect.poll(read, { timeout: 60_000 }).toEqual(wanted)
  }
  const status = (text: string | RegExp) => page.locator('[data-prompt-status]').filter({ hasText: text }).waitFor()
  const canvas = () => page.locator('[role=application]').focus()
  const threshold = (value: number) => page.locator('[data-prompt-threshold]').fill(String(value))
  const scores = async () => Number(/^(\d+) found/.exec(await page.innerText('[data-prompt-status]'))?.[1] ?? 0)

  beforeAll(async () => {
    project = app.keep(await birds(3))
    page = await app.open({ project: project.folder }, {}, (home) => {
      mkdirSync(home.configFolder, { recursive: true })
      writeFileSync(join(home.configFolder, 'preferences.json'), JSON.stringify({ settings: { modelFolders: [detector] }, recent: [] }))
    })
    await page.waitForSelector('[role=option] img')
    await page.dblclick('[role=option] >> nth=0')
    await page.waitForSelector('.canvas canvas')
  })

  it('opens by a key, and says which models can be used and why others cannot', async () => {
    await canvas()
    await page.keyboard.press('Shift+Z')
    await page.waitForSelector('[data-prompt-words] input:focus')
    await page.locator('[data-prompt-model]').filter({ hasText: 'owlv2' }).waitFor()
    await status('Press Enter to look for your labels')
    await page.click('[data-prompt-model]')
    await page.waitForSelector('[role=radio][aria-disabled=true] >> text=Finds no boxes')
    await settled(page)
    expect(await findings(page)).toEqual([])
    await page.keyboard.press('Escape')
  })

  it('finds typed words; the threshold filters at once', async () => {
    await page.click('[data-prompt-words] input')
    await page.keyboard.type('ROBIN, green owl')
    await page.keyboard.press('Enter')
    expect(await page.locator('[data-word]').allInnerTexts()).toEqual(['robin', 'green owl'])
    await threshold(0.01)
    await status(/^[1-9] found/)
    const all = await scores()
    await threshold(1)
    await status(`None of ${all} reaches this score`)
    await threshold(0.01)
    await status(`${all} found`)
    expect(await findings(page)).toEqual([])
  })

  it('accepts one by Enter as the model’s, and takes it back by one undo', async () => {
    const all = await scores()
    await canvas()
    await page.keyboard.press('.')
    await page.waitForSelector('[data-ghost]')
    await page.keyboard.press('Enter')
    await until(() => regions().length, 1)
    const [made] = regions()
    expect(made).toMatchObject({ state: 'accepted', shape: { kind: 'box' }, author: { kind: 'checkpoint', checkpoint: detector } })
    expect(['robin', 'green owl']).toContain((made!.author as { prompt?: string }).prompt)
    await page.waitForSelector('[data-ghost]') // the next is selected
    await page.keyboard.press('Control+z')
    await until(() => regions().length, 0)
    await status(`${all} found`)
  })

  it('rejects one by Escape, moves another, and accepts all by Shift+Enter in one step', async () => {
    const all = await scores()
    await canvas()
    await page.keyboard.press('.')
    await page.waitForSelector('[data-ghost]')
    await page.keyboard.press('Escape')
    await status(`${all - 1} found`)
    await page.waitForSelector('[data-ghost]')
    await page.keyboard.press('Shift+ArrowRight')
    expect(regions()).toEqual([])
    await page.keyboard.press('Shift+Enter')
    await until(() => regions().length > 0, true)
    await page.keyboard.press('Control+z')
    await until(() => regions().length, 0)
  })

  it('asks again on the next image, and closes by Escape', async () => {
    await canvas()
    await page.keyboard.press('ArrowRight')
    await page.waitForSelector('main strong.name >> text=bird 1.png')
    await status(/^[1-9] found/)
    await canvas()
    await page.keyboard.press('Escape')
    await page.waitForSelector('[data-prompt]', { state: 'detached' })
  })

  it('runs on all images in the background, and leads to what was found', async () => {
    await page.keyboard.press('Shift+Z')
    await page.waitForSelector('[data-prompt-words] input:focus')
    await page.click('[data-prompt-batch]')
    await page.click('text=All 3 images shown')
    await page.click('[data-prompt-review]')
    await page.waitForSelector('[data-queue-left]')
    await page.waitForSelector('[data-prompt]', { state: 'detached' })
    expect(regions(3).map((r) => r.state)).toContain('proposed')
  })

  it('logs no error', () => expect(app.errors).toEqual([]))
})
