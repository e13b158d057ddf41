/** A program whose queue is at work is killed again and again: nothing is lost, and nothing runs twice that nobody asked to. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createProject, openProject } from '../../../src-main/app/projects/index.ts'
import { jobKind } from '../../../src-main/app/work/kind.ts'
import { listJobs } from '../../../src-main/db/queue.ts'
import { start } from '../../helpers/programs.ts'
import { temporaryFolder } from '../projects/fixture.ts'
import { z } from 'zod'
import { program } from './kinds.ts'

const KILLS = Number(process.env['DASHI_KILLS'] ?? 6)

test(`killed ${KILLS} times, a queue keeps what it acknowledged`, { timeout: 120_000 + KILLS * 60_000 }, async () => {
  const dir = temporaryFolder()
  const [folder, journal] = [join(dir, 'p'), join(dir, 'journal')]
  createProject(folder, { user: 'ann' }).close()
  writeFileSync(journal, '')
  const acknowledged: string[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    const before = acknowledged.length
    // No two starts share a name: the last job of a start may be stored although nobody was told.
    const child = await start('queue', [folder, journal, String(kill * 1_000_000)], {
      onLine(line) {
        acknowledged.push(line)
        if (acknowledged.length === before + 1) setTimeout(() => child.kill('SIGKILL'), Math.random() * 400)
      },
    })
    expect((await child.ended).signal).toBe('SIGKILL')
    const project = openProject(folder)
    // What was queued in the very moment, without an answer, may be there or not.
    const stored = new Set(listJobs(project.db).map((j) => j.subject))
    const lines = readFileSync(journal, 'utf8').split('\n')
    for (const name of acknowledged) expect(stored.has(name) || lines.includes(`done ${name}`), name).toBe(true)
    project.close()
  }
  expect(acknowledged.length).toBeGreaterThan(KILLS)

  // The last start carries out all that waits; what was at work in the moment of a kill is offered.
  const kind = jobKind({
    id: 'count',
    lane: 'training',
    request: z.object({ name: z.string() }),
    run: async (_, { name }) => {
      writeFileSync(journal, `begun ${name}\ndone ${name}\n`, { flag: 'a' })
      return null
    },
  })
  const p = program(folder, { kinds: new Map([['count', kind]]) })
  const offered = p.queue.list().filter((j) => j.status === 'interrupted')
  expect(offered.length).toBeLessThanOrEqual(KILLS)
  await p.queue.idle()
  const times = (what: string) => {
    const found = new Map<string, number>()
    for (const line of readFileSync(journal, 'utf8').split('\n'))
      if (line.startsWith(what)) found.set(line.slice(what.length), (found.get(line.slice(what.length)) ?? 0) + 1)
    return found
  }
  const begun = times('begun ')
  expect([...begun.values()].every((n) => n === 1)).toBe(true)
  const open = new Set(offered.map((j) => j.subject))
  for (const name of acknowledged) expect(times('done ').has(name) || open.has(name), name).toBe(true)
  // Whoever asks for an interrupted one gets it.
  for (const { id } of offered) p.queue.again(id)
  await p.queue.idle()
  const done = times('done ')
  for (const name of acknowledged) expect(done.has(name), name).toBe(true)
  await p.quit()
})
