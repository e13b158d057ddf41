/** The Models view in real Chromium: weights of open_clip become a model of the list; what cannot be converted says why in one line. */
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { appForTests } from './app-for-tests.ts'
import { canRun, findings, settled } from './browser.ts'
import { OPEN_CLIP, writeUnsaid } from '../helpers/open-clip.ts'
import { birds } from './project.ts'

describe.skipIf(!canRun)('converting a model', () => {
  const app = appForTests()
  let page: Page
  let source: string
  const look = async (at: string) => {
    await page.getByLabel('Folder or .safetensors file').fill(at)
    await page.click('[data-convert-look]')
  }

  beforeAll(async () => {
    const project = app.keep(await birds(4))
    const folder = fs.mkdtempSync(join(tmpdir(), 'dashi-weights-'))
    app.keep({ remove: () => fs.rmSync(folder, { recursive: true }) })
    source = join(folder, 'ViT-tiny')
    fs.cpSync(join(OPEN_CLIP, 'quick'), source, { recursive: true })
    page = await app.open({ project: project.folder })
    await page.waitForSelector('[role=option] img')
    await page.keyboard.press('Alt+6')
    await page.waitForSelector('[data-convert-form]')
  })

  it('says in one line what it never opens', async () => {
    const pickle = join(source, 'model.pt')
    fs.writeFileSync(pickle, '')
    await look(pickle)
    await page.waitForSelector('[data-convert-problem] >> text=a pickle can run any program')
    fs.rmSync(pickle)
  })

  it('says what will be written where, writes it, and lists the model', async () => {
    await look(source)
    const plan = page.locator('[data-conversion]')
    await plan.waitFor()
    expect(await plan.innerText()).toContain('open_clip_model.safetensors')
    expect(await page.innerText('[data-into]')).toMatch(/ViT-tiny$/)
    await page.getByLabel('Name here').fill('my model')
    expect(await page.innerText('[data-into]')).toMatch(/my model$/)
    await settled(page)
    expect(await findings(page)).toEqual([])
    const screens = process.env['SCREENS']
    if (screens) await page.screenshot({ path: join(screens, 'convert.png') })
    await page.click('[data-convert]')
    await page.waitForSelector('main .room >> text=my model')
    await page.waitForSelector('[data-conversion]', { state: 'detached' })
  })

  it('asks for the activation where nothing says it', async () => {
    const file = join(source, '..', 'alone.safetensors')
    writeUnsaid(file)
    await look(file)
    await page.waitForSelector('[data-conversion]')
    expect(await page.locator('[data-convert]').isDisabled()).toBe(true)
    await page.click('[data-conversion] >> text=/^GELU$/')
    expect(await page.locator('[data-convert]').isDisabled()).toBe(false)
  })
})
