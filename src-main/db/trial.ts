import type { Database } from './database.ts'

/** What `body` returns; all that it wrote is taken back, also within a transaction. */
export const trial = <T>(db: Database, body: () => T): T =>
  db.transaction(() => {
    db.run('SAVEPOINT trial')
    try {
      return body()
    } finally {
      db.run('ROLLBACK TO trial')
      db.run('RELEASE trial')
      db.rolledBack()
    }
  })
