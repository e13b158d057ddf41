/** The files beside a database: the lock and its note, the note of the last edit, copies, and files that took its place. */
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { DashiError } from '#shared/errors.ts'
import { besideIn, putLogAside, readOnlyUri, renew } from '../../src-main/db/aside.ts'
import { Database } from '../../src-main/db/database.ts'
import { forgetHead, HeadNote, readHead } from '../../src-main/db/head.ts'
import { acquireLock, holderOf } from '../../src-main/db/lock.ts'
import { backup, migrate, type Migration } from '../../src-main/db/migrate.ts'
import { identityOf, Presence } from '../../src-main/db/presence.ts'
import { temporaryFolder } from '../helpers/pictures.ts'

const said = (act: () => unknown) => {
  try {
    act()
    return 'nothing'
  } catch (e) {
    if (!(e instanceof DashiError)) throw e
    const { problem, holder } = e.sentence?.params ?? {}
    const code = typeof problem === 'object' ? problem.code : e.sentence?.code
    return [e.fault, code, ...(typeof holder === 'object' ? [holder.code] : [])]
  }
}

describe('the note of the last edit', () => {
  test('is written in place, with the project and the position, and read back', () => {
    const file = path.join(temporaryFolder(), 'project.db')
    const place = path.join(path.dirname(file), 'project.head')
    expect(readHead(file)).toBeNull()
    const note = new HeadNote(file, 'id-1')
    note.write(123_456)
    note.write(7)
    const text = fs.readFileSync(place, 'utf8')
    expect([text.length, text.at(-1), readHead(file)]).toEqual([160, '\n', { id: 'id-1', seq: 7, at: expect.any(Number) as number }])
    expect(Math.abs(Date.now() - readHead(file)!.at)).toBeLessThan(3_600_000)
    fs.writeFileSync(place, '')
    note.write(7) // nothing new
    expect(readHead(file)).toBeNull()
    note.write(8)
    note.close()
    note.close()
    expect(readHead(file)?.seq).toBe(8)
    fs.truncateSync(place, 20)
    expect(readHead(file)).toBeNull()
    forgetHead(file)
    forgetHead(file)
    expect(fs.existsSync(place)).toBe(false)
  })
  test('that cannot be written stops nobody', () => {
    const note = new HeadNote(path.join(temporaryFolder(), 'none', 'project.db'), 'id')
    note.write(1)
    note.close()
  })
})

describe('the lock of a project', () => {
  test('is held by one, whose note says who it is, until it is released', () => {
    const folder = temporaryFolder()
    const note = path.join(folder, 'project.lock.json')
    expect(holderOf(folder)).toBeNull()
    const lock = acquireLock(folder)
    const { since } = JSON.parse(fs.readFileSync(note, 'utf8')) as { since: string }
    expect([lock.recovered, holderOf(folder)]).toEqual([false, `${process.pid}@${os.hostname()} ${since}`])
    expect(said(() => acquireLock(folder))).toEqual(['user', 'project.open-elsewhere', 'project.another-window-of'])
    fs.writeFileSync(note, '{')
    expect([said(() => acquireLock(folder)), holderOf(folder)]).toEqual([
      ['user', 'project.open-elsewhere', 'project.another-window'],
      null,
    ])
    lock.release()
    lock.release()
    expect([fs.existsSync(note), holderOf(folder)]).toEqual([false, null])
    const next = acquireLock(folder)
    expect(next.recovered).toBe(false)
    next.release()
  })
  test('that a killed program left is taken over', () => {
    const folder = temporaryFolder()
    const dead = execFileSync(process.execPath, ['-p', 'process.pid'], { encoding: 'utf8' }).trim()
    const note = (more: object) =>
      fs.writeFileSync(
        path.join(folder, 'project.lock.json'),
        JSON.stringify({ pid: Number(dead), host: os.hostname(), since: 's', ...more }),
      )
    note({})
    expect(holderOf(folder)).toBeNull()
    note({ host: 'elsewhere' }) // may be alive
    expect(holderOf(folder)).toBe(`${dead}@elsewhere s`)
    note({ pid: 1 }) // alive, and perhaps somebody else's
    expect(holderOf(folder)).toBe(`1@${os.hostname()} s`)
    note({ pid: 1.5 })
    expect(holderOf(folder)).toBeNull()
    const lock = acquireLock(folder)
    expect([lock.recovered, holderOf(folder)?.startsWith(`${process.pid}@`)]).toEqual([true, true])
    lock.release()
  })
  test('is not what lies there under its name', () => {
    const folder = temporaryFolder()
    fs.writeFileSync(path.join(folder, 'project.lock'), 'some other file, long enough to be looked at as a database')
    expect(said(() => acquireLock(folder))).toEqual(['data', 'project.foreign-lock'])
    expect(said(() => acquireLock(path.join(folder, 'none')))).toEqual(['data', 'project.no-lock'])
  })
})

