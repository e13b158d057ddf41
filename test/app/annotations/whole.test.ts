/** What is done to many images at once, and what is not complete on them. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { acceptProposals, editMedia, updateLabel } from '../../../src-main/app/annotations/index.ts'
import { mediaFacets } from '../../../src-main/app/media/facets.ts'
import { mediaRows } from '../../../src-main/app/media/rows.ts'
import { checkProject } from '../../../src-main/app/projects/check.ts'
import { findMediaIds, imageContent, openProject, type Project } from '../../../src-main/app/projects/index.ts'
import { setUpPlan } from '../../../src-main/app/work/plans.ts'
import { birds, type SmallProject } from '../../e2e/project.ts'

let small: SmallProject
let project: Project
const shape = { kind: 'box' as const, x: 10, y: 10, w: 50, h: 50 }
beforeAll(async () => {
  small = await birds(3, (i) => ({
    regions: [
      { label: 'robin', shape, ...(i === 2 && { attributes: { age: 'old' } }) },
      { label: 'robin', shape, author: { kind: 'checkpoint', checkpoint: 'c', score: 0.3 + 0.3 * i }, state: 'proposed' },
    ],
  }))
  project = openProject(small.folder)
})
afterAll(() => {
  project?.close()
  small?.remove()
})
const labels = (image: number) => imageContent(project, image).regions.map((r) => [r.labelId, r.state])

it('accepts the proposals of the images, those that reach the score, as one step', () => {
  expect(acceptProposals(project, [1, 2, 3], 0.5)).toEqual({ regions: 2, labels: 0, images: [2, 3] })
  expect([1, 2, 3].map((i) => labels(i)[1]![1])).toEqual(['proposed', 'accepted', 'accepted'])
})

it('makes one label another, on the images that are meant', () => {
  editMedia(project, [1], { relabel: { from: 1, to: 2 } })
  expect(labels(1).map(([id]) => id)).toEqual([2, 2])
  expect(labels(2).map(([id]) => id)).toEqual([1, 1])
})

it('knows which images lack a required attribute, and names the regions', () => {
  expect(mediaFacets(project).incomplete).toBe(0)
  updateLabel(project, 1, { attributes: [{ type: 'text', name: 'age', required: true }] })
  expect(findMediaIds(project, { incomplete: true })).toEqual([2, 3])
  expect(findMediaIds(project, { incomplete: false })).toEqual([1])
  expect(mediaFacets(project).incomplete).toBe(2)
  expect(mediaRows(project, [1, 2, 3]).map((r) => r.incomplete)).toEqual([false, true, true])
  const { ok, incomplete } = checkProject(project, { files: false })
  expect(ok).toBe(true)
  expect(incomplete.count).toBe(3)
  expect(incomplete.regions[0]).toMatchObject({ path: 'bird 1.png', label: 'robin', missing: ['age'] })
})

it('has separate phases for each format that is set up', () => {
  const names = setUpPlan({ formats: ['coco', 'yolo'], labels: true }).map((p) => p.name)
  expect(new Set(names).size).toBe(5)
})
