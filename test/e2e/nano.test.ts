/** The models in the box that find things, on a scene of the sample's kind, as a fresh project has them: words, boxes and masks, accepting, undo. */
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { sceneConcepts } from '../../src-main/app/pretrain/detect-data.ts'
import { imageContent } from '../../src-main/app/projects/index.ts'
import { makeScene, sceneHeight, sceneWidth } from '../../src-main/app/sample/scenes.ts'
import { taskStyle } from '../../src-shared/model/sample.ts'
import { appForTests } from './app-for-tests.ts'
import { canRun } from './browser.ts'
import { birds, type SmallProject } from './project.ts'

describe.skipIf(!canRun)('the detector in the box', () => {
  const app = appForTests()
  let project: SmallProject
  let page: Page
  let words: string[]
  const regions = () => project.read((p) => imageContent(p, 1)).regions
  const until = <T>(read: () => T, wanted: T) => expect.poll(read, { timeout: 60_000 }).toEqual(wanted)
  const status = (text: string | RegExp) => page.locator('[data-prompt-status]').filter({ hasText: text }).waitFor()

  beforeAll(async () => {
    project = app.keep(await birds(1))
    const sprites = sceneConcepts()
      .filter((c) => c.styles[taskStyle])
      .map((concept) => ({ concept, style: taskStyle }))
    const { rgb, objects } = await makeScene('nano in the window', sprites)
    words = [...new Set(objects.map((o) => o.concept.name))]
    await sharp(rgb, { raw: { width: sceneWidth, height: sceneHeight, channels: 3 } })
      .resize(400, 300)
      .toFile(join(project.folder, 'media', 'bird 0.png'))
    page = await app.open({ project: project.folder })
    await page.waitForSelector('[role=option] img')
    await page.dblclick('[role=option] >> nth=0')
    await page.waitForSelector('.canvas canvas')
  })

  it('is there without any other model, and finds words in a scene', async () => {
    await page.locator('[role=application]').focus()
    await page.keyboard.press('Shift+Z')
    await page.waitForSelector('[data-prompt-words] input:focus')
    await page.locator('[data-prompt-model]').filter({ hasText: 'Nano detector' }).waitFor()
    await page.keyboard.type(words.join(', '))
    await page.keyboard.press('Enter')
    await page.locator('[data-prompt-threshold]').fill('0.1')
    await status(/^[1-9]\d* found/)
  })

  it('gives regions that are accepted by Enter and taken back by one undo', async () => {
    await page.locator('[role=application]').focus()
    await page.keyboard.press('.')
    await page.waitForSelector('[data-ghost]')
    await page.keyboard.press('Enter')
    await until(() => regions().length, 1)
    const [made] = regions()
    expect(made).toMatchObject({ state: 'accepted', author: { kind: 'checkpoint' } })
    expect(words).toContain((made!.author as { prompt?: string }).prompt)
    await page.keyboard.press('Control+z')
    await until(() => regions().length, 0)
  })

  it('gives masks of the same words, which are accepted and taken back alike', async () => {
    await page.locator('[data-prompt] [role=radio]', { hasText: 'Masks' }).click()
    await page.locator('[data-prompt-model]').filter({ hasText: 'Nano segmenter' }).waitFor()
    await page.locator('[data-prompt-find]').click()
    await page.locator('[data-prompt-threshold]').fill('0.1')
    await status(/^[1-9]\d* found/)
    await page.locator('[role=application]').focus()
    await page.keyboard.press('.')
    await page.waitForSelector('[data-ghost]')
    await page.keyboard.press('Enter')
    await until(() => regions().length, 1)
    const [made] = regions()
    expect(made).toMatchObject({ state: 'accepted', shape: { kind: 'mask' }, author: { kind: 'checkpoint' } })
    expect(words).toContain((made!.author as { prompt?: string }).prompt)
    await page.keyboard.press('Control+z')
    await until(() => regions().length, 0)
  })

  it('logs no error', () => expect(app.errors).toEqual([]))
})