describe('a database of an earlier schema', () => {
  const steps: Migration[] = [
    { version: 1, sql: 'CREATE TABLE a (x)' },
    { version: 2, sql: 'CREATE TABLE b (x)' },
    { version: 4, sql: 'CREATE TABLE c (x)' },
  ]
  const open = (folder = temporaryFolder()) => new Database(path.join(folder, 'project.db'))
  const tables = (db: Database) =>
    db.all<{ name: string }>(`SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY 1`).map((t) => t.name)
  const version = (db: Database) => db.value('PRAGMA user_version')
  test('is brought to the last step, an empty one without a copy', () => {
    const db = open()
    expect([migrate(db, steps), version(db), tables(db), migrate(db, steps)]).toEqual([null, 4, ['a', 'b', 'c'], null])
    expect(fs.existsSync(path.join(path.dirname(db.file), 'backups'))).toBe(false)
    expect(said(() => migrate(db, steps.slice(0, 2)))).toEqual(['data', 'project.newer'])
    db.close()
  })
  test('is copied as it was, and goes through the steps that it lacks', () => {
    const db = open()
    migrate(db, steps.slice(0, 1))
    db.run('INSERT INTO a VALUES (5)')
    const saved = migrate(db, steps)!
    expect([path.dirname(saved), fs.readdirSync(path.dirname(saved))]).toEqual([
      path.join(path.dirname(db.file), 'backups'),
      [path.basename(saved)],
    ])
    expect(path.basename(saved)).toMatch(/^project-v1-.*\.db$/)
    expect([tables(db), db.value('SELECT x FROM a')]).toEqual([['a', 'b', 'c'], 5])
    db.close()
    const old = new Database(saved)
    expect([version(old), tables(old), old.value('SELECT x FROM a')]).toEqual([1, ['a'], 5])
    old.close()
  })
  test('is not copied where it is a copy itself, and not touched where it is only read', () => {
    const db = open()
    migrate(db, steps.slice(0, 2))
    expect(migrate(db, steps, false)).toBeNull()
    db.exec('PRAGMA user_version = 2')
    db.close()
    const reader = new Database(db.file, { readOnly: true })
    expect(said(() => migrate(reader, steps))).toEqual(['data', 'project.older'])
    reader.close()
  })
  test('keeps the steps that were done when one fails, and nothing of that one', () => {
    const db = open()
    expect(() => migrate(db, [...steps, { version: 5, sql: 'CREATE TABLE d (x); CREATE TABLE a (x)' }])).toThrow('a')
    expect([version(db), tables(db)]).toEqual([4, ['a', 'b', 'c']])
    db.close()
  })
  test('stays as it is where no copy can be made', () => {
    const db = open()
    migrate(db, steps.slice(0, 1))
    fs.writeFileSync(path.join(path.dirname(db.file), 'backups'), 'a file')
    expect([said(() => migrate(db, steps)), version(db)]).toEqual([['data', 'project.no-backup'], 1])
    fs.rmSync(path.join(path.dirname(db.file), 'backups'))
    expect(path.basename(backup(db, 9))).toMatch(/^project-v9-/)
    db.close()
  })
})

