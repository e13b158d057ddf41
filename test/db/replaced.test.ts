/** Another program takes the project's file away, or puts another in its place, while it is open. */
import { spawn } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DashiError } from '#shared/errors.ts'
import { addCaption, addTag } from '../../src-main/app/annotations/index.ts'
import {
  checkProject,
  imageContent,
  openProject,
  rescueCopy,
  startRun,
  takeSnapshot,
  type Project,
} from '../../src-main/app/projects/index.ts'
import { Database } from '../../src-main/db/database.ts'
import { fiveImages, temporaryFolder, temporaryProject } from '../app/projects/fixture.ts'

const texts = (project: Project) => imageContent(project, 1).captions.map((c) => c.text)
const say = (project: Project, text: string) => addCaption(project, { mediaId: 1, text })
const file = (project: Project) => join(project.folder, 'project.db')

/** An open project with one caption in its file, one that is only in its log, and an older copy of it. */
function openedProject() {
  const made = temporaryProject(fiveImages())
  const older = join(temporaryFolder(), 'older.db')
  made.db.copyTo(older)
  new Database(older).close() // a project's file, as a backup of one is
  say(made, 'saved before')
  made.close()
  const project = openProject(made.folder, { user: 'ann' })
  say(project, 'in the log')
  return { project, older }
}

function refused(project: Project, how: RegExp): void {
  for (const text of ['one', 'two']) {
    let error: unknown
    try {
      say(project, text)
    } catch (e) {
      error = e
    }
    expect(error).toBeInstanceOf(DashiError)
    expect((error as DashiError).fault).toBe('replaced')
    expect((error as DashiError).message).toMatch(how)
    expect((error as DashiError).message.split('\n')).toHaveLength(1)
  }
  expect(() => takeSnapshot(project, 's')).toThrow(how)
  expect(() => addTag(project, [1], 't')).toThrow(how)
}

/** What was acknowledged is in the copy that is offered, and nothing else. */
function copied(project: Project): void {
  const target = join(temporaryFolder(), 'copy')
  rescueCopy(project, target)
  const copy = openProject(target)
  expect(texts(copy)).toEqual(['saved before', 'in the log'])
  expect(checkProject(copy, { files: false }).problems).toEqual([])
  copy.close()
}

const ways: Record<string, { change: (project: Project, older: string) => void; says: RegExp }> = {
  'renamed over': {
    change: (p, older) => {
      copyFileSync(older, `${file(p)}.new`)
      renameSync(`${file(p)}.new`, file(p))
    },
    says: /project\.db: was replaced by another program/,
  },
  'removed with its log': { change: (p) => ['', '-wal', '-shm'].forEach((s) => rmSync(file(p) + s)), says: /was removed or moved/ },
  removed: { change: (p) => rmSync(file(p)), says: /was removed or moved/ },
  'moved away as a whole folder': { change: (p) => renameSync(p.folder, `${p.folder}-moved`), says: /was removed or moved/ },
  'replaced as a whole folder': {
    change: (p, older) => {
      renameSync(p.folder, `${p.folder}-moved`)
      mkdirSync(p.folder)
      copyFileSync(older, file(p))
    },
    says: /was replaced/,
  },
  'deprived of its log': { change: (p) => rmSync(`${file(p)}-wal`), says: /lost its log/ },
  'given another log': {
    change: (p) => {
      rmSync(`${file(p)}-wal`)
      writeFileSync(`${file(p)}-wal`, '')
    },
    says: /lost its log/,
  },
}

describe.each(Object.entries(ways))('a project that is %s', (_, { change, says }) => {
  test('takes no more edits, and what it had acknowledged can be written to a copy', () => {
    const { project, older } = openedProject()
    change(project, older)
    refused(project, says)
    copied(project)
    project.close()
  })
})

test('what is put in its place stays as it is, and opens as it is', () => {
  const { project, older } = openedProject()
  copyFileSync(older, `${file(project)}.new`)
  renameSync(`${file(project)}.new`, file(project))
  expect(project.db.look()?.how).toBe('replaced')
  project.close()
  expect(readFileSync(file(project)).equals(readFileSync(older))).toBe(true)
  const opened = openProject(project.folder)
  expect(texts(opened)).toEqual([])
  expect(checkProject(opened, { files: false }).problems).toMatchObject([
    { kind: 'log', message: expect.stringMatching(/entries \d to \d, .* are missing/) },
  ])
  opened.close()
})

test('a folder that was moved has every edit that was acknowledged', () => {
  const { project } = openedProject()
  renameSync(project.folder, `${project.folder}-moved`)
  refused(project, /removed or moved/)
  project.close()
  const moved = openProject(`${project.folder}-moved`)
  expect(texts(moved)).toEqual(['saved before', 'in the log'])
  moved.close()
})

