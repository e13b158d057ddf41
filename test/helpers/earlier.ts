/** Projects as earlier versions of the program left them. */
import { renameSync, rmSync } from 'node:fs'
import { Database } from '../../src-main/db/database.ts'
import { migrations } from '../../src-main/db/schema.ts'

/** Downgrades a closed database to an earlier schema, keeping all rows that it had a place for, except captions. */
export function asOfVersion(file: string, version: number): void {
  const now = `${file}.now`
  renameSync(file, now)
  for (const part of ['-wal', '-shm']) rmSync(file + part, { force: true })
  const db = new Database(file)
  for (const { sql } of migrations.filter((m) => m.version <= version)) db.exec(sql)
  db.exec(`ATTACH '${now}' AS now; PRAGMA foreign_keys = OFF`)
  for (const { name } of db.all<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '%caption%'")) {
    const columns = db.all<{ name: string }>('SELECT name FROM pragma_table_info(?)', name).map((c) => c.name)
    if (name.startsWith('sqlite_')) continue
    db.exec(`INSERT OR REPLACE INTO ${name} (${columns.join()}) SELECT ${columns.join()} FROM now.${name}`)
  }
  db.exec(`DETACH now; PRAGMA user_version = ${version}`)
  db.close()
  for (const part of ['', '-wal', '-shm']) rmSync(now + part, { force: true })
}
