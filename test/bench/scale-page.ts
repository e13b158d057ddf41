/**
 * The grid of a very large project in real Chromium: frames while a wheel, keys and jumps scroll it, the main thread's own time (which other
 * work of the machine does not lengthen as it does the clock's), and the memory of the page and of the server.
 *
 * Every image is a file: sixteen different pictures of 640 × 480 under as many names, so that each thumbnail is decoded and made as for photographs.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { dirname, join } from 'node:path'
import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core'
import sharp from 'sharp'
import { openProject } from '../../src-main/app/projects/index.ts'
import { programRoot } from '../../src-main/program.ts'
import { random } from './canvas/page/scenes.ts'

type Figures = Record<string, number>
const tenths = (n: number) => Math.round(n * 10) / 10
/** A file has no more names than this where it lies (ext4 allows 65,000). */
const namesPerFile = 60_000

/** @param home holds the project `large`; the program's cache and settings come to lie there too */
export async function scalePageBench(home: string): Promise<Figures> {
  const folder = join(home, 'large')
  await makePictures(home, folder)
  const figures: Figures = {}
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--enable-precise-memory-info',
    ],
  })
  rmSync(join(home, 'cache'), { recursive: true, force: true })
  const env = { ...process.env, DASHI_HOME: home, DASHI_CACHE: join(home, 'cache') }
  const started = performance.now()
  const app = spawn(process.execPath, [join(programRoot, 'out', 'main', 'cli.js'), 'serve', '--project', folder, '--json'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' })
    page.setDefaultTimeout(60_000)
    const address = await addressOf(app)
    figures['page: server listening (ms)'] = Math.round(performance.now() - started)
    const opened = performance.now()
    await page.goto(address)
    await page.locator('.grid .thumb img').first().waitFor()
    figures['page: grid there after its address was opened (ms)'] = Math.round(performance.now() - opened)
    const session = await page.context().newCDPSession(page)
    await session.send('Performance.enable', { timeDomain: 'threadTicks' })
    await measure(page, session, figures)
    Object.assign(figures, await memory(browser, page, session, app))
    figures['page: load of the machine (1 min)'] = tenths(loadavg()[0]!)
    return figures
  } finally {
    await browser.close()
    const ended = new Promise((resolve) => app.once('exit', resolve))
    app.kill()
    await ended
  }
}

