import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { programRoot } from '../../src-main/program.ts'

describe('the hook before each commit', () => {
  let folder: string
  const git = (...args: string[]) => execFileSync('git', args, { cwd: folder, stdio: 'pipe' })
  const commit = (text: string) => {
    writeFileSync(join(folder, 'a.ts'), text)
    git('add', 'a.ts')
    return spawnSync('git', ['commit', '-m', 'a'], { cwd: folder, encoding: 'utf8' })
  }
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'dashi-hook-'))
    git('init', '-q')
    for (const [key, value] of Object.entries({ 'user.name': 'A', 'user.email': 'a@example.org' })) git('config', key, value)
    git('config', 'core.hooksPath', join(programRoot, '.githooks'))
    for (const file of ['.prettierrc.json', 'eslint.config.js']) cpSync(join(programRoot, file), join(folder, file))
    execFileSync(
      process.execPath,
      ['-e', `fs.symlinkSync(${JSON.stringify(join(programRoot, 'node_modules'))}, 'node_modules', 'junction')`],
      {
        cwd: folder,
      },
    )
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it('takes what is formatted and passes the lint', () => {
    expect(commit("export const a = 'b'\n")).toMatchObject({ status: 0 })
  })
  it('refuses what is not formatted, and names the file', () => {
    const { status, stderr } = commit('export const a = "b";\n')
    expect(status).toBe(1)
    expect(stderr).toContain('a.ts')
    expect(stderr).toContain('npm run format')
  })
  it('refuses what the lint objects to', () => {
    const { status, stderr } = commit("const unused = 'b'\nexport const a = 1\n")
    expect(status).toBe(1)
    expect(stderr).toContain("'unused' is assigned a value but never used")
  })
})