test('a file written over in place is left as it was written, and the log that belonged to the old one is kept aside', () => {
  const { project, older } = openedProject()
  copyFileSync(older, file(project))
  refused(project, /written over/)
  project.close()
  expect(readFileSync(file(project)).equals(readFileSync(older))).toBe(true)
  expect(readdirSync(join(project.folder, 'backups')).filter((n) => n.startsWith('project.db-wal-'))).toHaveLength(1)
  const opened = openProject(project.folder)
  expect(texts(opened)).toEqual([])
  expect(checkProject(opened, { files: false }).problems).toMatchObject([
    { kind: 'log', message: expect.stringMatching(/entries \d to \d, .* are missing/) },
  ])
  opened.close()
})

test('a file that was cut to nothing is noticed', () => {
  const { project } = openedProject()
  truncateSync(file(project))
  refused(project, /written over/)
  project.close()
  expect(statSync(file(project)).size).toBe(0)
})

test('a project closed after its file was replaced leaves its own edits in a copy beside it, if nobody asked for one', () => {
  const { project } = openedProject()
  rmSync(file(project))
  expect(project.db.look()?.how).toBe('removed')
  project.close()
  const kept = readdirSync(dirname(project.folder)).filter((n) => n.startsWith('p-rescued-'))
  expect(kept).toHaveLength(1)
  const copy = openProject(join(dirname(project.folder), kept[0]!))
  expect(texts(copy)).toEqual(['saved before', 'in the log'])
  copy.close()
})

test('an edit that the replacement meets half-way is either in the file that was open or refused', () => {
  const { project, older } = openedProject()
  copyFileSync(older, `${file(project)}.new`)
  expect(() =>
    project.db.transaction(() => {
      say(project, 'half-way')
      renameSync(`${file(project)}.new`, file(project))
    }),
  ).toThrow(/was replaced/)
  copied(project)
  project.close()
})

test.skipIf(process.platform === 'win32').each([
  ['renamed over', (p: Project, other: string) => `mv '${other}' '${file(p)}'`],
  ['removed', (p: Project) => `rm '${file(p)}' '${file(p)}-wal' '${file(p)}-shm'`],
  ['moved with its folder', (p: Project) => `mv '${p.folder}' '${p.folder}-moved'`],
])(
  'of edits made while another process has it %s, each that was acknowledged is in the copy, and each that was not is refused',
  (_, command) => {
    const { project, older } = openedProject()
    const other = `${file(project)}.new`
    copyFileSync(older, other)
    const child = spawn('sh', ['-c', `sleep 0.1; ${command(project, other)}`])
    const acknowledged: string[] = []
    const refusal = (() => {
      for (let i = 0; ; i++)
        try {
          addTag(project, [1], `tag ${i}`)
          acknowledged.push(`tag ${i}`)
        } catch (e) {
          return e as DashiError
        }
    })()
    expect(refusal.fault).toBe('replaced')
    const target = join(temporaryFolder(), 'copy')
    rescueCopy(project, target)
    const copy = openProject(target)
    expect(imageContent(copy, 1).tags).toEqual(expect.arrayContaining(acknowledged))
    copy.close()
    project.close()
    child.kill()
  },
)

test('our own commits, checkpoints and other connections are no replacement', () => {
  const { project } = openedProject()
  const other = openProject(project.folder, { user: 'ben', sharedLock: true })
  const reader = openProject(project.folder, { readOnly: true })
  for (let i = 0; i < 300; i++) {
    startRun(i % 2 ? project : other, { kind: 'train', settings: { note: 'x'.repeat(40_000) } }) // well beyond what SQLite takes back into the file by itself
    expect([project.db.look(), other.db.look()]).toEqual([null, null])
  }
  reader.close()
  project.db.checkpoint()
  say(other, 'after a checkpoint')
  other.close()
  project.db.settled()
  say(project, 'after the other closed')
  expect(existsSync(`${file(project)}-wal`)).toBe(true)
  expect(texts(project)).toHaveLength(4)
  project.close()
})

test('a file of which only the time changed is looked through once, and goes on as it was', () => {
  const { project } = openedProject()
  utimesSync(file(project), new Date(), new Date(0))
  say(project, 'after that')
  utimesSync(file(project), new Date(), new Date(1000))
  expect(project.db.look()).toBeNull()
  project.close()
  const again = openProject(project.folder)
  expect(texts(again)).toEqual(['saved before', 'in the log', 'after that'])
  expect(checkProject(again, { files: false }).problems).toEqual([])
  again.close()
})
