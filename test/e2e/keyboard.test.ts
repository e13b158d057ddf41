/** From the first page to a trained run without a mouse. */
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listRuns, openProject, projectInfo, type Project } from '../../src-main/app/projects/index.ts'
import { canRun, newHome, patience, serve, visit, type Home, type Server } from './browser.ts'
import { oddFolder, type OddFolder } from './odd-folder.ts'

describe.skipIf(!canRun)('the keyboard alone', () => {
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

  it('opens a folder, makes labels, splits, trains', async () => {
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
