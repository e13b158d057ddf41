/** Which images a recipe gets as the project's without labels. */
import path from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import type { AppContext } from '../../../src-main/app/context.ts'
import { openProject, type Project } from '../../../src-main/app/projects/index.ts'
import { planTraining } from '../../../src-main/app/training/train.ts'
import { trainingPlan } from '../../../src-main/app/work/plans.ts'
import { TINY_CLIP, temporaryFolder } from '../../helpers/pictures.ts'
import { shapesProject } from '../cli/terminal.ts'

const app = { nano: TINY_CLIP, cache: '' } as AppContext
let project: Project
beforeAll(async () => {
  project = openProject(await shapesProject(temporaryFolder()))
  return () => project.close()
})
const poolOf = (request: Partial<Parameters<typeof planTraining>[2]> = {}) => {
  const { job } = planTraining(app, project, { recipe: 'transclip', ...request })
  const cost = trainingPlan(job).find((phase) => phase.name.includes('unlabelled'))?.cost
  return { job, cost, names: (job.pool ?? []).map((item) => path.basename(item.file)).sort() }
}

test('those without an accepted label, but for unreadable ones, and training images that few shots leave out', () => {
  expect(poolOf().names).toEqual([])
  const train = poolOf().job.splits['train']!.map((item) => path.basename(item.file))
  const { job, names } = poolOf({ shots: 1 })
  const kept = job.splits['train']!.map((item) => path.basename(item.file))
  expect([...names, ...kept].sort()).toEqual([...train].sort())
  expect(kept).toHaveLength(3)
  expect(job.pool!.every((item) => item.label === 0)).toBe(true)

  project.db.run(`DELETE FROM media_label WHERE media_id IN (SELECT id FROM media WHERE split = 'ood')`)
  const without = project.db.all<{ path: string }>(`SELECT path FROM media WHERE split = 'ood'`).map((r) => path.basename(r.path))
  expect(poolOf().names).toEqual([...without].sort())
  expect(poolOf().cost).toBe(without.length)
  // A filter chooses among them as among the labelled ones.
  expect(poolOf({ data: { filter: { pathText: '-1' } } }).names).toEqual(without.filter((name) => name.includes('-1')))
  expect(without.filter((name) => name.includes('-1'))).toHaveLength(1)
  expect(poolOf({ recipe: 'lp' }).job.pool).toBeUndefined()
})
