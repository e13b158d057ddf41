/** From the first page to a trained run without a mouse. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { imageContent, listRuns, openProject, projectInfo, type Project } from '../../src-main/app/projects/index.ts'
import { canRun, newHome, patience, serve, visit, type Home, type Server } from './browser.ts'
import { oddFolder, type OddFolder } from './odd-folder.ts'

describe.skipIf(!canRun)('keyboard only', () => {
  let home: Home
  let odd: OddFolder
  let server: Server
  let browser: Browser
  let page: Page
  const read = <T>(look: (project: Project) => T): T => {
    const project = openProject(odd.folder, { readOnly: true })
    try {
      return look(project)
    } finally {
      project.close()
    }
  }

  beforeAll(async () => {
    home = newHome()
    odd = await oddFolder(4)
    server = await serve(home)
    ;({ browser, page } = await visit(server))
    await page.waitForSelector('.welcome')
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    odd?.remove()
    home?.remove()
  })

  /** Presses Tab until the focus is on what matches, once that can be used. */
  async function tabTo(selector: string, words = ''): Promise<void> {
    await page.locator(`${selector}:not([disabled])`, { hasText: words }).first().waitFor()
    const seen: string[] = []
    for (let i = 0; i < 200; i++) {
      const at = await page.evaluate(
        ([selector, words]) => {
          const e = document.activeElement!
          return {
            there: e.matches(selector!) && e.textContent!.includes(words!),
            text: `${e.tagName} ${(e.getAttribute('aria-label') ?? e.textContent ?? '').trim().slice(0, 30)}`,
          }
        },
        [selector, words],
      )
      if (at.there) return
      seen.push(at.text)
      await page.keyboard.press('Tab')
    }
    throw new Error(`Tab does not come to ${selector} ${words}: ${seen.join(' · ')}`)
  }
  async function command(text: string): Promise<void> {
    await page.keyboard.press('Control+k')
    await page.waitForSelector('.palette')
    await page.keyboard.type(text)
    await page.keyboard.press('Enter')
  }

  it('opens a folder and makes labels', async () => {
    server.chooses?.(odd.folder)
    await command('Open a folder')
    if (!server.chooses) {
      await page.waitForFunction(() => document.querySelector<HTMLInputElement>('[role=dialog] input')?.value)
      await tabTo('[role=dialog] input')
      await page.keyboard.press('Control+a')
      await page.keyboard.type(odd.folder)
      await page.keyboard.press('Enter')
      await page.waitForFunction((to) => document.querySelector<HTMLInputElement>('[role=dialog] input')?.value === to, odd.folder)
      await tabTo('[role=dialog] button', 'Choose this folder')
      await page.keyboard.press('Enter')
    }
    await tabTo('[data-set-up]')
    await page.keyboard.press('Enter')
    await expect.poll(() => read((p) => projectInfo(p).imageLabels), { timeout: patience }).toBe(3 * 4 + 20 + 4)
    await page.waitForSelector('[role=option]')
  })

  it('changes the class of every image with one key each, including unreadable ones', async () => {
    const images = read((p) => p.db.all<{ id: number; path: string }>('SELECT id, path FROM media ORDER BY id'))
    expect(images.map((m) => m.path)).toEqual(expect.arrayContaining(odd.unreadable))
    const opened = (i: number) =>
      page.waitForFunction((path) => document.querySelector('strong.name')?.getAttribute('title') === path, images[i]!.path, {
        polling: 20,
      })
    await tabTo('[role=listbox]')
    await page.keyboard.press('Enter') // the image under the focus
    await opened(0)
    await page.keyboard.press('Shift+L')
    await page.waitForSelector('.classify')
    // apple, leaf and sky have the numbers 1 to 3: each image gets the one after its folder's.
    const wanted = images.map(({ path }) => ((['apple', 'leaf', 'sky'].indexOf(path.split('/')[0]!) + 1) % 3) + 1)
    for (const [i, number] of wanted.entries()) {
      await opened(i)
      await page.keyboard.press(String(number))
    }
    const stored = () => read((p) => images.map(({ id }) => imageContent(p, id).labels.map((l) => l.labelId)))
    await expect.poll(stored, { timeout: patience }).toEqual(wanted.map((n) => [n]))
    // The last one has no next: it stays open, and says what it is.
    await page.waitForSelector(`.classify >> text=${images.length} of ${images.length} labelled`)
    await opened(images.length - 1)
    // One undo comes back to it, and a key means it again.
    await page.keyboard.press('Control+z')
    await expect.poll(() => stored().at(-1), { timeout: patience }).not.toEqual([wanted.at(-1)])
    await opened(images.length - 1)
    await page.keyboard.press(String(wanted.at(-1)))
    await expect.poll(stored, { timeout: patience }).toEqual(wanted.map((n) => [n]))
    await page.keyboard.press('Shift+L')
    await page.waitForSelector('.classify', { state: 'detached' })
  })

  it('splits and trains on them', async () => {
    await page.keyboard.press('Alt+1')
    await page.waitForSelector('[role=option]')
    await command('Make splits')
    await tabTo('button', 'Propose')
    await page.keyboard.press('Enter')
    await tabTo('[data-apply]')
    await page.keyboard.press('Enter')
    await expect.poll(() => Object.keys(read((p) => projectInfo(p).splits)).length, { timeout: patience }).toBeGreaterThan(1)

    await page.keyboard.press('Alt+3')
    await tabTo('[data-start]')
    await page.keyboard.press('Enter')
    await page.waitForSelector('[data-run][data-status=done]')
    expect(read(listRuns)).toMatchObject([{ status: 'done', kind: 'train' }])
  })
})
