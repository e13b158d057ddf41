import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { checkProject, createProject, openProject, projectHash, addRecords } from '../../src-main/app/projects/index.ts'
import { redoChange, undoChange } from '../../src-main/app/annotations/index.ts'
import { fiveImages, temporaryFolder } from '../app/projects/fixture.ts'

const runs = Number(process.env['DURABILITY_RUNS'] ?? 20)
let bundle: string

beforeAll(async () => {
  // Within node_modules, so that the bundle finds the native packages it leaves out.
  mkdirSync(resolve('node_modules/.cache'), { recursive: true })
  bundle = mkdtempSync(resolve('node_modules/.cache/durability-'))
  await build({
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: resolve('test/db/durability-writer.ts'),
      outDir: bundle,
      target: 'node20',
      rollupOptions: { output: { entryFileNames: 'writer.mjs' } },
    },
  })
})
afterAll(() => rmSync(bundle, { recursive: true, force: true }))

/** Kills the writer with SIGKILL some time after its first edit; returns what it said was done. */
async function writeAndKill(folder: string, after: number): Promise<string[]> {
  const child = spawn(process.execPath, [join(bundle, 'writer.mjs'), folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  child.stdout.on('data', (data: Buffer) => {
    if (said === '') setTimeout(() => child.kill('SIGKILL'), after)
    said += data.toString()
  })
  const signal = await new Promise((done) => child.on('close', (_, by) => done(by)))
  expect(signal).toBe('SIGKILL')
  return said.split('\n').slice(0, -1) // the last line may be cut off
}

test(`a writer killed at ${runs} random moments loses nothing it acknowledged`, { timeout: 600_000 + runs * 60_000 }, async () => {
  const dir = join(temporaryFolder(), 'p')
  const fresh = createProject(dir, { user: 'ann' })
  addRecords(fresh, fiveImages())
  fresh.close()
  const acknowledged: string[] = []
  for (let run = 0; run < runs; run++) {
    acknowledged.push(...(await writeAndKill(dir, Math.random() * 250)))
    const project = openProject(dir)
    expect(project.recovered).toBe(true)
    const regions = new Map(
      project.db.all<{ z: number; attributes: string }>('SELECT z, attributes FROM region WHERE z > 0').map((r) => [r.z, r.attributes]),
    )
    // All of them, so in particular those older than a second.
    for (const line of acknowledged) {
      const [what, k] = [line.split(' ')[0], Number(line.split(' ')[1])]
      if (what === 'import') expect(project.db.value('SELECT count(*) FROM media WHERE path LIKE ?', `${k}/%`)).toBe(300)
      else if (what === 'attribute') expect(regions.get(k)).toBe(JSON.stringify({ k }))
      else expect(regions.has(k)).toBe(true)
    }
    expect(checkProject(project, { files: false }).problems).toEqual([])
    const hash = projectHash(project)
    // The import of the five images and one region at least.
    for (let i = 0; i < 2; i++) expect(undoChange(project)).not.toBeNull()
    expect(projectHash(project)).not.toBe(hash)
    for (let i = 0; i < 2; i++) redoChange(project)
    expect(projectHash(project)).toBe(hash)
    project.close()
  }
  expect(acknowledged.length).toBeGreaterThan(runs)
})
