/** The port between a page and the built desktop program, in a real Chromium: what it carries and what it refuses. */
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { programRoot } from '../../src-main/program.ts'
import { canRun, launch, newContext, newHome, type Home } from '../e2e/browser.ts'
import { Desktop } from '../helpers/electron/desktop.ts'
import { decode, encode } from '../helpers/electron/plain.ts'
import { openInBrowser, type DesktopWindow } from '../helpers/electron/window.ts'

describe.skipIf(!canRun)('the port', () => {
  let home: Home
  let desktop: Desktop
  let window: DesktopWindow
  let browser: Browser
  let page: Page
  beforeAll(async () => {
    home = newHome()
    desktop = new Desktop(join(programRoot, 'out', 'main', 'electron.js'), [], { DASHI_HOME: join(home.configFolder, '..') })
    await desktop.hears('window')
    window = await openInBrowser(desktop)
    browser = await launch()
    page = await (await newContext(browser)).newPage()
    await page.addInitScript(window.preload)
    await page.goto(window.url)
    await page.waitForSelector('.welcome')
  })
  afterAll(async () => {
    await browser?.close()
    desktop?.quit()
    await desktop?.exited
    await window?.close()
    home?.remove()
  })

  /** A port of its own beside the page's; what came of posting each of these. */
  const posted = () =>
    page.evaluate(
      () =>
        new Promise<Record<string, string>>((resolve) => {
          globalThis.addEventListener('message', ({ data, ports: [port] }) => {
            if (data !== 'dashi:port' || !port) return
            const tried: [string, () => unknown][] = [
              ['a proxy', () => new Proxy({ call: 1 }, {})],
              ['a function', () => ({ call: 1, method: () => 1 })],
              ['an element', () => ({ call: 1, input: document.body })],
              ['a plain call', () => ({ call: 7, method: 'app.about', input: {} })],
            ]
            const came: Record<string, string> = {}
            port.onmessage = (event: MessageEvent<{ answer?: number }>) => void (event.data.answer === 7 && (port.close(), resolve(came)))
            for (const [what, message] of tried) {
              try {
                port.postMessage(message())
                came[what] = 'carried'
              } catch (e) {
                came[what] = (e as Error).name
              }
            }
          })
          ;(globalThis as unknown as { dashi: { requestPort(): void } }).dashi.requestPort()
        }),
    )

  it('clones what the page posts, as Electron does: what cannot be cloned fails in the page', async () => {
    expect(await posted()).toEqual({
      'a proxy': 'DataCloneError',
      'a function': 'DataCloneError',
      'an element': 'DataCloneError',
      'a plain call': 'carried',
    })
  })

  it('answers what is no plain data by name of its call, and goes on', async () => {
    const port = await desktop.port()
    const answers: unknown[] = []
    port.onMessage((message) => answers.push(message))
    port.send({ call: 1, method: 'app.about', input: new Map([['a', 1]]) })
    port.send({ call: 2, method: 'app.about', input: { at: new Date() } })
    port.send({ call: 3, method: 'app.about', input: {} })
    await expect.poll(() => answers.length).toBe(3)
    expect(answers).toEqual([
      { answer: 1, error: expect.objectContaining({ fault: 'user', message: expect.stringContaining('no JSON') as unknown }) as unknown },
      { answer: 2, error: expect.objectContaining({ fault: 'user' }) as unknown },
      { answer: 3, output: expect.objectContaining({ installation: 'source' }) as unknown },
    ])
    port.close()
  })

  it('is bridged without a change, or not at all', () => {
    const message = { call: 1, input: { left: undefined, none: null, list: [1, -0, NaN, Infinity, 'text', [], {}] } }
    expect(decode(encode(message))).toStrictEqual(message)
    for (const value of [
      new Map(),
      new Date(),
      new Uint8Array(2),
      () => 1,
      1n,
      new (class Thing {
        a = 1
      })(),
    ])
      expect(() => encode({ value })).toThrow('no plain data')
  })
})
