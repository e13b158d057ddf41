/** One connection: transactions, what it says of SQLite's errors, and values that anybody may have written. */
import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { DashiError } from '#shared/errors.ts'
import { say, type Sentence } from '#shared/sentences/table.ts'
import { ConstraintError, Database } from '../../src-main/db/database.ts'
import { explain } from '../../src-main/db/explain.ts'
import { all } from '../../src-main/db/condition.ts'
import { temporaryFolder } from '../helpers/pictures.ts'

const dir = temporaryFolder()
let n = 0
const fresh = (sql = 'CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)') => {
  const db = new Database(path.join(dir, `${++n}.db`))
  db.exec(sql)
  return db
}
/** Fault and code of an error that is thrown. */
const said = (act: () => unknown) => {
  try {
    act()
    return 'nothing'
  } catch (e) {
    if (!(e instanceof DashiError)) return e
    const problem = e.sentence?.params['problem']
    return [e.fault, typeof problem === 'object' ? problem.code : (e.sentence?.code ?? e.message)]
  }
}

describe('statements', () => {
  test('give rows, the first row, its first column, and how many they changed', () => {
    const db = fresh()
    expect([db.run('INSERT INTO t (id, a) VALUES (7, ?)', 'x'), db.run('INSERT INTO t (a) VALUES (?)', 2)]).toEqual([
      { changes: 1, lastId: 7 },
      { changes: 1, lastId: 8 },
    ])
    expect(db.run('UPDATE t SET b = 1').changes).toBe(2)
    expect(db.all('SELECT id, a FROM t WHERE id > ? ORDER BY id', 7)).toEqual([{ id: 8, a: 2 }])
    expect([db.get('SELECT a FROM t WHERE id = 9'), db.value('SELECT a, id FROM t WHERE id = ?', 7), db.value('SELECT 1 WHERE 0')]).toEqual(
      [...[undefined, 'x', undefined]],
    )
    expect([db.value('SELECT b FROM t WHERE id = 7 AND b IS NOT NULL'), db.value('SELECT NULL')]).toEqual([1, null])
    const seen: unknown[] = []
    for (const row of db.iterate('SELECT id FROM t ORDER BY id')) {
      seen.push(row['id'], db.value('SELECT count(*) FROM t'))
    }
    expect(seen).toEqual([7, 2, 8, 2])
    for (let i = 0; i < 600; i++) expect(db.value(`SELECT ${i}`)).toBe(i) // more than are kept
    expect(db.value('SELECT 0')).toBe(0)
    db.close()
    db.close()
  })
  test('of a transaction count all or not at all, those within it too', () => {
    const db = fresh()
    let [forgotten, committed] = [0, 0]
    db.whenRolledBack(() => forgotten++)
    db.whenCommitted(() => committed++)
    const add = (a: string) => db.run('INSERT INTO t (a) VALUES (?)', a)
    expect(db.transaction(() => db.transaction(() => (add('one'), 'given')))).toBe('given')
    expect(() =>
      db.transaction(() => {
        add('two')
        db.transaction(() => add('three'))
        throw new Error('no')
      }),
    ).toThrow('no')
    expect([db.all('SELECT a FROM t'), forgotten, committed]).toEqual([[{ a: 'one' }], 1, 0]) // an unwatched file tells nobody
    db.close()
  })
  test('of a watched file are told once each is written', () => {
    const file = path.join(dir, 'watched.db')
    const db = new Database(file, { watched: true })
    let committed = 0
    db.whenCommitted(() => committed++)
    db.exec('CREATE TABLE t (a)')
    db.run('INSERT INTO t VALUES (1)')
    db.transaction(() => {
      db.run('INSERT INTO t VALUES (2)')
      db.run('INSERT INTO t VALUES (3)')
    })
    expect([committed, db.replaced, db.look(), typeof db.identity]).toEqual([3, null, null, 'string'])
    db.close()
  })
  test('of a file that is only read change nothing', () => {
    const db = fresh()
    db.run('INSERT INTO t (a) VALUES (1)')
    const reader = new Database(db.file, { readOnly: true, watched: true })
    expect(reader.value('SELECT a FROM t')).toBe(1)
    expect(said(() => reader.transaction(() => 1))).toEqual(['user', 'project.read-only'])
    expect(said(() => reader.run('DELETE FROM t'))).toEqual(['data', 'project.read-only-file'])
    expect([reader.identity, reader.replaced]).toEqual([null, null])
    reader.close()
    db.close()
  })
  test('are moved from the log into the file, and copied as one file', () => {
    const db = fresh()
    db.run('INSERT INTO t (a) VALUES (1)')
    expect([db.foundLog, fs.statSync(`${db.file}-wal`).size > 0]).toEqual([false, true])
    expect([db.checkpoint(), fs.statSync(`${db.file}-wal`).size]).toEqual([true, 0])
    const copy = path.join(dir, 'copy.db')
    db.copyTo(copy)
    expect(said(() => db.copyTo(copy))).not.toBe('nothing')
    const again = new Database(copy)
    expect(again.value('SELECT a FROM t')).toBe(1)
    again.close()
    const other = new Database(db.file)
    expect(other.foundLog).toBe(true)
    other.close()
    db.close()
    const log = `${db.file}-wal` // which the driver may release some time later
    expect(fs.existsSync(log) ? fs.statSync(log).size : 0).toBe(0)
  })
})

