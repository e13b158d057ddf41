/** Carries out each operation once: a window that missed the answer asks again, perhaps after a restart of the program. */
import { ConstraintError } from '../../db/database.ts'
import { explainConstraint } from '../../db/edit.ts'
import { answerTo, forgetAnswersBefore, storeAnswer } from '../../db/operations.ts'
import type { Project } from '../projects/index.ts'

/** How long answers are kept, in ms: at most, a window that asks again slept through a long holiday. */
const kept = 60 * 24 * 3600 * 1000
/** Old answers are swept once in this many operations. */
const sweep = 500
let made = 0

/** The operation and its answer are stored in one transaction: after a crash both exist or neither. */
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
