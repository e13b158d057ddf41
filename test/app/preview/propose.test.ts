/** Many proposals are stored bit by bit, and are one step of undo all the same. */
import { expect, test } from 'vitest'
import type { Question } from '#shared/model/question.ts'
import { proposeOptions } from '#shared/model/propose.ts'
import { addTag, removeMedia, undoChange } from '../../../src-main/app/annotations/index.ts'
import type { AppContext } from '../../../src-main/app/context.ts'
import { findMedia, imageContent, listLabels, type Project } from '../../../src-main/app/projects/index.ts'
import { propose } from '../../../src-main/app/preview/propose.ts'
import { record, temporaryProject } from '../projects/fixture.ts'

const EACH = 150
/** A model that finds as many boxes in every image. */
const app = {
  engine: {
    ask: async ({ kind }: Question) =>
      kind === 'encode'
        ? { milliseconds: null }
        : Array.from({ length: EACH }, (_, i) => ({ label: 'thing', score: 0.5, box: [i, 0, 1, 1] })),
  },
} as unknown as AppContext
const options = proposeOptions.parse({ model: 'owl', words: ['thing'] })
const images = (n: number) => temporaryProject(Array.from({ length: n }, (_, i) => record(`${i}.jpg`)))
const proposals = (project: Project) => findMedia(project).flatMap((m) => imageContent(project, m.id).regions).length
/** Comes to the first rest of the storing: everything before it is done without one. */
const meanwhile = (project: Project, does: () => void) => {
  const look = () => (listLabels(project).length ? does() : void setImmediate(look))
  setImmediate(look)
}

test('what somebody else does meanwhile is a step of its own', async () => {
  const project = images(6)
  meanwhile(project, () => addTag(project, [6], 'mine'))
  expect(await propose(app, project, options)).toMatchObject({ images: 6, proposals: 6 * EACH, labels: { thing: 6 * EACH } })
  expect(imageContent(project, 6).tags).toEqual(['mine'])
  undoChange(project)
  expect([imageContent(project, 6).tags, proposals(project)]).toEqual([[], 6 * EACH])
  undoChange(project)
  expect([proposals(project), listLabels(project)]).toEqual([0, []])
})

test('an image that is removed meanwhile is named, cancelling takes everything back', async () => {
  const project = images(6)
  meanwhile(project, () => removeMedia(project, [5]))
  expect(await propose(app, project, options)).toMatchObject({
    images: 5,
    proposals: 5 * EACH,
    leftOut: [{ path: '4.jpg', reason: 'it is no longer in the project' }],
  })
  const other = images(6)
  const stop = new AbortController()
  meanwhile(other, () => stop.abort())
  await expect(propose(app, other, options, { signal: stop.signal })).rejects.toMatchObject({ fault: 'cancelled' })
  expect([proposals(other), listLabels(other)]).toEqual([0, []])
})

test('all images that pass the filter are looked at, however many', async () => {
  const project = images(120)
  const few = {
    engine: { ask: ({ kind }: Question) => Promise.resolve(kind === 'encode' ? { milliseconds: null } : []) },
  } as unknown as AppContext
  const told: number[] = []
  expect(await propose(few, project, options, { onProgress: (done) => told.push(done) })).toMatchObject({ images: 120, proposals: 0 })
  expect([told[0], told.at(-1)]).toEqual([0, 120])
})
