/** Every view at the usual sizes, in both themes and languages: axe has no serious finding, and nothing is cut off or needs a scroll sideways. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openProject, startRun, updateRun } from '../../src-main/app/projects/index.ts'
import { canRun, findings, newHome, serve, settled, visit, type Home, type Server } from './browser.ts'
import { birds, type SmallProject } from './project.ts'

/** What a person cannot read, or reaches only by scrolling sideways; words that end in an ellipsis say so themselves. */
const cutOff = (page: Page) =>
  page.evaluate(() => {
    const said: string[] = []
    const name = (e: Element) =>
      `${e.tagName.toLowerCase()}.${e.getAttribute('class') ?? ''} “${(e.textContent ?? '').trim().slice(0, 40)}”`
    if (document.documentElement.scrollWidth > innerWidth) said.push(`the page: ${document.documentElement.scrollWidth} in ${innerWidth}`)
    for (const e of document.querySelectorAll<HTMLElement>('header *, nav *, main *, footer *')) {
      const style = getComputedStyle(e)
      const box = e.getBoundingClientRect()
      if (!box.width || !box.height || style.visibility === 'hidden' || e.closest('.visually-hidden, svg')) continue
      const wider = e.scrollWidth > e.clientWidth + 1
      if (wider && /auto|scroll/.test(style.overflowX)) said.push(`scrolls sideways: ${name(e)} ${e.scrollWidth} in ${e.clientWidth}`)
      const words = [...e.childNodes].some((n) => n.nodeType === Node.TEXT_NODE && n.textContent!.trim())
      if (words && wider && style.overflowX !== 'visible' && style.textOverflow !== 'ellipsis' && style.display !== 'inline')
        said.push(`cut off: ${name(e)} ${e.scrollWidth} in ${e.clientWidth}`)
      if (e.matches('button, a, input, h2') && (box.right > innerWidth + 1 || box.left < -1)) said.push(`outside of the window: ${name(e)}`)
    }
    return said
  })

describe.skipIf(!canRun)('every view', () => {
  let home: Home
  let project: SmallProject
  let server: Server
  let browser: Browser
  let page: Page
  let errors: string[]

  beforeAll(async () => {
    home = newHome()
    project = await birds(8, (i) => ({
      split: i < 6 ? 'train' : 'val',
      labels: [{ label: i % 2 ? 'wren' : 'robin' }],
      tags: ['first'],
      ...(i === 0 && {
        regions: [{ label: 'robin', shape: { kind: 'box' as const, x: 20, y: 20, w: 60, h: 50 }, attributes: { size: 'small' } }],
        captions: [{ text: 'a robin on a branch', language: 'en' }],
      }),
    }))
    const opened = openProject(project.folder)
    for (const name of ['First', 'Second, with a longer name']) {
      const run = startRun(opened, { kind: 'train', recipe: 'lp', settings: { name }, folder: `checkpoints/${name}`, status: 'queued' })
      updateRun(opened, run.id, { status: 'done', metrics: { val: 0.5, steps: 3, loss: [3, 2, 1] } })
    }
    opened.close()
    server = await serve(home, { project: project.folder })
    ;({ browser, page, errors } = await visit(server))
    await page.waitForSelector('[role=option] img')
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    home?.remove()
    project?.remove()
  })
  async function command(text: string): Promise<void> {
    await page.keyboard.press('Control+k')
    await page.waitForSelector('.palette')
    await page.keyboard.type(text)
    await page.keyboard.press('Enter')
  }

  const views = [
    ['#/data', '[role=option] img'],
    ['#/data?tool=split', '.curate h2'],
    ['#/data?tool=map', '.curate h2'],
    ['#/label/1', '.list .line'],
    ['#/train', '[data-run]'],
    ['#/compare', 'section.room'],
    ['#/merge', 'section.room'],
    ['#/nowhere', '[data-unknown]'],
  ] as const
  const sizes = [
    { width: 1280, height: 800 },
    { width: 1920, height: 1080 },
  ]
  it.each(['en', 'ja'] as const)('is whole and accessible in %s', async (language) => {
    await command(language === 'ja' ? '日本語' : 'English')
    await page.waitForFunction((l) => document.documentElement.lang === l, language, { polling: 50 })
    const found: Record<string, string[]> = {}
    for (const [hash, ready] of views) {
      await page.evaluate((hash) => (location.hash = hash), hash)
      await page.waitForSelector(ready)
      if (hash.startsWith('#/label')) await page.click('[data-name=regions]')
      for (const theme of ['light', 'dark'] as const) {
        await page.emulateMedia({ colorScheme: theme })
        await page.waitForFunction((t) => document.documentElement.dataset['theme'] === t, theme, { polling: 50 })
        for (const size of sizes) {
          await page.setViewportSize(size)
          await settled(page)
          // Whose rules a theme or a size can change, there; all of them once.
          const rules = theme === 'light' && size === sizes[0] ? undefined : ['color-contrast']
          const said = [...(await cutOff(page)), ...(await findings(page, rules))]
          if (said.length) found[`${hash} ${theme} ${size.width}`] = said
        }
      }
    }
    expect(found).toEqual({})
  })

  it('logged no error', () => {
    expect(errors).toEqual([])
  })
})
