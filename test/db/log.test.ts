/** A log that was cut, damaged or taken away: the check says what is missing, and says nothing of a log that is merely unfinished. */
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { addTag } from '../../src-main/app/annotations/index.ts'
import { checkProject, createProject, openProject } from '../../src-main/app/projects/index.ts'
import { fiveImages, temporaryFolder, temporaryProject } from '../app/projects/fixture.ts'
import { addRecords } from '../../src-main/app/projects/index.ts'

/** A copy of a project as a killed process leaves it: ten edits are in the log only. */
function killed(): string {
  const project = temporaryProject(fiveImages())
  project.db.checkpoint()
  for (let i = 0; i < 10; i++) addTag(project, [1], `tag ${i}`)
  const copy = join(temporaryFolder(), 'p')
  mkdirSync(copy)
  for (const name of ['project.db', 'project.db-wal', 'project.head', 'project.lock', 'project.lock.json'])
    copyFileSync(join(project.folder, name), join(copy, name))
  return copy
}
const log = (folder: string) => join(folder, 'project.db-wal')
function problems(folder: string) {
  const project = openProject(folder, { readOnly: true })
  try {
    return checkProject(project, { files: false })
      .problems.filter((p) => p.kind === 'log')
      .map((p) => p.message)
  } finally {
    project.close()
  }
}
function damage(folder: string, at: number): void {
  const bytes = readFileSync(log(folder))
  bytes[at]! ^= 0xff
  writeFileSync(log(folder), bytes)
}
const frame = (n: number) => 32 + (n - 1) * (24 + 4096)
const missing = expect.stringMatching(/^the journal entries \d+ to \d+, written until .*, are missing/)

test('a log as a killed process leaves it is sound, with half a transaction at its end too', () => {
  const folder = killed()
  expect(problems(folder)).toEqual([])
  writeFileSync(log(folder), Buffer.concat([readFileSync(log(folder)), Buffer.alloc(3000, 7)]))
  expect(problems(folder)).toEqual([])
})

test('a log that is shorter than its header', () => {
  const folder = killed()
  truncateSync(log(folder), 20)
  expect(problems(folder)).toEqual([expect.stringMatching(/project\.db-wal is cut: 20 bytes are left/), missing])
})

test('a log with a damaged header, of which SQLite reads nothing', () => {
  const folder = killed()
  damage(folder, 17)
  expect(problems(folder)).toEqual([expect.stringMatching(/has a damaged header/), missing])
})

test('a log that is damaged midway: what follows is lost', () => {
  const folder = killed()
  damage(folder, frame(5) + 24 + 100)
  expect(problems(folder)).toEqual([expect.stringMatching(/is damaged at frame 5; the edits that follow it/), missing])
})

test('frames of another log among those of this one', () => {
  const folder = killed()
  damage(folder, frame(4) + 9) // its salts
  expect(problems(folder)).toEqual([expect.stringMatching(/is damaged at frame 4/), missing])
})

test.each([
  ['cut at a frame', () => frame(3)],
  ['emptied', () => 0],
])('a log that was %s', (_, size) => {
  const folder = killed()
  truncateSync(log(folder), size())
  expect(problems(folder)).toEqual([missing])
})

test('a log that was removed, and what is said of it after the project was opened for writing', () => {
  const folder = killed()
  rmSync(log(folder))
  expect(problems(folder)).toEqual([missing, expect.stringMatching(/was not closed, and its log/)])
  openProject(folder).close()
  expect(problems(folder)).toEqual([missing])
  const project = openProject(folder)
  addTag(project, [2], 'goes on')
  checkProject(project, { files: false, repair: true })
  project.close()
  expect(problems(folder)).toEqual([])
})

test('an older copy of the database in its place', () => {
  const folder = join(temporaryFolder(), 'p')
  const project = createProject(folder)
  addRecords(project, fiveImages())
  project.close()
  copyFileSync(join(folder, 'project.db'), join(folder, 'older.db'))
  const again = openProject(folder)
  addTag(again, [1], 'later')
  again.close()
  expect(problems(folder)).toEqual([])
  copyFileSync(join(folder, 'older.db'), join(folder, 'project.db'))
  expect(problems(folder)).toEqual([missing])
})

test('a project of before there was a note is sound, and so is one of which the note was lost', () => {
  const folder = killed()
  rmSync(join(folder, 'project.head'))
  expect(problems(folder)).toEqual([])
  writeFileSync(join(folder, 'project.head'), '{"id"')
  expect(problems(folder)).toEqual([])
  expect(existsSync(log(folder))).toBe(true)
})
