/** The app for the tests of one `describe`: opened before them, closed after the last of them. */
import type { Browser, BrowserContext, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll } from 'vitest'
import { newHome, serve, visit, type Home, type Server, type Wanted } from './browser.ts'

export class AppForTests {
  home!: Home
  server!: Server
  browser!: Browser
  context!: BrowserContext
  /** What the page logs as errors. */
  errors: string[] = []
  private readonly ends: (() => unknown)[] = []

  /** Done after the tests; what comes last is done first. */
  after(end: () => unknown): void {
    this.ends.push(end)
  }
  /** Is removed after the tests. */
  keep<T extends { remove(): void }>(thing: T): T {
    this.after(() => thing.remove())
    return thing
  }
  /** `furnish` puts things into its folders before it starts. */
  async open(wanted?: Wanted, look?: BrowserContextOptions, furnish: (home: Home) => void = () => undefined): Promise<Page> {
    this.home = this.keep(newHome())
    furnish(this.home)
    this.server = await serve(this.home, wanted)
    this.after(() => this.server.close())
    const { browser, context, page, errors } = await visit(this.server, look)
    this.after(() => browser.close())
    Object.assign(this, { browser, context, errors })
    return page
  }
  async close(): Promise<void> {
    for (const end of this.ends.splice(0).reverse()) await end()
  }
}

export function appForTests(): AppForTests {
  const app = new AppForTests()
  afterAll(() => app.close())
  return app
}
