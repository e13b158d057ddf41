/** The kinds of jobs are records: what each has to have, and the words for it in every language that is offered. */
import { readdirSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { locales, wordsIn } from '#shared/locales/index.ts'
import { phaseSchema, phases } from '#shared/model/progress.ts'
import { lanes } from '#shared/model/queue.ts'
import type { JobPlace } from '../../../src-main/app/work/kind.ts'
import { jobKinds } from '../../../src-main/app/work/kinds.ts'

const files = readdirSync(resolve(import.meta.dirname, '../../../src-main/app/work/kinds'))
const complete = locales.filter((l) => l.complete)

test('each file is one kind, called as the file', () => {
  expect([...jobKinds.keys()].map((id) => `${id}.ts`).sort()).toEqual(files.sort())
})

describe.each(complete.map((l) => [l.id]))('in the language %s', (id) => {
  const words = wordsIn(id) as unknown as Record<string, Record<string, string | Record<string, string>>>
  test('there is a word for each kind, lane and phase', () => {
    for (const kind of jobKinds.keys()) expect(words['jobs']![kind], kind).toMatch(/./)
    for (const lane of lanes) expect((words['queue']!['lanes'] as Record<string, string>)[lane], lane).toMatch(/./)
    for (const phase of phases) expect(words['phases']![phase], phase).toMatch(/./)
  })
  test('and none for an unknown kind or phase', () => {
    expect(Object.keys(words['jobs']!).filter((kind) => !jobKinds.has(kind))).toEqual([])
    const others = ['queued', 'featuresOf']
    expect(Object.keys(words['phases']!).filter((p) => !phaseSchema.safeParse(p).success && !others.includes(p))).toEqual([])
  })
})

test.each(
  [...jobKinds.values()]
    .filter((k) => k.plan && !['train', 'train-slurm', 'merge', 'set-up'].includes(k.id))
    .map((k) => [k.id, k] as const),
)('the plan of %s is of phases that there are', (_, kind) => {
  const request = { path: 'x', folder: 'x', model: 'x', options: { format: 'coco' } }
  for (const { name } of kind.plan!({} as JobPlace, request)) expect(phases).toContain(name)
})
