/** Operations are made once: a window that never heard the answer asks again, perhaps after the program was started anew. */
import { ConstraintError } from '../../db/database.ts'
import { explainConstraint } from '../../db/edit.ts'
import type { Project } from '../projects/index.ts'

/** Answers are kept this long, in ms; the window that asks again was closed over a holiday at most. */
const kept = 60 * 24 * 3600 * 1000
/** Old ones are looked for once in so many. */
const sweep = 500
let made = 0

/** The operation and its answer are one transaction: after a crash both are there or neither. */
export function once({ db }: Project, op: string, body: () => unknown): unknown {
  const key = `operation:${op}`
  try {
    return db.transaction(() => {
      const known = db.value<string>('SELECT value FROM meta WHERE key = ?', key)
      if (known !== undefined) return (JSON.parse(known) as { output: unknown }).output
      const output = body()
      if (output instanceof Promise) throw new TypeError('an operation must be made at once')
      db.run('INSERT INTO meta (key, value) VALUES (?, ?)', key, JSON.stringify({ at: Date.now(), output }))
      if (made++ % sweep === 0)
        db.run(`DELETE FROM meta WHERE key >= 'operation:' AND key < 'operation;' AND json_extract(value, '$.at') < ?`, Date.now() - kept)
      return output
    })
  } catch (e) {
    throw e instanceof ConstraintError ? explainConstraint(e) : e
  }
}