describe('files that take the place of others', () => {
  test('a copy renews a file: the same content, another file, and no log of the old one', () => {
    const file = path.join(temporaryFolder(), 'a.db')
    renew(file)
    expect(fs.existsSync(file)).toBe(false)
    for (const ending of ['', '-wal', '-shm']) fs.writeFileSync(file + ending, `text${ending}`)
    const before = identityOf(file)
    renew(file)
    expect([fs.readFileSync(file, 'utf8'), identityOf(file) === before, fs.readdirSync(path.dirname(file))]).toEqual([
      'text',
      false,
      ['a.db'],
    ])
    fs.writeFileSync(`${file}-wal`, 'kept')
    renew(file, [])
    expect(fs.existsSync(`${file}-wal`)).toBe(true)
  })
  test('a log is set aside as a copy and emptied; none, or an empty one, is not', () => {
    const folder = temporaryFolder()
    const file = path.join(folder, 'a.db')
    putLogAside(file)
    fs.writeFileSync(`${file}-wal`, '')
    putLogAside(file)
    expect(fs.existsSync(path.join(folder, 'backups'))).toBe(false)
    fs.writeFileSync(`${file}-wal`, 'log')
    putLogAside(file)
    const [kept, ...more] = fs.readdirSync(path.join(folder, 'backups'))
    expect([kept!.startsWith('a.db-wal-'), more, fs.readFileSync(path.join(folder, 'backups', kept!), 'utf8')]).toEqual([true, [], 'log'])
    expect(fs.statSync(`${file}-wal`).size).toBe(0)
    expect(path.basename(besideIn(file, 'other', 'name', '.x'))).toMatch(/^name-[\dTZ-]+\.x$/)
    expect(fs.existsSync(path.join(folder, 'other'))).toBe(true)
  })
  test('a file that is only read may be written by others, unless its folder is closed and it has no log', () => {
    const folder = temporaryFolder()
    const file = path.join(folder, 'a b.db')
    fs.writeFileSync(file, '')
    expect(readOnlyUri(file)).toMatch(/^file:.*a%20b\.db\?mode=ro$/)
    fs.writeFileSync(`${file}-wal`, 'log')
    expect(readOnlyUri(file)).toMatch(/mode=ro$/)
  })
})

describe('whether a file is still the one that was opened', () => {
  const opened = () => {
    const file = path.join(temporaryFolder(), 'a.db')
    fs.writeFileSync(file, 'one')
    fs.writeFileSync(`${file}-wal`, '')
    const data = { version: 1 }
    return { file, data, presence: new Presence(file, () => data.version) }
  }
  /** As another program does: beside it first. */
  const replace = (file: string, text: string) => {
    fs.writeFileSync(`${file}.new`, text)
    fs.renameSync(`${file}.new`, file)
  }
  test('it is, and is known by device and number', () => {
    const { file, presence } = opened()
    expect([presence.look(), presence.replaced, presence.identity === identityOf(file), presence.sameSize]).toEqual([
      null,
      null,
      true,
      true,
    ])
    expect(() => presence.ensure()).not.toThrow()
    expect(identityOf(`${file}.none`)).toBeNull()
  })
  test.each<[string, (file: string) => void]>([
    ['removed', (file) => fs.rmSync(file)],
    ['replaced', (file) => replace(file, 'one')],
    ['overwritten', (file) => fs.writeFileSync(file, 'other')],
    ['overwritten', (file) => fs.utimesSync(file, 1, 1)],
    ['log', (file) => fs.rmSync(`${file}-wal`)],
    ['log', (file) => replace(`${file}-wal`, '')],
  ])('it was %s', (how, change) => {
    const { file, presence } = opened()
    change(file)
    expect(presence.look()).toEqual({ how, file })
    expect(said(() => presence.ensure())).toEqual(['replaced', undefined])
    expect(said(() => presence.committed())).toEqual(['replaced', undefined])
    presence.lose()
    expect(presence.replaced).toEqual({ how, file }) // the first that was seen
  })
  test('a change that a commit explains is none: ours, of another connection, or of another thread', () => {
    const { file, data, presence } = opened()
    fs.writeFileSync(file, 'longer')
    presence.committed()
    expect([presence.look(), presence.sameSize]).toEqual([null, true])
    fs.writeFileSync(file, 'longer still')
    data.version++
    expect(presence.look()).toBeNull()
    fs.writeFileSync(file, 'x')
    expect(presence.sameSize).toBe(false)
    presence.company++
    expect([presence.look(), presence.sameSize]).toEqual([null, true])
    presence.company--
    fs.writeFileSync(file, 'ended')
    presence.accept()
    expect(presence.look()).toBeNull()
    fs.writeFileSync(file, 'more than ended')
    expect(presence.look()?.how).toBe('overwritten')
    presence.accept() // too late
    expect(presence.look()?.how).toBe('overwritten')
    presence.forgive()
    expect(presence.look()).toBeNull()
  })
  test('a file that was lost to another connection is lost', () => {
    const { file, presence } = opened()
    presence.lose()
    expect(presence.look()).toEqual({ how: 'overwritten', file })
  })
  test('a log that comes later is looked after from then on', () => {
    const file = path.join(temporaryFolder(), 'a.db')
    fs.writeFileSync(file, 'one')
    const presence = new Presence(file, () => 1)
    expect(presence.look()).toBeNull()
    fs.writeFileSync(`${file}-wal`, '')
    expect(presence.look()).toBeNull()
    fs.rmSync(`${file}-wal`)
    expect(presence.look()?.how).toBe('log')
  })
})
