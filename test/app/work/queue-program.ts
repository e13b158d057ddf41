/**
 * A program with a project open, whose queue is killed at random moments. It queues jobs without end, says which are acknowledged, and
 * carries them out; each writes down that it began and that it is done. Arguments: the project's folder, the journal, the first number.
 */
import { appendFileSync, writeSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { z } from 'zod'
import { jobKind } from '../../../src-main/app/work/kind.ts'
import { program } from './kinds.ts'

const [folder, journal, first] = process.argv.slice(2) as [string, string, string]
const kind = jobKind({
  id: 'count',
  lane: 'training',
  request: z.object({ name: z.string() }),
  run: async (_, { name }) => {
    appendFileSync(journal, `begun ${name}\n`)
    await pause(Number(name) % 7)
    appendFileSync(journal, `done ${name}\n`)
    return null
  },
})
const p = program(folder, { kinds: new Map([['count', kind]]) })
for (let n = Number(first); ; n++) {
  p.add('count', String(n))
  writeSync(1, `${n}\n`)
  await pause(n % 3)
}