describe('errors of SQLite', () => {
  const of = (code: string, message = 'm') => Object.assign(new Error(message), { code: `SQLITE_${code}` })
  const file = path.join(dir, 'x.db')
  test.each([
    ['FULL', 'data', 'disk-full'],
    ['READONLY_DBMOVED', 'data', 'project.read-only-file'],
    ['NOTADB', 'data', 'project.not-a-database'],
    ['CORRUPT_INDEX', 'data', 'project.damaged'],
    ['BUSY_SNAPSHOT', 'user', 'project.busy'],
    ['LOCKED', 'user', 'project.busy'],
    ['IOERR_READ', 'data', 'disk-error'],
    ['CANTOPEN', 'data', 'project.not-opened'],
  ])('%s', (code, fault, sentence) => {
    expect(
      said(() => {
        throw explain(file, of(code))
      }),
    ).toEqual([fault, sentence])
  })
  test('that are no faults of the file stay as they are', () => {
    const own = new DashiError('user', 'own')
    const plain = new TypeError('plain')
    for (const e of [own, plain, 'text', undefined, new ConstraintError('c')]) expect(explain(file, e)).toBe(e)
    expect(explain(file, of('ERROR'))).toMatchObject({ code: 'SQLITE_ERROR' })
    expect(explain(file, of('CONSTRAINT_UNIQUE', 'which'))).toEqual(new ConstraintError('which'))
    expect(
      said(() => {
        throw explain(file, new Error('Unable to open connection to local database'))
      }),
    ).toEqual(['data', 'project.not-opened'])
  })
  test('come with the statement that made them', () => {
    const db = fresh('CREATE TABLE t (a UNIQUE)')
    db.run('INSERT INTO t VALUES (1)')
    expect(said(() => db.run('INSERT INTO t VALUES (1)'))).toBeInstanceOf(ConstraintError)
    expect(() => db.run('INSERT INTO nothing VALUES (1)')).toThrow('nothing')
    db.close()
    fs.writeFileSync(path.join(dir, 'text.db'), 'no database at all, but long enough to be read as one')
    expect(said(() => new Database(path.join(dir, 'text.db')))).toEqual(['data', 'project.not-a-database'])
    expect(said(() => new Database(path.join(dir, 'none', 'x.db')))).toEqual(['data', 'project.not-opened'])
  })
})

