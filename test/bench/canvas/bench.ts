/** The canvas and the app in real Chromium, software rendering: frames, answers to the hand, and time until shown. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { build, preview, type InlineConfig } from 'vite'
import { appBench } from './app.ts'
import type { CanvasBenchPage } from './page/main.ts'

declare global {
  var bench: CanvasBenchPage
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!
const percentile = (values: readonly number[], p: number) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * p)]!

/** Builds the page as the application is built and measures it. Run from the repository's root. Names carry their units. */
export async function canvasBench(report: (name: string, value: number) => void = () => undefined): Promise<Record<string, number>> {
  const root = resolve('test/bench/canvas/page')
  const outDir = mkdtempSync(join(tmpdir(), 'dashi-canvas-'))
  const config: InlineConfig = {
    root,
    configFile: false,
    logLevel: 'error',
    build: { outDir, emptyOutDir: true },
    worker: { format: 'es' },
    preview: { port: 0, host: '127.0.0.1' },
  }
  await build(config)
  const server = await preview(config)
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
  })
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
    const errors: Error[] = []
    page.on('pageerror', (e) => errors.push(e))
    await page.goto(server.resolvedUrls!.local[0]!)
    await page.waitForFunction(() => 'bench' in globalThis)
    await page.evaluate(() => bench.prepare())
    const figures: Record<string, number> = {}
    const figure = (name: string, value: number) => {
      figures[name] = value
      report(name, value)
    }
    await measure(page, figure)
    if (errors.length) throw errors[0]!
    await page.close()
    await appBench(browser, figure)
    return figures
  } finally {
    await browser.close()
    await server.close()
    rmSync(outDir, { recursive: true, force: true })
  }
}

async function measure(page: Page, figure: (name: string, value: number) => void): Promise<void> {
  const frames = async (name: string, how: 'pan' | 'zoom') => {
    const times = await page.evaluate((h) => bench.frames(h), how)
    figure(`${name}: ${how}, median (frames/s)`, 1000 / median(times))
    figure(`${name}: ${how}, slowest twentieth (ms)`, percentile(times, 0.95))
  }

  const many = '5,000 polygons × 20 vertices'
  figure(`${many}: shown (ms)`, await page.evaluate(() => bench.open('5,000 polygons')))
  figure(`${many}: drawn by its thread (ms)`, await page.evaluate(() => bench.raster()))
  await frames(many, 'pan')
  await frames(many, 'zoom')
  await page.evaluate(() => bench.zoomTo(1))
  await frames(`${many}, at 1:1`, 'pan')
  await page.evaluate(() => bench.fit())
  figure(`${many}: vertex dragged, answer to the release (ms)`, await dragVertices(page, [4000, 3000, 2000, 1000, 500]))
  figure(`${many}: box drawn, answer to the release (ms)`, await drawBoxes(page))

  figure('200 masks of 4 megapixels: shown (ms)', await page.evaluate(() => bench.open('200 masks')))
  await page.evaluate(() => bench.zoomTo(0.9))
  figure('200 masks of 4 megapixels: drawn again by their thread (ms)', await page.evaluate(() => bench.raster()))
  await frames('200 masks of 4 megapixels', 'pan')
  await page.evaluate(() => bench.fit())

  const huge = 'polygon of 20,000 vertices'
  figure(`${huge}: shown (ms)`, await page.evaluate(() => bench.open('20,000 vertices')))
  figure(`${huge}: vertex dragged, answer to a move (ms)`, await dragVertices(page, [1], 'pointermove'))
  figure(`${huge}: vertex dragged, answer to the release (ms)`, await dragVertices(page, [1, 1, 1]))

  const next: number[] = []
  for (const image of [1, 2, 3]) next.push(await page.evaluate((i) => bench.open('empty', i), image))
  figure('next image of 4 megapixels, prefetched: shown (ms)', median(next))
}

/** Selects each region and pulls its first vertex away: the median answer. Throws where a pull was no edit. */
async function dragVertices(page: Page, ids: readonly number[], answer: 'pointerup' | 'pointermove' = 'pointerup'): Promise<number> {
  const times: number[] = []
  await page.evaluate(() => bench.tool('select'))
  for (const id of ids) {
    await page.evaluate((i) => bench.select(i), id)
    const before = await page.evaluate(() => bench.edits())
    const { x, y } = await page.evaluate((i) => bench.vertex(i), id)
    await page.mouse.move(x, y)
    await page.mouse.down()
    await page.mouse.move(x + 6, y + 4)
    const answered = page.evaluate((type) => bench.answerTo(type), answer)
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(done))) // the listener is there
    await page.mouse.move(x + 12, y + 8)
    await page.mouse.up()
    times.push(await answered)
    if ((await page.evaluate(() => bench.edits())) !== before + 1) throw new Error(`region ${id} was not edited`)
  }
  return median(times)
}

async function drawBoxes(page: Page): Promise<number> {
  const times: number[] = []
  await page.evaluate(() => bench.tool('box'))
  for (let i = 0; i < 5; i++) {
    const before = await page.evaluate(() => bench.edits())
    await page.mouse.move(300 + 40 * i, 300)
    await page.mouse.down()
    await page.mouse.move(400 + 40 * i, 380)
    const answered = page.evaluate(() => bench.answerTo('pointerup'))
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(done)))
    await page.mouse.up()
    times.push(await answered)
    if ((await page.evaluate(() => bench.edits())) !== before + 1) throw new Error('no box was drawn')
  }
  return median(times)
}
