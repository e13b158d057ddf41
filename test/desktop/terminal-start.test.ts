/** What the built terminal loads to answer: the time of its start in terms that do not depend on how busy the machine is. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { programRoot } from '../../src-main/program.ts'
import { temporaryFolder } from '../helpers/pictures.ts'

const entry = path.join(programRoot, 'out/main/cli.js')
const coverage = z.object({ result: z.array(z.object({ url: z.string() })) })

describe.skipIf(!fs.existsSync(entry))('the built terminal', () => {
  let dir: string
  beforeAll(() => void (dir = temporaryFolder()))
  afterAll(() => fs.rmSync(dir, { recursive: true, force: true }))

  /** The modules that a command loads, and the native libraries beside those of Node and the system. */
  function loadedBy(...argv: string[]) {
    const [modules, libraries] = [fs.mkdtempSync(path.join(dir, 'modules-')), path.join(dir, 'libraries.json')]
    execFileSync(process.execPath, ['--require', path.join(programRoot, 'test', 'helpers', 'loaded.cjs'), entry, ...argv], {
      env: { ...process.env, NODE_V8_COVERAGE: modules, LOADED_LIBRARIES: libraries, DASHI_HOME: path.join(dir, 'home') },
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    const [file] = fs.readdirSync(modules)
    const { result } = coverage.parse(JSON.parse(fs.readFileSync(path.join(modules, file!), 'utf8')))
    const files = result
      .flatMap(({ url }) => (url.startsWith('file:') ? [fileURLToPath(url)] : []))
      .filter((f) => !f.endsWith('loaded.cjs'))
    const native = z.array(z.string()).parse(JSON.parse(fs.readFileSync(libraries, 'utf8')))
    return {
      files: files.length,
      bytes: files.reduce((sum, f) => sum + fs.statSync(f).size, 0),
      packages: files.filter((f) => f.includes(`${path.sep}node_modules${path.sep}`)).length,
      native: native.filter((f) => f.startsWith(programRoot)),
    }
  }

  it.each([['--version'], ['--help']])('%s: loads what commands are called, and none of them', (...argv) => {
    const { files, bytes, packages, native } = loadedBy(...argv)
    expect({ packages, native }).toEqual({ packages: 0, native: [] })
    expect(files).toBeLessThanOrEqual(12)
    expect(bytes).toBeLessThan(500_000)
  })

  it.each([
    ['project', 120, 2_200_000],
    ['runs', 130, 2_500_000],
    ['preview', 80, 1_600_000],
    ['train', 180, 3_400_000],
  ])('%s --help: loads little beside the command, and no native library', (command, most, size) => {
    const { files, bytes, packages, native } = loadedBy(command, '--help')
    expect(native).toEqual([])
    expect(packages).toBeLessThan(10)
    expect(files).toBeLessThanOrEqual(most)
    expect(bytes).toBeLessThan(size)
  })
})