async function makePictures(home: string, folder: string): Promise<void> {
  const project = openProject(folder, { readOnly: true })
  const paths = project.db.all<{ path: string }>('SELECT path FROM media ORDER BY id').map((r) => r.path)
  project.close()
  if (existsSync(join(folder, 'media', paths.at(-1)!))) return
  mkdirSync(join(home, 'sources'), { recursive: true })
  const next = random(7)
  const sources = Math.max(16, Math.ceil(paths.length / namesPerFile))
  for (let i = 0; i < sources; i++) {
    const pixels = Buffer.from(Uint8Array.from({ length: 32 * 24 * 3 }, () => next() * 256))
    const jpeg = await sharp(pixels, { raw: { width: 32, height: 24, channels: 3 } })
      .resize(640, 480)
      .jpeg({ quality: 85 })
      .toBuffer()
    writeFileSync(join(home, 'sources', `${i}.jpg`), jpeg)
  }
  const made = new Set<string>()
  paths.forEach((path, i) => {
    const file = join(folder, 'media', path)
    if (!made.has(dirname(file))) mkdirSync(dirname(file), { recursive: true })
    made.add(dirname(file))
    linkSync(join(home, 'sources', `${i % sources}.jpg`), file)
  })
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

async function measure(page: Page, session: CDPSession, figures: Figures): Promise<void> {
  const grid = page.locator('.grid').first()
  // The first thousand images are there at once, the others a moment later.
  const before = performance.now()
  await page.waitForFunction(() => document.querySelector('.grid')!.scrollHeight > 1_000_000)
  figures['page: all images there after the first (ms)'] = Math.round(performance.now() - before)
  figures['page: height of what scrolls (px)'] = await grid.evaluate((e) => e.scrollHeight)
  const box = (await grid.boundingBox())!
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2)
  /** Frames of a page in which nothing moves: what the machine gives at all. */
  let idle = 0
  const watched = async (name: string, seconds: number, body: (until: number) => Promise<void>) => {
    const before = await metrics(session)
    const watching = page.evaluate(watchFrames, seconds * 1000)
    await body(performance.now() + seconds * 1000)
    const { frames, late, longest, elapsed } = await watching
    const rate = (frames * 1000) / elapsed
    idle ||= rate
    const after = await metrics(session)
    const busy = (after['TaskDuration']! - before['TaskDuration']!) * 1000
    figures[`${name}: frames/s`] = tenths(rate)
    figures[`${name}: share of the frames/s of an idle page (%)`] = Math.round((100 * rate) / idle)
    figures[`${name}: frames later than 1/30 s (%)`] = tenths((100 * late) / frames)
    figures[`${name}: longest frame (ms)`] = Math.round(longest)
    figures[`${name}: processor time of the main thread per frame (ms)`] = tenths(busy / frames)
  }
  await watched('idle', 2, () => page.waitForTimeout(2000))
  for (const again of ['', ', thumbnails there']) {
    for (const speed of [2000, 6000]) {
      await page.keyboard.press('Home')
      await grid.evaluate((e) => (e.scrollTop = 0))
      await page.waitForTimeout(500)
      await watched(`wheel, ${speed} px/s${again}`, 5, async (until) => {
        for (let at = performance.now(); at < until; at = performance.now()) {
          await page.mouse.wheel(0, (speed * 25) / 1000)
          await page.waitForTimeout(Math.max(0, 25 - (performance.now() - at)))
        }
      })
    }
  }
  await grid.focus()
  await watched('arrow key held', 4, async (until) => {
    for (; performance.now() < until; await page.waitForTimeout(33)) await page.keyboard.press('ArrowDown')
  })
  await watched('page key held', 4, async (until) => {
    for (; performance.now() < until; await page.waitForTimeout(33)) await page.keyboard.press('PageDown')
  })
  await watched('scroll bar dragged to the end', 4, async (until) => {
    for (let share = 0, at = performance.now(), from = at; at < until; at = performance.now()) {
      share = (at - from) / (until - from)
      await grid.evaluate((e, share) => (e.scrollTop = e.scrollHeight * share), share)
      await page.waitForTimeout(16)
    }
  })
  const jump = performance.now()
  await grid.focus()
  await page.keyboard.press('End')
  await page.waitForFunction(
    () => {
      const grid = document.querySelector('.grid')!
      const focused = document.getElementById(grid.getAttribute('aria-activedescendant')!)
      const img = focused?.querySelector('img')
      const [cell, all] = [focused?.getBoundingClientRect(), grid.getBoundingClientRect()]
      return !!img?.complete && img.naturalWidth > 0 && cell!.top >= all.top && cell!.bottom <= all.bottom + 1
    },
    undefined,
    { polling: 'raf' },
  )
  figures['End: the last image in sight, with its picture (ms)'] = Math.round(performance.now() - jump)
  figures['End: its place'] = Number((await grid.getAttribute('aria-activedescendant'))!.replace(/\D+/g, '')) + 1
}

/** In the page. */
async function watchFrames(duration: number) {
  const from = await new Promise<number>(requestAnimationFrame)
  let [last, frames, late, longest] = [from, 0, 0, 0]
  while (last - from < duration) {
    const now = await new Promise<number>(requestAnimationFrame)
    frames++
    if (now - last > 1000 / 30 + 1) late++
    longest = Math.max(longest, now - last)
    last = now
  }
  return { frames, late, longest, elapsed: last - from }
}

async function metrics(session: CDPSession): Promise<Record<string, number>> {
  const { metrics } = await session.send('Performance.getMetrics')
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]))
}

const residentMb = (pid: number, what = 'VmRSS') =>
  Math.round(Number(new RegExp(`${what}:\\s+(\\d+)`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024)

async function memory(browser: Browser, page: Page, session: CDPSession, app: ChildProcess): Promise<Figures> {
  await session.send('HeapProfiler.enable')
  await session.send('HeapProfiler.collectGarbage')
  const heap = (await metrics(session))['JSHeapUsedSize']! / 2 ** 20
  const processes = await (await browser.newBrowserCDPSession()).send('SystemInfo.getProcessInfo')
  const renderers = processes.processInfo.filter((p) => p.type === 'renderer').map((p) => residentMb(p.id))
  return {
    "page: JavaScript's heap (MB)": Math.round(heap),
    'page: elements': await page.evaluate(() => document.querySelectorAll('*').length),
    'page: memory of its process (MB)': Math.max(...renderers),
    'server: memory (MB)': residentMb(app.pid!),
    'server: peak memory (MB)': residentMb(app.pid!, 'VmHWM'),
  }
}
