/** Import and export by mouse and keyboard: what a format loses is said before, what was not taken is said after. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import { imageContent, listLabels, projectInfo } from '../../src-main/app/projects/index.ts'
import { appForTests } from './app-for-tests.ts'
import { canRun, choosing, findings, settled } from './browser.ts'
import { birds, type SmallProject } from './project.ts'

describe.skipIf(!canRun)('import and export', () => {
  const app = appForTests()
  let work: string
  let project: SmallProject
  let page: Page
  const dialog = () => page.locator('[role=dialog]')
  /** By the palette, as every action can be reached. */
  async function command(text: string): Promise<void> {
    await page.keyboard.press('Control+k')
    await page.keyboard.type(text)
    await page.keyboard.press('Enter')
    await dialog().waitFor()
  }
  const close = async () => {
    await page.keyboard.press('Escape')
    await dialog().waitFor({ state: 'detached' })
  }
  /** By the keys of a list, which shows only the part of it that is in sight. */
  async function format(name: string): Promise<void> {
    await dialog().locator('.n-select >> nth=0').click()
    // Between two, while the list moves, none is pointed at for some frames; where it is filled anew, none until the next key.
    const pointed = async () => {
      for (let frames = 0; ; frames += 2) {
        const [text] = await page.locator('.n-base-select-option--pending >> visible=true').allInnerTexts()
        if (text !== undefined || frames >= 20) return text
        await settled(page)
      }
    }
    await page.waitForSelector('.n-base-select-menu >> visible=true')
    // A key that comes while the list still opens is lost, so that each one waits for what it did.
    for (let i = 0; i < 80 && (await pointed()) !== name; i++) {
      const before = await pointed()
      await page.keyboard.press('ArrowDown')
      await expect
        .poll(pointed, { timeout: 2000 })
        .not.toBe(before)
        .catch(() => undefined)
    }
    expect(await pointed()).toBe(name)
    await page.keyboard.press('Enter')
    await page.waitForSelector('.n-base-select-menu >> visible=true', { state: 'hidden' })
  }

  beforeAll(async () => {
    work = mkdtempSync(join(tmpdir(), 'dashi-exchange-'))
    app.after(() => rmSync(work, { recursive: true, force: true }))
    project = app.keep(
      await birds(4, (i) => ({
        split: i < 3 ? 'train' : 'val',
        regions:
          i === 0
            ? [
                { label: 'robin', shape: { kind: 'box', x: 20, y: 30, w: 100, h: 80 } },
                { label: 'wren', shape: { kind: 'rotated-box', cx: 200, cy: 150, w: 90, h: 40, angle: 0.5 } },
              ]
            : [],
        captions: i === 1 ? [{ text: 'a wren on a wall', language: 'en' }] : [],
      })),
    )
    page = await app.open({ project: project.folder })
    await page.waitForSelector('[role=option] img')
  })

  it('keeps keyboard focus in the dialog', async () => {
    await command('Export')
    for (let i = 0; i < 8; i++) {
      await page.keyboard.press('Tab')
      expect(
        await page.evaluate(
          () => document.activeElement?.closest('[role=dialog]') !== null || document.activeElement?.getAttribute('aria-hidden') === 'true',
        ),
      ).toBe(true)
    }
    await dialog().getByLabel('To', { exact: true }).focus()
    await page.keyboard.type('/nowhere')
    expect(await dialog().getByLabel('To', { exact: true }).inputValue()).toBe('/nowhere')
    await close()
  })

  it('lists what a format cannot hold before anything is written', async () => {
    await command('Export')
    await format('YOLO')
    await dialog().locator('text=What YOLO cannot hold').waitFor()
    expect(await dialog().locator('.losses li').allInnerTexts()).toEqual(
      expect.arrayContaining([expect.stringMatching(/^captions \(1\): /), expect.stringMatching(/^boxes \(1\): become rotated boxes/)]),
    )
    await format('Dashi')
    await dialog().locator('text=Dashi can hold everything').waitFor()
    expect(await findings(page)).toEqual([])
  })

  it('writes the chosen format to the chosen place', async () => {
    await format('COCO')
    await dialog().getByLabel('To', { exact: true }).fill(join(work, 'coco'))
    await dialog().locator('text=Start').click()
    await dialog().locator('text=/\\d+ files? written/').waitFor()
    await close()
    const annotations = readdirSync(join(work, 'coco', 'annotations')).map(
      (f) => JSON.parse(readFileSync(join(work, 'coco', 'annotations', f), 'utf8')) as { annotations?: unknown[] },
    )
    expect(annotations.reduce((n, a) => n + (a.annotations?.length ?? 0), 0)).toBeGreaterThanOrEqual(2)
  })

  it('overwrites nothing unasked: a second export is refused in one line', async () => {
    const before = readdirSync(join(work, 'coco', 'annotations'))
    await command('Export')
    await dialog().locator('text=Start').click()
    await page.waitForSelector('.n-message >> text=/Exporting: .*coco/')
    expect(readdirSync(join(work, 'coco', 'annotations'))).toEqual(before)
    await close()
  })

  it('imports a dataset from a folder chosen by mouse, and lists what was not imported', async () => {
    const folder = join(work, 'more')
    mkdirSync(join(folder, 'images'), { recursive: true })
    for (const name of ['owl', 'crow'])
      await sharp({ create: { width: 200, height: 100, channels: 3, background: '#345' } })
        .png()
        .toFile(join(folder, 'images', `${name}.png`))
    writeFileSync(
      join(folder, 'instances.json'),
      JSON.stringify({
        images: [
          { id: 1, file_name: 'owl.png', width: 200, height: 100 },
          { id: 2, file_name: 'crow.png', width: 200, height: 100 },
        ],
        categories: [{ id: 7, name: 'owl' }],
        annotations: [
          { id: 1, image_id: 1, category_id: 7, bbox: [10, 10, 50, 60] },
          { id: 2, image_id: 2, category_id: 99, bbox: [1, 1, 5, 5] }, // no such category
          { id: 3, image_id: 2, category_id: 7, bbox: [10, 10, -5, 20] },
        ],
      }),
    )
    await command('Import')
    if (app.server.chooses) await choosing(page, app.server, folder, () => dialog().locator('text=Choose …').click())
    else {
      await dialog().locator('text=Choose …').click()
      await page.waitForSelector('[role=dialog] >> text=Choose this folder')
      await page.waitForFunction(() => document.querySelector<HTMLInputElement>('[role=dialog] input')?.value) // the folder that it begins with
      await page.getByLabel('Path', { exact: true }).fill(work)
      await page.keyboard.press('Enter')
      await page.click('.entry >> text=more')
      await page.waitForFunction((to) => document.querySelector<HTMLInputElement>('[role=dialog] input')?.value === to, folder)
      await page.click('text=Choose this folder')
    }
    await dialog().locator('text=Start').click()
    await dialog().locator('text=2 images imported').waitFor()
    const said = await dialog().locator('.report li').allInnerTexts()
    expect(said.length).toBeGreaterThanOrEqual(2)
    expect(said.join('\n')).toMatch(/instances\.json.*99/s)
    expect(await findings(page)).toEqual([])
    await close()
    await expect.poll(() => page.locator('[role=option]').count()).toBe(6)
    project.read((p) => {
      expect(listLabels(p).map((l) => l.name)).toContain('owl')
      const owl = p.db.value<number>(`SELECT id FROM media WHERE path LIKE '%owl.png'`)!
      expect(imageContent(p, owl).regions).toMatchObject([{ shape: { kind: 'box', x: 10, y: 10, w: 50, h: 60 } }])
    })
  })

  it('undoes an import as a single change', async () => {
    await page.keyboard.press('Control+z')
    await expect.poll(() => project.read((p) => projectInfo(p).media)).toBe(4)
    await expect.poll(() => page.locator('[role=option]').count()).toBe(4)
  })

  it('names the format for files that it did not read, reports that nothing was imported, and finds missing images', async () => {
    const folder = join(work, 'mixed')
    mkdirSync(join(folder, 'images'), { recursive: true })
    await sharp({ create: { width: 210, height: 100, channels: 3, background: '#453' } })
      .png()
      .toFile(join(folder, 'images', 'finch.png'))
    writeFileSync(join(folder, 'notes.json'), '{"finch.png": [{"x": 1}]}')
    await command('Import')
    await dialog().getByLabel('From', { exact: true }).fill(folder)
    await dialog().locator('text=Start').click()
    await dialog().locator('[role=alert]', { hasText: 'No annotations were found' }).waitFor()
    expect(await dialog().locator('.unread li').allInnerTexts()).toEqual([expect.stringMatching(/notes\.json.*JSON object/s)])
    expect(await findings(page)).toEqual([])
    if (process.env['SHOTS']) await page.screenshot({ path: join(process.env['SHOTS'], 'import-nothing.png') })
    // Now COCO with an image that is elsewhere, beside rows of YOLO.
    writeFileSync(
      join(folder, 'instances.json'),
      JSON.stringify({
        images: [
          { id: 1, file_name: 'finch.png', width: 210, height: 100 },
          { id: 2, file_name: '/data/heron.png', width: 190, height: 100 },
        ],
        categories: [{ id: 1, name: 'bird' }],
        annotations: [1, 2].map((id) => ({ id, image_id: id, category_id: 1, bbox: [5, 5, 20, 20] })),
      }),
    )
    mkdirSync(join(folder, 'labels'))
    writeFileSync(join(folder, 'labels', 'finch.txt'), '0 0.5 0.5 0.2 0.2\n')
    await dialog().locator('text=Start').click()
    await dialog().locator('text=2 images imported').waitFor()
    await dialog().locator('text=1 image was not found').waitFor()
    expect(await dialog().locator('.unread li').allInnerTexts()).toEqual(
      expect.arrayContaining([expect.stringMatching(/labels\/finch\.txt.*Import as YOLO/s)]),
    )
    if (process.env['SHOTS']) await page.screenshot({ path: join(process.env['SHOTS'], 'import-missing.png') })
    const elsewhere = join(work, 'elsewhere')
    mkdirSync(elsewhere)
    await sharp({ create: { width: 190, height: 100, channels: 3, background: '#534' } })
      .png()
      .toFile(join(elsewhere, 'heron.png'))
    await choosing(page, app.server, elsewhere, () => dialog().locator('text=Locate …').click())
    await expect
      .poll(() => project.read((p) => p.db.value(`SELECT path FROM media WHERE path LIKE '%heron.png'`)), { timeout: 20_000 })
      .toBe('heron.png')
    await dialog().locator('text=Start').waitFor()
    await close()
    await expect.poll(() => page.locator('[role=option]').count()).toBe(6)
    for (let i = 0; i < 3; i++) await page.keyboard.press('Control+z')
    await expect.poll(() => project.read((p) => projectInfo(p).media)).toBe(4)
    for (const said of app.errors.splice(0)) expect(said).toContain('404') // the picture that was not there
  })

  it('explains in one line what it could not read, and imports nothing', async () => {
    const file = join(work, 'broken.json')
    writeFileSync(file, '{"images": [')
    await command('Import')
    await dialog().getByLabel('From', { exact: true }).fill(file)
    await dialog().locator('text=Start').click()
    await dialog().locator('[role=alert]', { hasText: 'broken.json' }).waitFor()
    expect(await page.locator('.n-message', { hasText: 'broken.json' }).count()).toBe(0) // said here, not over there
    expect(project.read((p) => projectInfo(p).media)).toBe(4)
    expect(existsSync(file)).toBe(true)
    await close()
    expect(app.errors).toEqual([])
  })
})
