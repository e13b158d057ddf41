/** The whole loop in real Chromium, by mouse and keyboard: the sample → train → compare → soup → what the soup sees on an image. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findRecord } from '../../src-main/engine/weights/checkpoint.ts'
import { removeMedia } from '../../src-main/app/annotations/index.ts'
import { findMedia, imageContent, listCheckpoints, listRuns, listSnapshots, openProject } from '../../src-main/app/projects/index.ts'
import { canRun, findings, newHome, patience, serve, transport, visit, type Home, type Server } from './browser.ts'

// Over the port, first-open.test.ts trains; most of the time of this one is the engine's.
describe.skipIf(!canRun || transport === 'port')('the loop', () => {
  let home: Home
  let server: Server
  let browser: Browser
  let page: Page
  let errors: string[]
  const folder = () => join(home.dataFolder, 'sample')
  const stored = <T>(read: (project: ReturnType<typeof openProject>) => T): T => {
    const project = openProject(folder(), { readOnly: true })
    try {
      return read(project)
    } finally {
      project.close()
    }
  }
  const row = (name: string, status = 'done'): Locator => page.locator(`[data-run="${name}"][data-status="${status}"]`)
  const cell = (name: string, column: number) => page.locator(`[data-run="${name}"] td >> nth=${column}`).innerText()
  const shown = () => page.locator('main')
  /** As a person fills a field: into it, all of it, and on. */
  async function fill(label: string, text: string): Promise<void> {
    const field = shown().getByLabel(label, { exact: true })
    await field.click()
    await field.press('Control+a')
    await field.pressSequentially(text)
    await field.press('Tab')
  }
  async function choose(select: string, option: string): Promise<void> {
    await shown().locator(select).click()
    await page.locator('.n-base-select-option', { hasText: new RegExp(`^${option}$`) }).click()
  }
  /** The server ends and begins again, and the page is loaded anew. */
  async function restarted(meanwhile?: () => void): Promise<void> {
    const { port } = server
    await server.close()
    meanwhile?.()
    server = await serve(home, { port })
    await page.reload()
    errors.splice(0) // the browser logs each attempt to reconnect
  }
  const start = () => shown().locator('[data-start]').click()

  beforeAll(async () => {
    home = newHome()
    server = await serve(home)
    ;({ browser, page, errors } = await visit(server))
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    home?.remove()
  })

  it('starts with the sample, and with rooms that lead to the next step', async () => {
    await page.click('.choice.first')
    await page.waitForSelector('.thumb img') // drawn the first time
    for (const [key, text] of [
      ['Alt+4', 'No checkpoints yet'],
      ['Alt+5', 'Nothing to blend yet'],
    ] as const) {
      await page.keyboard.press(key)
      await page.waitForSelector(`text=${text}`)
    }
    await page.click('text=Go to Train')
    await page.waitForSelector('text=No runs yet')
  })

  it('goes on with fewer pictures of what is forgotten and of each test, which each run would look at', async () => {
    await restarted(() => {
      const project = openProject(folder())
      try {
        const of = (split: string) =>
          project.db.all<{ id: number }>('SELECT id FROM media WHERE split = ? ORDER BY id', split).map(({ id }) => id)
        expect(of('forgotten').length).toBeGreaterThan(1000)
        removeMedia(project, [
          ...of('forgotten').slice(100),
          ...['val', 'heldOut', 'id', 'ood'].flatMap((split) => of(split).filter((_, i) => i % 2)),
        ])
      } finally {
        project.close()
      }
    })
    await page.waitForSelector('text=No runs yet')
  })

  it('trains a linear probe with the settings in its form', async () => {
    await fill('Values of C', '5')
    await fill('Name', 'Probe')
    await start()
    await row('Probe').waitFor()
    const [run] = stored((p) => listRuns(p))
    expect(run).toMatchObject({ recipe: 'lp', status: 'done', settings: { cCount: 5, seed: 0, model: null, name: 'Probe' } })
    expect(run!.metrics['id']).toBeGreaterThan(0.2)
    expect(await page.locator('[data-current-run="Probe"] figure path').count()).toBeGreaterThan(0)
  })

  it('names the invalid setting in one line, and starts nothing', async () => {
    await page.click('[data-advanced]')
    await fill('Smallest C', '10')
    await fill('Largest C', '-1')
    await start()
    expect(await page.innerText('[role=alert]')).toMatch(/^recipe lp: cMax: /)
    expect(stored((p) => listRuns(p))).toHaveLength(1)
    await page.click('text=Defaults')
  })

  it('sweeps six runs, of fewer pictures and of two draws, and shows them as one', async () => {
    await fill('Values of C', '2')
    await page.click('[data-sweep-form] summary')
    await choose('[data-sweep-form] [data-preset]', 'Few-shot curve')
    await fill('Values of Shots', '1, 2, 4')
    await fill('Seeds', '2')
    await page.waitForSelector('[data-count] >> text=6 runs')
    await page.click('[data-start-sweep]')
    await page.waitForSelector('[data-sweep] [data-progress] >> text=6 of 6 runs done')
    expect(await page.locator('[data-sweep-row][data-done="2"]').count()).toBe(3)
    const shots = stored((p) => listRuns(p)).map((r) => [r.settings['shots'], r.metrics['id'] as number] as const)
    const mean = (n: number) => shots.filter(([s]) => s === n).reduce((sum, [, id]) => sum + id / 2, 0)
    expect(mean(4)).toBeGreaterThan(mean(1)) // more pictures, fewer mistakes
    await page.click('[data-sweep-form] summary')
  })

  it('fine-tunes with a live curve, a rate and the time left', async () => {
    await choose('[data-recipe]', 'Linear probe, then fine-tuning')
    await fill('Epochs', '4')
    await fill('Values of C', '5')
    await fill('Learning rate', '0.0003')
    await fill('Name', 'Probe, then tune')
    await start()
    await page.click('[data-open-log]')
    await page.waitForSelector('[data-run-log] .lines >> text=/^.*begun: .*device auto; seed 0/')
    await page.waitForSelector('[data-current-run="Probe, then tune"] [role=status] >> text=/training · step \\d+ of \\d+/')
    await page.waitForSelector('[data-use-of=cpu] >> text=/%/') // the second sample has the CPU time since the first
    await page.waitForSelector('[data-use-of=memory] >> text=/\\d+ MB/')
    await page.waitForSelector('[data-current-run="Probe, then tune"] [role=status] >> text=/images\\/s/')
    expect(await page.innerText('footer')).toContain('Training · Probe, then tune')
    await row('Probe, then tune').waitFor()
    await page.waitForSelector('[data-run-log] .lines >> text=/epoch 4: held-out accuracy/')
    await page.waitForSelector('[data-run-log] .lines >> text=/done, on /')
    await page.click('[data-open-log]')
    expect(await page.locator('[data-use]').count()).toBe(0)
    expect(await page.locator('footer .job').count()).toBe(0)
  })

  it('cancels a run, which can be resumed', async () => {
    await choose('[data-recipe]', 'Full fine-tuning')
    await fill('Epochs', '60')
    await fill('Name', 'Long')
    await start()
    await page.waitForSelector('[data-current-run=Long] [data-left]')
    await page.waitForSelector('[data-current-run=Long] [role=status] >> text=/training · step ([3-9]|\\d\\d+) of/')
    await page.click('[data-current-run=Long] [data-cancel]')
    await row('Long', 'cancelled').waitFor()
    const [run] = stored((p) => listRuns(p))
    expect(run!.status).toBe('cancelled')
    const done = run!.metrics['steps'] as number
    expect(done).toBeGreaterThan(0)
    expect(existsSync(join(folder(), `${run!.folder}.run`))).toBe(true)
    await page.click('[data-current-run=Long] [data-again] >> text=Resume')
    await page.waitForFunction(
      (done) =>
        Number(/step (\d+) of/.exec(document.querySelector('[data-current-run=Long] [role=status]')?.textContent ?? '')?.[1]) > done,
      done,
      { polling: 50 },
    )
    // From the status bar this time.
    await page.click('footer [aria-label="Cancel this job"]')
    await page.waitForFunction(() => document.querySelectorAll('[data-run=Long][data-status=cancelled]').length === 1) // it is one run, gone on with
  })

  it('keeps its runs across a restart, and sorts them by any column', async () => {
    const before = await page.locator('[data-run]').count()
    await restarted()
    await row('Probe').waitFor()
    expect(await page.locator('[data-run]').count()).toBe(before)
    await page.click('[data-run="Probe, then tune"] .name')
    await page.waitForSelector('[data-current-run="Probe, then tune"] figure path') // its curve is in the project
    await page.focus('th button >> text=id')
    await page.keyboard.press('Enter')
    const ids = (await page.locator('[data-run] td:nth-child(5)').allInnerTexts()).map(Number)
    expect(ids.slice(0, 2)).toEqual([...ids.slice(0, 2)].sort((a, b) => b - a))
    expect(await cell('Long', 4)).toBe('–') // what was not measured is last, and says so
    expect(await findings(page)).toEqual([])
  })

  it('compares the runs selected in the table', async () => {
    for (const name of ['Probe', 'Probe, then tune']) await page.getByLabel(`Select ${name}`, { exact: true }).click()
    await page.waitForSelector('figure .legend >> text=Probe, then tune') // both curves over one another
    await page.click('[data-compare]')
    await page.waitForSelector('[data-row="Probe"]') // it was asked for: nobody has to ask again
    await shown().locator('[data-model=Nano]').click()
    await start()
    await page.waitForSelector('[data-row="Nano"]')
    expect(await page.innerText('[data-row="Nano"]')).toContain('reference') // what the others were made from
    await page.reload()
    await page.waitForSelector('[data-row="Nano"]')
    expect(await page.locator('[data-row]').count()).toBe(3)
    const said = await page.innerText('[data-row="Probe, then tune"]')
    const stands = stored((p) => listRuns(p)).find((r) => r.settings['name'] === 'Probe, then tune')!.metrics['id'] as number
    expect(said).toContain((100 * stands).toFixed(1))
    expect(said).toMatch(/[+−±]\d+\.\d, p/)
    expect(await page.locator('svg[aria-label="ID and OOD accuracy"] [data-mark]').count()).toBe(3)
    const shares = (await page.locator('.classes .most').allInnerTexts()).map((t) => Math.abs(Number(t.replace('−', '-'))))
    expect(shares.length).toBeGreaterThan(20)
    expect(shares).toEqual([...shares].sort((a, b) => b - a))
    expect(await findings(page)).toEqual([])
  })

  it('opens an image on which they differ', async () => {
    const picture = page.locator('[data-apart] >> nth=0')
    const file = await picture.getAttribute('title')
    await picture.click()
    await page.waitForSelector('.canvas canvas')
    await page.waitForFunction((file) => file!.endsWith(document.querySelector('strong.name')?.textContent ?? '-'), file)
    await page.keyboard.press('Alt+4')
    await page.waitForSelector('[data-row="Nano"]') // what was compared is still there
  })

  it('makes a uniform soup of selected runs', async () => {
    await page.keyboard.press('Alt+5')
    for (const name of ['Probe', 'Probe, then tune']) await shown().locator(`[data-model="${name}"]`).click()
    await page.waitForSelector('text=/The soup will be about 1\\d MB/')
    await fill('Name', 'Half and half')
    await start()
    await row('Half and half').waitFor()
    expect(await page.locator('[data-current-run="Half and half"] li').allInnerTexts()).toEqual([
      expect.stringContaining('50.0%'),
      expect.stringContaining('50.0%'),
    ])
    const soup = stored((p) => listCheckpoints(p)).find((c) => c.name === 'Half and half')!
    expect(findRecord(join(folder(), soup.folder))?.merge).toMatchObject({ method: { name: 'uniform' } })
  })

  it('makes a greedy soup, and shows its ledger', async () => {
    await choose('[data-method]', 'Greedy soup')
    await start()
    await row('Greedy soup of 2').waitFor()
    await page.waitForSelector('[data-current-run="Greedy soup of 2"] [data-ledger] tbody tr')
    const ledger = await page.locator('[data-current-run="Greedy soup of 2"] [data-ledger] tbody tr').allInnerTexts()
    expect(ledger).toHaveLength(2)
    expect(ledger[0]).toMatch(/Probe.*%.*%\s+taken/s)
    expect(await findings(page)).toEqual([])
  })

  it('interpolates between a base and a tuned model with a slider', async () => {
    await choose('[data-method]', 'WiSE-FT')
    await shown().getByLabel('Base').click()
    await page.locator('.n-base-select-option', { hasText: /^Probe$/ }).click()
    await page.focus('input[type=range]')
    for (let i = 0; i < 5; i++) await page.keyboard.press('ArrowLeft')
    await page.waitForSelector('text=alpha = 0.25')
    await start()
    await row('WiSE-FT of 1').waitFor()
    const { merge } = findRecord(join(folder(), stored((p) => listCheckpoints(p)).find((c) => c.name === 'WiSE-FT of 1')!.folder))!
    expect(merge).toMatchObject({
      method: { name: 'wise-ft', alpha: 0.25 },
      ingredients: [{ path: expect.stringMatching(/Probe$/) }, { path: expect.stringMatching(/tune$/) }],
    })
  })

  it('compares the soup with its ingredients', async () => {
    await page.click('[data-run="Half and half"] .name')
    await page.click('[data-current-run="Half and half"] [data-compare]')
    await page.waitForSelector('[data-row="Half and half"]')
    expect(await page.locator('[data-row]').count()).toBe(3)
  })

  it('shows the soup’s predictions on the open image', async () => {
    await page.keyboard.press('Alt+5')
    await page.click('[data-current-run="Half and half"] [data-apply]')
    await page.waitForSelector('.score')
    const shares = (await page.locator('.score .number').allInnerTexts()).map(parseFloat)
    expect(shares.length).toBeGreaterThan(3)
    expect(shares).toEqual([...shares].sort((a, b) => b - a))
    expect(await page.innerText('.inspector')).toContain('Half and half')
    expect(errors).toEqual([])
  })

  it('queues what the probe doubts, takes its class for two images, and trains again by one key', async () => {
    await page.keyboard.press('Alt+3')
    await page.click('[data-run=Probe] .name')
    await page.waitForSelector('[data-current-run=Probe]')
    await page.keyboard.press('Shift+W')
    await page.waitForSelector('[data-next-start]:not([disabled])')
    await page.click('[data-next-strategy]')
    await page.locator('.n-base-select-option', { hasText: 'Disagrees with the label' }).click()
    await page.waitForSelector('[data-next-filter] >> text=all images') // no wrong label is on an image without one
    await page.getByLabel('How many', { exact: true }).fill('5')
    await page.locator('[data-next-start]').press('Enter')
    await page.waitForSelector('.canvas canvas')
    const labelOf = (path: string) =>
      stored((p) =>
        imageContent(p, findMedia(p, { pathText: path }).find((m) => m.path === path)!.id).labels.filter((l) => l.state === 'accepted'),
      )
    for (let n = 1; n <= 2; n++) {
      await page.waitForSelector('[data-take-guess]')
      const here = await page.innerText('strong.name')
      const [before] = labelOf(here)
      await page.keyboard.press('Control+Enter')
      await page.waitForFunction((was) => document.querySelector('strong.name')?.textContent !== was, here, { polling: 50 })
      await expect.poll(() => labelOf(here), { timeout: patience }).toMatchObject([{ author: { kind: 'checkpoint' } }])
      expect(labelOf(here)[0]!.labelId).not.toBe(before!.labelId)
    }
    await page.keyboard.press('Control+Shift+F')
    await page.waitForSelector('.n-message >> text=/Training “Probe 2”/')
    await page.keyboard.press('Alt+3')
    await row('Probe 2').waitFor()
    expect(await row('Probe').count()).toBe(1)
    const [again] = stored((p) => listRuns(p))
    expect(again!.settings).toMatchObject({ name: 'Probe 2', cCount: 5 }) // as the first one, on the new labels
    expect(stored((p) => listSnapshots(p).map((s) => s.name))).toEqual(['Probe 2'])
    expect(errors).toEqual([])
  })
})
