/** Each operation is made once: a window that never got the answer asks again, perhaps after the program was restarted. */
import { ConstraintError } from '../../db/database.ts'
import { explainConstraint } from '../../db/edit.ts'
import { answerTo, forgetAnswersBefore, storeAnswer } from '../../db/operations.ts'
import type { Project } from '../projects/index.ts'

/** How long answers are kept, in ms: a window that asks again was closed over a holiday at most. */
const kept = 60 * 24 * 3600 * 1000
/** Old ones are looked for once in so many. */
const sweep = 500
let made = 0

/** The operation and its answer are one transaction: after a crash both are there or neither. */
export function once({ db }: Project, op: string, body: () => unknown): unknown {
  try {
    return db.transaction(() => {
      const known = answerTo(db, op)
      if (known) return known.output
      const output = body()
      if (output instanceof Promise) throw new TypeError('an operation must be made at once')
      storeAnswer(db, op, output)
      if (made++ % sweep === 0) forgetAnswersBefore(db, Date.now() - kept)
      return output
    })
  } catch (e) {
    throw e instanceof ConstraintError ? explainConstraint(e) : e
  }
}
