/** The whole app in real Chromium: how soon it answers after its start on the sample, and how a grid of 250,000 images scrolls. */
import { spawn, type ChildProcess } from 'node:child_process'
import { linkSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import sharp from 'sharp'
import type { ImageRecord } from '#shared/model/record.ts'
import { addRecords, createProject } from '../../../src-main/app/projects/index.ts'
import { createSampleProject } from '../../../src-main/app/sample/project.ts'
import { programRoot } from '../../../src-main/program.ts'
import { random } from './page/scenes.ts'

type Figure = (name: string, value: number) => void
const images = 250_000

export async function appBench(browser: Browser, figure: Figure): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'dashi-app-'))
  try {
    const sample = join(home, 'sample')
    await createSampleProject(sample)
    // Whatever a machine reads for the first time costs; from the second start on it is what a person meets every day.
    for (const again of [false, true])
      await withApp(browser, home, sample, async (page, started) => {
        await interactive(page)
        if (again) figure('app on the sample, interactive after its process was started (ms)', performance.now() - started)
      })
    const folder = await largeProject(home)
    await withApp(browser, home, folder, async (page, started) => {
      await interactive(page)
      figure('app on 250,000 images, interactive after its process was started (ms)', performance.now() - started)
      for (const speed of [2000, 6000]) {
        const { longest, late, seen } = await scroll(page, speed)
        figure(`250,000 images, scrolled at ${speed} px/s: images seen`, seen)
        figure(`250,000 images, scrolled at ${speed} px/s: longest blank (ms)`, longest)
        figure(`250,000 images, scrolled at ${speed} px/s: blank over 100 ms (images)`, late)
      }
      figure('250,000 images, jump into the middle: filled (ms)', await jump(page))
    })
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
}

/** The program as a person starts it, and a new window on it. */
async function withApp(
  browser: Browser,
  home: string,
  project: string,
  body: (page: Page, started: number) => Promise<void>,
): Promise<void> {
  const started = performance.now()
  const env = { ...process.env, DASHI_HOME: home, DASHI_CACHE: join(home, 'cache') }
  const app = spawn(process.execPath, [join(programRoot, 'out', 'main', 'cli.js'), 'serve', '--project', project, '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' })
  try {
    const page = await context.newPage()
    page.setDefaultTimeout(60_000)
    await page.goto(await addressOf(app))
    await body(page, started)
  } finally {
    await context.close()
    const ended = new Promise((resolve) => app.once('exit', resolve))
    app.kill()
    await ended
  }
}

const addressOf = (app: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let said = ''
    app.stdout!.on('data', (data: Buffer) => {
      said += String(data)
      if (said.includes('\n')) resolve((JSON.parse(said) as { url: string }).url)
    })
    app.once('exit', (code) => reject(new Error(`the program ended with ${code}`)))
  })

/** Pictures are there, and a key is answered. */
async function interactive(page: Page): Promise<void> {
  await page.waitForFunction(
    () => [...document.querySelectorAll<HTMLImageElement>('.thumb img')].some((i) => i.complete && i.naturalWidth > 0),
    undefined,
    { polling: 'raf' },
  )
  await page.keyboard.press('Control+k')
  await page.waitForSelector('[role=dialog] input')
  await page.keyboard.press('Escape')
}

/** Photograph-sized JPEGs under as many names; none has been looked at before, so every thumbnail has yet to be made. */
async function largeProject(home: string): Promise<string> {
  const folder = join(home, 'large')
  const sources = join(home, 'sources')
  mkdirSync(sources)
  const next = random(7)
  for (let i = 0; i < 16; i++) {
    const pixels = Buffer.from(Uint8Array.from({ length: 32 * 24 * 3 }, () => next() * 256))
    const jpeg = await sharp(pixels, { raw: { width: 32, height: 24, channels: 3 } })
      .resize(1280, 960)
      .jpeg({ quality: 85 })
      .toBuffer()
    writeFileSync(join(sources, `${i}.jpg`), jpeg)
  }
  const project = createProject(folder, { name: '250,000 images' })
  const records: ImageRecord[] = []
  for (let i = 0; i < images; i++) {
    const name = `${Math.floor(i / 1000)}/${i}.jpg`
    if (i % 1000 === 0) mkdirSync(join(folder, 'media', String(i / 1000)), { recursive: true })
    linkSync(join(sources, `${i % 16}.jpg`), join(folder, 'media', name))
    records.push({ fileName: name, width: 1280, height: 960 })
  }
  addRecords(project, records)
  project.close()
  return folder
}

interface Watch {
  longest: number
  late: number
  seen: number
}

/** Wheels down for five seconds; of every image in sight, how long it had no picture. */
async function scroll(page: Page, speed: number): Promise<Watch> {
  const box = (await page.locator('.grid').first().boundingBox())!
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  const watching = page.evaluate(watchGrid, 6500)
  const step = 25
  for (let at = performance.now(), end = at + 5000; at < end; at = performance.now()) {
    await page.mouse.wheel(0, (speed * step) / 1000)
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, step - (performance.now() - at))))
  }
  return watching
}

/** In the page: looks at every frame. */
async function watchGrid(duration: number): Promise<Watch> {
  const grid = document.querySelector('.grid')!
  const blankSince = new Map<string, number>()
  const blank = new Map<string, number>()
  const seen = new Set<string>()
  const end = performance.now() + duration
  for (let now = performance.now(); now < end; now = await new Promise<number>(requestAnimationFrame)) {
    const { top, bottom } = grid.getBoundingClientRect()
    const present = new Set<string>()
    for (const cell of grid.querySelectorAll('.thumb')) {
      const box = cell.getBoundingClientRect()
      if (box.bottom <= top || box.top >= bottom) continue
      present.add(cell.id)
      seen.add(cell.id)
      const image = cell.querySelector('img')
      if (image && image.complete && image.naturalWidth > 0) blankSince.delete(cell.id)
      else {
        if (!blankSince.has(cell.id)) blankSince.set(cell.id, now)
        blank.set(cell.id, Math.max(blank.get(cell.id) ?? 0, now - blankSince.get(cell.id)!))
      }
    }
    // Where the grid itself is late, the middle of it shows no cell at all.
    if (!present.size) {
      if (!blankSince.has('grid')) blankSince.set('grid', now)
      blank.set('grid', Math.max(blank.get('grid') ?? 0, now - blankSince.get('grid')!))
    } else blankSince.delete('grid')
    for (const id of blankSince.keys()) if (id !== 'grid' && !present.has(id)) blankSince.delete(id)
  }
  return { longest: Math.max(0, ...blank.values()), late: [...blank.values()].filter((ms) => ms > 100).length, seen: seen.size }
}

/** To the middle at once, as with the scroll bar: until every cell in sight has its picture. */
const jump = (page: Page): Promise<number> =>
  page.evaluate(async () => {
    const grid = document.querySelector('.grid')!
    const from = performance.now()
    grid.scrollTop = grid.scrollHeight / 2
    for (;;) {
      const now = await new Promise<number>(requestAnimationFrame)
      const { top, bottom } = grid.getBoundingClientRect()
      const cells = [...grid.querySelectorAll('.thumb')].filter(
        (c) => c.getBoundingClientRect().bottom > top && c.getBoundingClientRect().top < bottom,
      )
      const shown = cells.filter((c) => {
        const image = c.querySelector('img')
        return image && image.complete && image.naturalWidth > 0
      })
      if (now - from > 50 && cells.length && shown.length === cells.length) return performance.now() - from
    }
  })