describe('values that anybody may have written', () => {
  const long = 'x'.repeat(2001)
  const texts = ['', 'plain', 'x'.repeat(2000), long, `${long}é`, 'é', '日本', '😀', 'a\tb\n"', '\x7f', '\x01']
  test('texts come as they are, however they are asked for', () => {
    const db = fresh()
    for (const t of texts) db.run('INSERT INTO t (a, b) VALUES (?, ?)', t, 3)
    db.exec(`INSERT INTO t (a, b) VALUES (CAST(x'610062' AS TEXT), 1.5)`)
    const expected = [...texts, 'a\0b']
    expect(db.all('SELECT a FROM t ORDER BY id').map((r) => r['a'])).toEqual(expected)
    expect([...db.iterate('SELECT a AS "any name" FROM t ORDER BY id')].map((r) => r['any name'])).toEqual(expected)
    expect(db.all(`WITH w AS (SELECT a || '' AS c FROM t) SELECT c FROM w`).map((r) => r['c'])).toEqual(expected)
    expect(db.get('SELECT * FROM t ORDER BY id DESC')).toEqual({ id: 12, a: 'a\0b', b: 1.5 })
    expect(db.all('SELECT id FROM t UNION SELECT a FROM t WHERE id = 6 ORDER BY 1 DESC LIMIT 1')).toEqual([{ id: 'é' }])
    expect(db.unreadable('t', 'a')).toEqual([])
    db.close()
  })
  test('bytes are refused by their row and column', () => {
    const db = fresh()
    db.exec(`INSERT INTO t (id, a, b) VALUES (1, 'fine', 'fine'), (5, x'00', 'fine'), (6, 'fine', CAST(x'61ff' AS TEXT)), (9, x'', x'')`)
    const refused = (sql: string) => {
      try {
        return db.all(sql)
      } catch (e) {
        const { row, column, what } = ((e as DashiError).sentence!.params['problem'] as Sentence).params
        return [row, column, what].map((part) => (typeof part === 'object' ? say(part) : part))
      }
    }
    const [blob, cut] = ['bytes where text or a number belongs', 'bytes that are no UTF-8']
    const starts = (found: unknown, place: string, column: string, what: string) => expect(found).toEqual([place, column, what])
    starts(refused('SELECT id, a FROM t WHERE id = 5'), 't 5', 'a', blob)
    starts(refused('SELECT id, a FROM t WHERE id = 9'), 't 9', 'a', blob)
    starts(refused('SELECT id, b FROM t WHERE id = 6'), 't 6', 'b', cut)
    starts(refused('SELECT a FROM t'), 't 5', 'a', blob) // the first such row
    starts(refused('SELECT b AS other FROM t WHERE id = 9'), 't 6', 'b', blob)
    starts(refused(`SELECT a || '' AS sum FROM t WHERE id = 6 UNION ALL SELECT b FROM t WHERE id = 6`), 'a row', 'sum', cut)
    expect(db.all('SELECT id FROM t').length).toBe(4)
    expect(() => [...db.iterate('SELECT a FROM t')]).toThrow('t 5: a: ')
    expect([db.unreadable('t', 'a'), db.unreadable('t', 'b')].map((rows) => rows.map((r) => [r.name, r.what.split(' ')[1]]))).toEqual([
      [
        ['5', 'where'],
        ['9', 'where'],
      ],
      [
        ['6', 'that'],
        ['9', 'where'],
      ],
    ])
    db.close()
  })
  test('rows of a table without numbers are named by their key', () => {
    const db = fresh(`CREATE TABLE k (key TEXT PRIMARY KEY, v) WITHOUT ROWID; INSERT INTO k VALUES ('one', 1), ('two', x'00')`)
    expect(db.unreadable('k', 'v').map((r) => r.name)).toEqual(['two'])
    expect(() => db.all('SELECT v FROM k')).toThrow('k two: v: ')
    db.close()
  })
})

test('conditions hold together, and none is true', () => {
  expect(all([])).toEqual({ sql: '1', params: [] })
  expect(
    all([
      { sql: 'a = ? OR b = ?', params: [1, 'x'] },
      { sql: 'c', params: [] },
    ]),
  ).toEqual({ sql: '(a = ? OR b = ?) AND (c)', params: [1, 'x'] })
})
