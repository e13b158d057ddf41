/** The model that a training starts from where none is named. */
import path from 'node:path'
import { expect, test } from 'vitest'
import type { AppContext } from '../../../src-main/app/context.ts'
import { startingFolder } from '../../../src-main/app/training/box.ts'
import { listRunEntries } from '../../../src-main/app/training/runs.ts'
import { planTraining, registerTraining, requestOf } from '../../../src-main/app/training/train.ts'
import { programRoot } from '../../../src-main/program.ts'
import { TINY_CLIP } from '../../helpers/pictures.ts'
import { fiveImages, temporaryProject } from '../projects/fixture.ts'

const inBox = (name: string) => path.join(programRoot, 'resources', name)
const app = { nano: inBox('nano'), cache: '' } as AppContext

test.each([
  ['lp', 'nano'],
  ['zero-shot', 'nano'],
  ['detect-ft', 'nano-detect'],
  ['segment-ft', 'nano-segment'],
  ['openseg', 'nano'], // it teaches a CLIP where its words are
])('%s starts from %s, unless another one is named', (recipe, name) => {
  expect(startingFolder(app, { recipe })).toBe(inBox(name))
  expect(startingFolder(app, { recipe, model: TINY_CLIP })).toBe(TINY_CLIP)
  expect(startingFolder(app, { recipe, model: null })).toBe(inBox('nano'))
})

test('without a suited model in the box, Nano is named, which then says what it cannot', () => {
  expect(startingFolder({ nano: TINY_CLIP }, { recipe: 'detect-ft' })).toBe(TINY_CLIP)
})

test('a training of boxes that names no model is one of the detector, and its run says so', () => {
  const project = temporaryProject(fiveImages())
  const request = { recipe: 'detect-ft' }
  expect(planTraining(app, project, request).job.model).toBe(inBox('nano-detect'))
  const run = registerTraining(app, project, request)
  expect(run.settings['model']).toBe(inBox('nano-detect'))
  expect(listRunEntries(app, project, new Map())).toMatchObject([{ id: run.id, base: 'Nano detector' }])
  // A run that was asked to start from Nano, as all did before, does so again.
  const named = registerTraining(app, project, { ...request, model: app.nano, name: 'named' })
  expect(named.settings['model']).toBeNull()
  expect(planTraining(app, project, requestOf(named)).job.model).toBe(app.nano)
})
