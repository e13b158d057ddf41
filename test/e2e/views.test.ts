/** Every view at the usual sizes, in both themes and languages: axe has no serious finding, and nothing is cut off or needs a scroll sideways. */
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { addComment, addLabels, updateLabel } from '../../src-main/app/annotations/index.ts'
import { imageContent, openProject, takeSnapshot } from '../../src-main/app/projects/index.ts'
import { cocoPerson } from '../../src-shared/model/skeleton.ts'
import { appForTests } from './app-for-tests.ts'
import { canRun, findings, settled, transport } from './browser.ts'
import { birds, type SmallProject } from './project.ts'

/** What a person cannot read, or reaches only by scrolling sideways; words that end in an ellipsis say so themselves. */
const cutOff = (page: Page) =>
  page.evaluate(() => {
    const said: string[] = []
    const name = (e: Element) =>
      `${e.tagName.toLowerCase()}.${e.getAttribute('class') ?? ''} “${(e.textContent ?? '').trim().slice(0, 40)}”`
    if (document.documentElement.scrollWidth > innerWidth) said.push(`the page: ${document.documentElement.scrollWidth} in ${innerWidth}`)
    const dialog = document.querySelector('[role=dialog]')
    for (const e of (dialog ?? document).querySelectorAll<HTMLElement>(dialog ? '*' : 'header *, nav *, main *, footer *')) {
      const style = getComputedStyle(e)
      const box = e.getBoundingClientRect()
      if (!box.width || !box.height || style.visibility === 'hidden' || e.closest('.visually-hidden, svg')) continue
      if (style.position === 'absolute' && box.width === 1 && style.clipPath !== 'none') continue // said by screen readers only
      const wider = e.scrollWidth > e.clientWidth + 1
      if (wider && /auto|scroll/.test(style.overflowX)) said.push(`scrolls sideways: ${name(e)} ${e.scrollWidth} in ${e.clientWidth}`)
      const words = [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent!.trim())
      if (words && style.display !== 'inline' && e.tagName !== 'TEXTAREA') {
        if (wider && style.textOverflow !== 'ellipsis')
          said.push(`${style.overflowX === 'visible' ? 'spills over' : 'cut off'}: ${name(e)} ${e.scrollWidth} in ${e.clientWidth}`)
        if (wider && style.textOverflow === 'ellipsis' && e.clientWidth < 40)
          said.push(`next to nothing left: ${name(e)} in ${e.clientWidth}`)
        if (e.scrollHeight > e.clientHeight + 4 && /hidden|clip/.test(style.overflowY) && style.webkitLineClamp === 'none')
          said.push(`cut off below: ${name(e)} ${e.scrollHeight} in ${e.clientHeight}`)
      }
      if (e.matches('button, a, input, h2') && (box.right > innerWidth + 1 || box.left < -1)) said.push(`outside of the window: ${name(e)}`)
    }
    return said
  })

