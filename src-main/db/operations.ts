/** Stores answers to window operations by the ids the windows gave them, so that none is executed twice. */
import type { Database } from './database.ts'

const keyOf = (op: string) => `operation:${op}`

/** undefined: not executed yet. */
export function answerTo(db: Database, op: string): { readonly output: unknown } | undefined {
  const stored = db.value<string>('SELECT value FROM meta WHERE key = ?', keyOf(op))
  return stored === undefined ? undefined : (JSON.parse(stored) as { output: unknown })
}

export const storeAnswer = (db: Database, op: string, output: unknown): void =>
  void db.run('INSERT INTO meta (key, value) VALUES (?, ?)', keyOf(op), JSON.stringify({ at: Date.now(), output }))

/** @param time milliseconds since 1970 */
export const forgetAnswersBefore = (db: Database, time: number): void =>
  void db.run(`DELETE FROM meta WHERE key >= 'operation:' AND key < 'operation;' AND json_extract(value, '$.at') < ?`, time)
