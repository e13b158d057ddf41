/** `npm run dev`: the page of Vite, the calls and pictures of the server. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it } from 'vitest'
import { programRoot } from '../../src-main/program.ts'
import { canRun, launch, newHome } from '../e2e/browser.ts'

describe.skipIf(!canRun)('npm run dev', () => {
  it('opens the workbench from its sources, connected', async () => {
    const home = newHome()
    const env = { ...process.env, DASHI_HOME: home.configFolder, DASHI_CACHE: home.cacheFolder }
    const dev = spawn(process.execPath, [join(programRoot, '.ci', 'dev.mjs')], { env, stdio: ['ignore', 'inherit', 'pipe'] })
    const browser = await launch()
    try {
      let address: string | undefined
      for await (const line of createInterface({ input: dev.stderr })) if ((address = /http:\S+/.exec(line)?.[0])) break
      const page = await browser.newPage({ locale: 'en-US' })
      page.setDefaultTimeout(0)
      await page.goto(address!)
      await page.waitForSelector('.welcome')
      expect(await page.locator('[role=alert]').count()).toBe(0)
      expect(await page.locator('script[src*="@vite/client"]').count()).toBe(1)
    } finally {
      await browser.close()
      dev.kill()
      await new Promise((resolve) => dev.once('exit', resolve))
      home.remove()
    }
  })
})
