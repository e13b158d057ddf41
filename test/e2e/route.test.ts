/** Addresses in real Chromium: Back, Forward, reload and links for every view, and what an address says that leads nowhere. */
import { randomUUID } from 'node:crypto'
import type { Page } from 'playwright-core'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { openProject, startRun, updateRun } from '../../src-main/app/projects/index.ts'
import { appForTests } from './app-for-tests.ts'
import { canRun, findings, newContext, newHome, openPage, serve, transport } from './browser.ts'
import { birds, type SmallProject } from './project.ts'

/** The desktop's windows have neither tabs nor sessions. */
const tabs = it.skipIf(transport === 'port')

describe.skipIf(!canRun)('addresses', () => {
  const app = appForTests()
  let project: SmallProject
  let page: Page
  let runs: string[]

  const box = (x: number) => ({ label: 'robin', shape: { kind: 'box' as const, x, y: 20, w: 60, h: 50 } })
  const at = (hash: string) => `http://127.0.0.1:${app.server.port}/${hash}`
  /** When the address says so; writes of it come a moment after what they say. */
  const address = (pattern: RegExp, where = page) =>
    where.waitForFunction(([p]) => new RegExp(p!).test(decodeURIComponent(location.hash)), [pattern.source], { polling: 50 })
  const room = (name: string, where = page) => where.waitForSelector(`nav [aria-current=page] >> text=${name}`)
  const image = (name: string, where = page) =>
    where.waitForFunction((name) => document.querySelector('strong.name')?.textContent === name, name, { polling: 50 })
  const shown = (n: number, where = page) =>
    where.waitForFunction((n) => document.querySelectorAll('main [role=option]').length === n, n, { polling: 50 })
  const goTo = async (hash: string) => {
    await page.evaluate((hash) => (location.hash = hash), hash)
  }

  beforeAll(async () => {
    project = app.keep(
      await birds(6, (i) => ({
        split: i < 4 ? 'train' : 'val',
        labels: [{ label: i % 2 ? 'wren' : 'robin' }],
        ...(i === 1 && { regions: [box(20), box(120)] }),
        ...(i === 0 && {
          captions: [
            { text: 'a robin', language: 'en' },
            { text: 'a bird', language: 'en' },
          ],
        }),
      })),
    )
    const opened = openProject(project.folder)
    runs = ['First', 'Second'].map((name) => {
      const run = startRun(opened, { kind: 'train', recipe: 'lp', settings: { name }, folder: `checkpoints/${name}`, status: 'queued' })
      updateRun(opened, run.id, { status: 'done', metrics: { val: 0.5, steps: 3, loss: [3, 2, 1] } })
      return run.id
    })
    opened.close()
    page = await app.open({ project: project.folder })
    await page.waitForSelector('[role=option] img')
  })
  beforeEach(async () => {
    await goTo('#/data')
    await room('Data')
    await shown(6)
  })

  it('exist for every room, with back, forward and reload', async () => {
    for (const name of ['Train', 'Compare', 'Merge', 'Data']) {
      await page.click(`nav.rail >> text=${name}`)
      await address(new RegExp(`^#/${name.toLowerCase()}\\?project=`))
    }
    for (const name of ['Merge', 'Compare', 'Train']) {
      await page.goBack()
      await room(name)
    }
    await page.reload()
    await room('Train')
    await page.goForward()
    await room('Compare')
    await page.keyboard.press('Alt+ArrowLeft')
    await room('Train')
    await page.keyboard.press('Alt+ArrowRight')
    await room('Compare')
  })

  it('name the image, with a history step per image', async () => {
    await page.dblclick('[role=option] >> nth=0')
    await image('bird 0.png')
    await page.waitForSelector('.canvas canvas')
    for (const n of [1, 2]) {
      await page.keyboard.press('d')
      await image(`bird ${n}.png`)
    }
    await address(/^#\/label\/3\?/)
    expect(await page.title()).toBe('bird 2.png · Birds · Dashi')
    await page.goBack()
    await image('bird 1.png')
    await page.reload()
    await image('bird 1.png')
    await page.goBack()
    await image('bird 0.png')
    await page.goBack()
    await room('Data')
    await page.goForward()
    await image('bird 0.png')
  })

  it('add one step for everything passed while a key is held down', async () => {
    await goTo('#/label/1')
    await image('bird 0.png')
    await page.focus('.canvas')
    await page.keyboard.down('d')
    for (let i = 0; i < 3; i++) await page.keyboard.down('d') // as the keyboard repeats it
    await page.keyboard.up('d')
    await image('bird 4.png')
    await page.goBack()
    await image('bird 0.png')
  })

  it('keep filters, order and selection across a reload, and undo a filter with Back', async () => {
    await page.click('.facets >> text=train')
    await shown(4)
    await page.click('.facets >> text=wren')
    await shown(2)
    await page.click('[role=option] >> nth=0')
    await page.click('[role=option] >> nth=1', { modifiers: ['Shift'] })
    await address(/labelIds=\[2\]/)
    await address(/split=train.*chosen=all|chosen=all.*split=train/)
    await page.reload()
    await shown(2)
    await page.waitForSelector('.bar >> text=2 selected')
    expect(await page.getAttribute('.facets [aria-pressed=true] >> nth=0', 'aria-pressed')).toBe('true')
    await page.goBack()
    await shown(4)
    await page.goBack()
    await shown(6)
    await page.goForward()
    await shown(4)
    await goTo('#/data?sort=-path')
    await page.waitForFunction(() => document.querySelector('[role=option] .name')?.textContent === 'bird 5.png', undefined, {
      polling: 50,
    })
    await goTo('#/data?pathText=bird%203')
    await shown(1)
    expect(await page.inputValue('.facets input >> nth=0')).toBe('bird 3')
  })

  it('keep the focused and the selected image', async () => {
    await page.click('[role=option] >> nth=3')
    await address(/chosen=4/)
    await page.reload()
    await page.waitForSelector('.bar >> text=1 selected')
    expect(await page.locator('[role=option]').nth(3).getAttribute('aria-selected')).toBe('true')
    await page.focus('[role=listbox]')
    await page.keyboard.press('ArrowRight') // goes on from there
    await address(/chosen=5/)
  })

  it('keep the selected regions', async () => {
    await goTo('#/label/2')
    await image('bird 1.png')
    await page.click('.list .line >> nth=0 >> .plain')
    await address(/regions=\d+/)
    await page.reload()
    await page.waitForSelector('.list .line.on')
    expect(await page.locator('.list .line.on').count()).toBe(1)
  })

  tabs('opens a link in a new tab, which needs no address of its own', async () => {
    const other = await app.context.newPage()
    await other.goto(at('#/label/3'))
    await image('bird 2.png', other)
    await other.goto(at(`#/train/${runs[0]}`))
    await other.waitForSelector('[data-current-run=First]')
    const [tab] = await Promise.all([
      app.context.waitForEvent('page'),
      other.click('[data-run=Second] .name a', { modifiers: ['ControlOrMeta'] }),
    ])
    await tab.waitForSelector('[data-current-run=Second]')
    expect(await other.locator('[data-current-run=First]').count()).toBe(1)
    const [link] = await Promise.all([
      app.context.waitForEvent('page'),
      tab.click('nav.rail >> text=Data', { modifiers: ['ControlOrMeta'] }),
    ])
    await shown(6, link)
    for (const p of [other, tab, link]) await p.close()
  })

  tabs('keeps a tab waiting that nobody lets in, and lets it go where it was to go', async () => {
    const strange = await newContext(app.browser)
    const tab = await strange.newPage()
    await tab.goto(at('#/label/4'))
    await tab.waitForSelector('[data-outside]')
    expect(await tab.innerText('main')).toContain('Open the address shown in the terminal')
    expect(await findings(tab)).toEqual([])
    // The printed address in another tab of that browser.
    const { page: second } = await openPage(strange, app.server)
    await image('bird 3.png', tab)
    expect(new URL(tab.url()).hash).toMatch(/^#\/label\/4/)
    await second.close()
    // Or in the same tab.
    const third = await newContext(app.browser)
    const same = await third.newPage()
    await same.goto(at('#/label/5'))
    await same.waitForSelector('[data-outside]')
    await same.goto(app.server.newUrl())
    await image('bird 4.png', same)
    for (const c of [strange, third]) await c.close()
  })

  tabs('ends for every tab that was let in when one signs out', async () => {
    const own = await newContext(app.browser)
    const { page: first } = await openPage(own, app.server)
    await first.waitForSelector('[role=option] img')
    const second = await own.newPage()
    await second.goto(at('#/label/1'))
    await image('bird 0.png', second)
    await first.keyboard.press('Control+k')
    await first.keyboard.type('sign out')
    await first.keyboard.press('Enter')
    await second.waitForSelector('[role=alert] >> text=This session has ended')
    await first.waitForSelector('[data-outside]')
    // A new address in any tab lets both in again.
    const { page: third } = await openPage(own, app.server)
    await third.waitForSelector('[role=option] img')
    await second.waitForSelector('[role=alert]', { state: 'detached' })
    await second.evaluate(() => (location.hash = '#/label/2'))
    await image('bird 1.png', second)
    await first.waitForSelector('[role=option] img')
    await own.close()
  })

  tabs('is where its address says although the connection goes again and again on the way', async () => {
    const own = await newContext(app.browser)
    const tab = await own.newPage()
    const cut = new Set(['app.hello', 'jobs.list', 'projects.open', 'labels.list', 'media.facets', 'media.ids', 'media.content'])
    const asked: string[] = []
    await tab.routeWebSocket('**/rpc', (page) => {
      const application = page.connectToServer()
      page.onMessage((message) => {
        const { method } = JSON.parse(String(message)) as { method: string }
        asked.push(method)
        if (!cut.delete(method)) return application.send(message)
        void application.close()
        void page.close()
      })
    })
    await tab.goto(`${app.server.newUrl()}#/label/2`)
    await image('bird 1.png', tab)
    await tab.waitForSelector('.canvas canvas')
    await tab.waitForSelector('[role=alert]', { state: 'detached' })
    expect([...cut], asked.join(' ')).toEqual([])
    await own.close()
  })

  tabs('hands its session to another tab only while it is connected, as nobody else can then have brought that tab its page', async () => {
    const own = newHome()
    let other = await serve(own)
    const context = await newContext(app.browser)
    const { page: tab } = await openPage(context, other)
    await tab.waitForSelector('.welcome')
    const said = (ask: string) =>
      tab.waitForFunction(
        (ask) =>
          (window as unknown as { heard: { answer?: string; open?: true }[] }).heard.some(
            (m) => m.answer === ask || (ask === 'open' && m.open),
          ),
        ask,
        { polling: 50 },
      )
    const ask = (name: string) => tab.evaluate((ask) => new BroadcastChannel('dashi:session').postMessage({ ask }), name)
    await tab.evaluate(() => {
      const heard: unknown[] = []
      Object.assign(window, { heard })
      new BroadcastChannel('dashi:session').onmessage = ({ data }) => heard.push(data)
    })
    await ask('connected')
    await said('connected')
    const { port } = other
    await other.close()
    await tab.waitForSelector('[role=alert]')
    await ask('lost') // whoever has the port now
    other = await serve(own, { port })
    await said('open')
    expect(await tab.evaluate(() => (window as unknown as { heard: { answer?: string }[] }).heard.flatMap((m) => m.answer ?? []))).toEqual([
      'connected',
    ])
    await context.close()
    await other.close()
    own.remove()
  })

  it('are followed when edited by hand', async () => {
    await goTo('#/merge')
    await room('Merge')
    await goTo('#/data?tool=map&map=pca&colour=split')
    await page.waitForSelector('aside.curate >> text=Map')
    await page.waitForSelector('aside.curate .method >> text=/PCA|Linear/i')
    await page.reload()
    await page.waitForSelector('aside.curate .method >> text=/PCA|Linear/i')
    await goTo('#/data?tool=balance')
    await page.waitForSelector('aside.curate >> text=Class balance')
    await page.goBack()
    await page.waitForSelector('aside.curate .method')
  })

  it('show the selected run', async () => {
    await goTo('#/train')
    await page.waitForSelector('[data-current-run=Second]') // the latest
    await page.click('[data-run=First] .name')
    await address(new RegExp(`^#/train/${runs[0]}`))
    await page.reload()
    await page.waitForSelector('[data-current-run=First]')
    // A linear probe's curve is over its sweep of C, not over steps.
    await page.waitForSelector('[data-sweep] svg >> text=C value in the sweep')
    expect(await page.locator('[data-current-run] figure').count()).toBe(1)
    await page.goBack()
    await page.waitForSelector('[data-current-run=Second]')
  })

  it('explain calmly that something is gone, and lead on', async () => {
    await goTo('#/label/99')
    await page.waitForSelector('[data-gone] >> text=no longer in the project')
    expect(await findings(page)).toEqual([])
    await page.click('[data-gone] >> text=Go to Data')
    await room('Data')
    await page.goBack()
    await page.waitForSelector('[data-gone]')
    await page.click('[data-gone] >> text=Open the nearest image')
    await image('bird 0.png')

    await goTo(`#/train/${randomUUID()}`)
    await page.waitForSelector('[data-gone] >> text=This run is no longer in the project')
    await page.click('[data-gone] >> text=Show the latest')
    await page.waitForSelector('[data-current-run=Second]')

    await goTo('#/data?labelIds=[1,77]')
    await page.waitForSelector('.n-message >> text=A label that this address filters by')
    await shown(4) // those with the other one
  })

  it('are answered even if they are invalid', async () => {
    for (const hash of [
      '#/nowhere',
      '#/label/abc',
      '#/label/1/2',
      '#/data?labelIds=x',
      '#/data?state=%E0%A4',
      '#/data?sort=-nothing',
      '#!%%%',
    ]) {
      await goTo('#/data')
      await shown(6)
      await goTo(hash)
      await page.waitForSelector('[data-unknown]')
      expect(await page.locator('main').innerText()).toContain('Page not found')
    }
    expect(await findings(page)).toEqual([])
    await page.reload()
    await page.waitForSelector('[data-unknown]')
    await page.click('[data-unknown] >> text=To the images')
    await shown(6)
    await page.goBack()
    await page.waitForSelector('[data-unknown]')
  })

  it('explain what to do about an unknown project, and open nothing', async () => {
    const own = await newContext(app.browser)
    const { page: tab } = await openPage(own, app.server)
    await tab.waitForSelector('[role=option] img')
    const key = /project=([0-9a-f]{16})/.exec(tab.url())![1]!
    await tab.evaluate(() => (location.hash = '#/label/2?project=0123456789abcdef'))
    await tab.waitForSelector('[data-waiting] >> text=was moved or removed')
    // Back is where it was.
    await tab.goBack()
    await shown(6, tab)
    expect(tab.url()).toContain(key)
    await tab.goForward()
    await tab.waitForSelector('[data-waiting]')
    await tab.click('.recent >> text=Birds')
    await shown(6, tab)
    await own.close()
  })

  it('make closing and opening a project history steps too', async () => {
    const own = await newContext(app.browser)
    const { page: tab } = await openPage(own, app.server)
    await tab.waitForSelector('[role=option] img')
    await tab.keyboard.press('Control+k')
    await tab.keyboard.type('close the project')
    await tab.keyboard.press('Enter')
    await tab.waitForSelector('.welcome')
    await tab.reload()
    await tab.waitForSelector('.welcome')
    await tab.goBack()
    await shown(6, tab)
    await tab.goForward()
    await tab.waitForSelector('.welcome')
    await own.close()
  })

  it('revert no edit with Back, and no step with Undo', async () => {
    await goTo('#/label/2')
    await image('bird 1.png')
    await page.waitForFunction(() => document.querySelectorAll('.list .line').length === 2)
    await page.click('.list .line >> nth=0 >> .plain')
    await page.focus('.canvas')
    await page.keyboard.press('Shift+ArrowRight') // nudges
    await page.waitForFunction(() => document.querySelector('[role=status]')?.textContent?.includes('All changes saved'))
    const x = () =>
      project.read((p) =>
        p.db.all<{ shape: string }>('SELECT shape FROM region ORDER BY id').map((r) => (JSON.parse(r.shape) as { x: number }).x),
      )
    expect(x()).toContain(121)
    await page.keyboard.press('Alt+ArrowLeft') // with a region in the hand, too
    await room('Data')
    expect(x()).toContain(121)
    await page.goForward()
    await image('bird 1.png')
    await page.focus('.canvas')
    await page.keyboard.press('Control+z')
    await page.waitForSelector('.n-message >> text=Undone')
    await image('bird 1.png')
    expect(x()).toContain(120)
  })

  it('let a number go to its image, and continue from there', async () => {
    await page.keyboard.press('Control+g')
    await page.keyboard.type('5')
    await page.keyboard.press('Enter')
    await address(/chosen=5/)
    await page.keyboard.press('ArrowLeft')
    await address(/chosen=4/)
    await page.keyboard.press('Enter')
    await image('bird 3.png')
    await page.keyboard.press('Control+g')
    await page.keyboard.type('9')
    await page.waitForSelector('[data-position] >> text=There are 6')
    await page.keyboard.press('Backspace')
    await page.keyboard.type('2')
    await page.keyboard.press('Enter')
    await image('bird 1.png')
    await page.keyboard.press('ArrowRight')
    await image('bird 2.png')
  })

  it('leave the question mark to open the shortcuts', async () => {
    await page.focus('[role=listbox]')
    await page.keyboard.press('Shift+?')
    await page.waitForSelector('.sheet')
    await page.keyboard.press('Escape')
    await page.waitForSelector('.sheet', { state: 'detached' })
  })

  it('come with cards that count captions and regions, each with its own icon', async () => {
    expect(await page.locator('[role=option]').nth(0).locator('[data-captions]').innerText()).toBe('2')
    expect(await page.locator('[role=option]').nth(0).locator('[data-regions]').count()).toBe(0)
    expect(await page.locator('[role=option]').nth(1).locator('[data-regions]').innerText()).toBe('2')
    expect(await page.locator('[role=option]').nth(1).locator('[data-captions]').count()).toBe(0)
  })

  it('come without a horizontal scroll bar in the inspector or cut-off placeholders', async () => {
    await goTo('#/label/2')
    await image('bird 1.png')
    for (const tab of ['regions', 'captions', 'image', 'history']) {
      await page.click(`[data-name=${tab}]`)
      const wide = await page.evaluate(() =>
        [...document.querySelectorAll('.inspector, .inspector *')]
          .filter((e) => /auto|scroll/.test(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth)
          .map((e) => `${e.className} ${e.scrollWidth} in ${e.clientWidth}`),
      )
      expect(wide, tab).toEqual([])
    }
    await page.keyboard.press('Control+k')
    await page.keyboard.type('edit labels')
    await page.keyboard.press('Enter')
    await page.waitForSelector('[role=dialog] .key')
    expect(
      await page.evaluate(
        () =>
          document.body.innerText.includes('Plea') || [...document.querySelectorAll('input')].some((i) => i.placeholder.startsWith('Plea')),
      ),
    ).toBe(false)
    await page.keyboard.press('Escape')
  })

  it('logged no error', () => {
    expect(app.errors).toEqual([])
  })
})
