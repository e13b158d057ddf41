/** The label view in real Chromium on a project of a few pictures, with a mouse and keys. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import sharp from 'sharp'
import type { ImageContent } from '#shared/contract/media.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import { addLabels } from '../../src-main/app/annotations/index.ts'
import { addRecords, createProject, imageContent, openProject, type Project } from '../../src-main/app/projects/index.ts'
import { launch, newContext, newHome, openPage, serve, type Home, type Server } from '../e2e/browser.ts'

export interface Picture extends Omit<ImageRecord, 'fileName' | 'width' | 'height'> {
  width?: number
  height?: number
  /** A white square on it: left, top, side. */
  square?: [number, number, number]
}

export class LabelView {
  browser!: Browser
  context!: BrowserContext
  page!: Page
  errors: string[] = []
  server!: Server
  private readonly home: Home = newHome()
  readonly folder = mkdtempSync(join(tmpdir(), 'dashi-project-'))

  /** Pictures 1, 2, … in this order, with the labels robin, wren, owl. */
  async start(
    pictures: readonly Picture[],
    { viewport = { width: 1280, height: 800 }, modelFolders = [] as string[] } = {},
  ): Promise<void> {
    if (modelFolders.length) {
      mkdirSync(this.home.configFolder, { recursive: true })
      writeFileSync(join(this.home.configFolder, 'preferences.json'), JSON.stringify({ settings: { modelFolders } }))
    }
    mkdirSync(join(this.folder, 'media'))
    const project = createProject(this.folder, { name: 'Birds' })
    addLabels(project, [{ name: 'robin' }, { name: 'wren' }, { name: 'owl' }])
    const records: ImageRecord[] = []
    for (const [i, { width = 400, height = 300, square, ...said }] of pictures.entries()) {
      const fileName = `bird ${i + 1}.png`
      const plain = sharp({ create: { width, height, channels: 3, background: { r: 40 * (i % 6), g: 120, b: 200 - 30 * (i % 6) } } })
      const [left = 0, top = 0, side = 0] = square ?? []
      const marked = square
        ? plain.composite([{ input: { create: { width: side, height: side, channels: 3, background: '#fff' } }, left, top }])
        : plain
      await marked.png({ compressionLevel: 1 }).toFile(join(this.folder, 'media', fileName))
      records.push({ fileName, width, height, ...said })
    }
    addRecords(project, records)
    project.close()
    this.server = await serve(this.home, { project: this.folder })
    this.browser = await launch()
    this.context = await newContext(this.browser, { viewport, hasTouch: true })
    const opened = await openPage(this.context, this.server)
    this.page = opened.page
    this.errors = opened.errors
    await this.page.waitForSelector('[role=option] img')
  }

  async stop(): Promise<void> {
    await this.browser?.close()
    await this.server?.close()
    this.home.remove()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /** The server goes without a word, as if killed. */
  kill = () => this.server.close()
  /** It is started again at the same address. */
  async revive(): Promise<void> {
    this.server = await serve(this.home, { project: this.folder, port: this.server.port })
  }

  read<T>(read: (project: Project) => T): T {
    const project = openProject(this.folder, { readOnly: true })
    try {
      return read(project)
    } finally {
      project.close()
    }
  }
  content = (id = 1): ImageContent => this.read((p) => imageContent(p, id))
  saved = () => this.page.waitForFunction(() => document.querySelector('[role=status]')?.textContent?.includes('All changes saved'))

  /** Opens picture n, counted from 1. */
  async open(n: number): Promise<void> {
    await this.page.evaluate((image) => (location.hash = `#/label/${image}`), n)
    await this.page.reload()
    await this.page.waitForFunction((name) => document.querySelector('strong.name')?.textContent?.includes(name), `bird ${n}.png`)
    await this.page.waitForSelector('.canvas canvas')
    await this.page.focus('.canvas')
  }

  /** A place on the canvas, given as a share of it: (0.5, 0.5) is its middle. */
  async at(x: number, y: number): Promise<{ x: number; y: number }> {
    const box = (await this.page.locator('.canvas').boundingBox())!
    return { x: box.x + x * box.width, y: box.y + y * box.height }
  }
  async drag(x0: number, y0: number, x1: number, y1: number): Promise<void> {
    const [from, to] = [await this.at(x0, y0), await this.at(x1, y1)]
    await this.page.mouse.move(from.x, from.y)
    await this.page.mouse.down()
    await this.page.mouse.move(to.x, to.y, { steps: 4 })
    await this.page.mouse.up()
  }
  async click(x: number, y: number): Promise<void> {
    const at = await this.at(x, y)
    await this.page.mouse.click(at.x, at.y)
  }
  /** When the browser's own database holds so many changes that are not sent: it writes beside the page. */
  kept = (n: number) =>
    this.page.waitForFunction(
      async (n) => {
        const asked = <T>(r: IDBRequest<T>) =>
          new Promise<T>(
            (resolve, reject) => ((r.onsuccess = () => resolve(r.result)), (r.onerror = () => reject(new Error('no database')))),
          )
        const database = await asked(indexedDB.open('dashi'))
        const count = await asked(database.transaction('outbox').objectStore('outbox').count())
        database.close()
        return count === n
      },
      n,
      { polling: 50 },
    )
  lines = (n: number) => this.page.waitForFunction((n) => document.querySelectorAll('.list .line').length === n, n, { polling: 100 })
}