describe.skipIf(!canRun || transport === 'port')('every view', () => {
  const app = appForTests()
  let project: SmallProject
  let page: Page
  let tracked: number
  /** Address of the comparison. */
  let compared: string
  const screens = process.env['SCREENS']
  const box = (x: number) => ({ kind: 'box' as const, x, y: 60, w: 100, h: 100 })
  const by = (name: string) => ({ author: { kind: 'person' as const, name } })

  beforeAll(async () => {
    project = app.keep(
      await birds(8, (i) => ({
        split: i < 5 ? 'train' : i < 7 ? 'val' : 'test',
        labels: [{ label: i % 2 ? 'wren' : 'robin' }],
        tags: ['first'],
        ...(i === 0 && {
          regions: [
            { label: 'robin', shape: box(20), attributes: { size: 'small' }, ...by('ann') },
            { label: 'wren', shape: box(22), ...by('bo') },
            {
              label: null,
              shape: { kind: 'polygon', parts: [[[201, 101, 330, 102, 320, 230]]] },
              author: { kind: 'checkpoint', checkpoint: 'c', score: 0.4 },
              state: 'proposed',
            },
          ],
          captions: [
            { text: 'a robin  on a branch', language: 'en', spans: [{ start: 2, end: 7, regions: [0] }] },
            { text: 'small', language: 'en', region: 0 },
          ],
        }),
        ...(i === 1 && { regions: [{ label: 'robin', shape: box(20), ...by('ann') }] }),
      })),
    )
    const opened = openProject(project.folder)
    updateLabel(opened, 1, {
      key: '1',
      skeleton: cocoPerson,
      attributes: [{ type: 'choice', name: 'size', required: true, options: ['small', 'large'] }],
    })
    addLabels(opened, [{ name: 'a bird that has a rather long name, as some have', parentId: 1 }])
    addComment(opened, { mediaId: 1, regionId: null, at: { x: 200, y: 100 }, text: 'is this a wren?' })
    takeSnapshot(opened, 'before')
    tracked = imageContent(opened, 2).regions[0]!.id
    opened.close()
    page = await app.open({ project: project.folder }, { colorScheme: 'light' })
    await page.waitForSelector('[role=option] img')
    // A track, two runs, a soup of them and a comparison, so that nothing is empty.
    await goTo(`#/label/2?regions=${tracked}`, '.list .line.on')
    await page.focus('.canvas')
    await page.keyboard.press('u')
    await page.waitForSelector('.line [data-frame=key]')
    await goTo('#/train', 'main [data-recipe] >> text=Linear probe')
    for (const name of ['One', 'Second, with a longer name']) {
      await page.locator('main').getByLabel('Name', { exact: true }).fill(name)
      await page.click('main [data-start]')
      await page.waitForSelector(`[data-run="${name}"][data-status=done]`)
    }
    await page.getByLabel('Select all runs', { exact: true }).click()
    await page.click('[data-merge]')
    await page.click('main [data-start]')
    await page.waitForSelector('[data-current-run] li')
    await page.click('[data-current-run] [data-compare]')
    await page.waitForSelector('[data-row]')
    compared = await page.evaluate(() => location.hash)
  })

  async function goTo(hash: string, ready: string): Promise<void> {
    await page.evaluate((hash) => (location.hash = hash), hash)
    await page.waitForSelector(ready)
  }
  async function command(text: string): Promise<void> {
    await page.keyboard.press('Control+k')
    await page.waitForSelector('.palette')
    await page.keyboard.type(text)
    await page.keyboard.press('Enter')
  }
  async function withDialog(open: () => Promise<unknown>, look: () => Promise<void>): Promise<void> {
    await open()
    await page.waitForSelector('[role=dialog]')
    await look()
    await page.keyboard.press('Escape')
    await page.waitForSelector('[role=dialog]', { state: 'detached' })
  }

  const sizes = [
    { width: 1280, height: 800 },
    { width: 1920, height: 1080 },
  ]
  /** Which words and names there are is the same in both themes, and colours are the same in both languages and sizes. */
  it.each([
    ['en', 'light'],
    ['ja', 'dark'],
  ] as const)('is complete and accessible in %s, %s', async (language, theme) => {
    const found: Record<string, string[]> = {}
    const note = (where: string, said: string[]) => said.length && (found[where] = said)
    async function look(what: string): Promise<void> {
      for (const size of sizes) {
        await page.setViewportSize(size)
        await settled(page)
        note(`${what} ${size.width}`, await cutOff(page))
        if (screens) await page.screenshot({ path: join(screens, `${what.replaceAll(/\W+/g, '-')}-${language}-${size.width}.png`) })
      }
      await page.setViewportSize(sizes[0]!)
      await settled(page)
      note(what, await findings(page))
    }

    await page.emulateMedia({ colorScheme: theme })
    await page.waitForFunction((t) => document.documentElement.dataset['theme'] === t, theme, { polling: 50 })
    await goTo('#/data', '[role=option] img')
    await command(language === 'ja' ? '日本語' : 'English')
    await page.waitForFunction((l) => document.documentElement.lang === l, language, { polling: 50 })
    await goTo('#/data?chosen=2', '[role=option][aria-selected=true]')
    await look('data')
    for (const tool of ['similar', 'map', 'balance', 'split', 'duplicates', 'captions', 'doubts', 'review', 'agreement']) {
      await goTo(`#/data?tool=${tool}`, '.curate h2')
      await look(`data, ${tool}`)
    }
    await goTo('#/label/1', '.inspector [data-name=regions]')
    for (const tab of ['captions', 'image', 'history', 'regions']) {
      await page.click(`[data-name=${tab}]`)
      if (tab === 'image') {
        await page.click(`text=${language === 'ja' ? '推定' : 'Ask'}`)
        await page.waitForSelector('.score')
      }
      await look(`label, ${tab}`)
    }
    await page.click('[data-pin]')
    await page.waitForSelector('[data-comment-card]')
    await look('label, a comment')
    await page.keyboard.press('Escape')
    await goTo(`#/label/2?regions=${tracked}`, '.line [data-frame]')
    await look('label, a track')
    await page.focus('.canvas')
    await page.keyboard.press('Shift+L')
    await page.waitForSelector('.classify')
    await look('label, classify')
    await page.focus('.canvas')
    await page.keyboard.press('Shift+L')
    await page.waitForSelector('.classify', { state: 'detached' })
    await goTo('#/label/1?between=["person:ann","person:bo"]', '[data-settle]')
    await look('label, disagreements')
    await goTo('#/label/2?reviewing=true', '.review')
    await page.focus('.canvas')
    await page.keyboard.press('Enter')
    await page.waitForSelector('[data-incomplete]')
    await look('label, review of what is not complete')
    await goTo('#/label/99', '[data-gone]')
    await look('label, gone')

    await goTo('#/train', '[data-current-run] figure path')
    await look('train')
    await goTo('#/compare', 'main [data-model=Nano]')
    await look('compare')
    await goTo(compared, '[data-row]')
    await look('compare, done')
    await goTo('#/merge', '[data-current-run] li')
    await look('merge')
    await goTo('#/models', 'main [data-model=Nano] dd')
    await look('models')
    await goTo('#/nowhere', '[data-unknown]')
    await look('nowhere')

    await goTo('#/data', '[role=option] img')
    await withDialog(
      () => page.keyboard.press('Control+,'),
      async () => {
        for (const [tab, ready] of [
          ['appearance', '[data-own-name]'],
          ['labelling', '[role=slider], input[type=range]'],
          ['storage', '[data-used=thumbnails]'],
          ['shortcuts', '.record'],
        ] as const) {
          await page.click(`[role=dialog] [data-name=${tab}]`)
          await page.waitForSelector(ready)
          await look(`settings, ${tab}`)
        }
      },
    )
    await withDialog(
      () => command(language === 'ja' ? 'ラベルを編集' : 'Edit labels'),
      async () => {
        await page.click('[role=dialog] .item:has-text("robin")')
        await page.waitForSelector('[role=dialog] .picture circle')
        await look('labels, a skeleton')
        const labels = [
          { name: 'robin', attributes: [{ type: 'number', name: 'size', min: 0 }] },
          { name: 'a name that is new here, and rather long' },
        ]
        const text = JSON.stringify({ format: 'dashi-labels', version: 1, labels })
        await page.setInputFiles('[role=dialog] input[type=file]', {
          name: 'labels of another project.json',
          mimeType: 'application/json',
          buffer: Buffer.from(text),
        })
        await page.waitForSelector('[data-added]')
        await look('labels, a file')
      },
    )
    for (const [what, en, ja] of [
      ['import', 'Import', 'インポート'],
      ['export', 'Export', 'エクスポート'],
      ['snapshots', 'Snapshots', 'スナップショット'],
      ['about', 'About Dashi', 'Dashi について'],
      ['add images', 'Add images from a folder', 'フォルダーの画像を追加'],
    ] as const)
      await withDialog(
        () => command(language === 'ja' ? ja : en),
        () => look(what),
      )
    for (const [what, key] of [
      ['guide', 'F1'],
      ['shortcuts', 'Shift+?'],
      ['palette', 'Control+k'],
    ] as const)
      await withDialog(
        () => page.keyboard.press(key),
        () => look(what),
      )
    expect(found).toEqual({})
  })

  it('fits the smallest window', async () => {
    await page.setViewportSize({ width: 900, height: 600 })
    for (const [key, ready] of [
      ['Alt+3', '[data-run]'],
      ['Alt+4', '[data-row]'],
      ['Alt+5', '[data-current-run]'],
    ] as const) {
      await page.keyboard.press(key)
      await page.waitForSelector(ready)
      await settled(page)
      const wider = await page.$$eval('section.room, section.room .panel', (list) =>
        list.filter((e) => e.scrollWidth > e.clientWidth + 1).map((e) => `${e.className} ${e.scrollWidth} > ${e.clientWidth}`),
      )
      expect(wider, key).toEqual([])
    }
    for (const [hash, ready] of [
      ['#/data', '[role=option] img'],
      ['#/label/1', '.canvas canvas'],
    ] as const) {
      await goTo(hash, ready)
      await settled(page)
      expect(await page.$$eval('.bar', (list) => list.filter((e) => e.scrollWidth > e.clientWidth).length), hash).toBe(0)
    }
    await page.setViewportSize({ width: 1280, height: 800 })
  })

  it('is accessible on the welcome page', async () => {
    await command('プロジェクトを閉じる')
    await page.waitForSelector('.welcome')
    for (const theme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme: theme })
      await page.waitForFunction((t) => document.documentElement.dataset['theme'] === t, theme)
      await settled(page)
      expect(await findings(page), theme).toEqual([])
    }
  })

  it('logged no error', () => {
    expect(app.errors).toEqual([])
  })
})
