/** Scores at their limits: what is asked for "from 0.5" has the one of exactly 0.5. */
import { expect, test } from 'vitest'
import type { Author } from '#shared/model/author.ts'
import type { Region } from '#shared/model/region.ts'
import { acceptProposals, addLabel, addRegion, setMediaLabels } from '../../../src-main/app/annotations/index.ts'
import { applyRegionEdit } from '../../../src-main/app/annotations/apply.ts'
import { imageContent } from '../../../src-main/app/projects/index.ts'
import { mediaIds } from '../../../src-main/db/media-query.ts'
import { box, record, temporaryProject } from '../projects/fixture.ts'

const model = (score: number) => ({ kind: 'checkpoint' as const, checkpoint: 'run-1', score })
const scores = [0.25, 0.5, 0.75]

/** Images 1 to 3 with a proposed region, 4 to 6 with a proposed label, of rising score; 7 with a region that a person drew. */
function project() {
  const made = temporaryProject(Array.from({ length: 7 }, (_, i) => record(`${i}.jpg`)))
  addLabel(made, { name: 'cat' })
  scores.forEach((score, i) => {
    addRegion(made, { mediaId: i + 1, labelId: 1, shape: box(), author: model(score), state: 'proposed' })
    setMediaLabels(made, [{ mediaId: i + 4, labelId: 1, author: model(score), state: 'proposed' }])
  })
  addRegion(made, { mediaId: 7, labelId: 1, shape: box() })
  return made
}
const all = [1, 2, 3, 4, 5, 6, 7]

test('a filter by score has both of its ends, and nothing without a score', () => {
  const { db } = project()
  expect(mediaIds(db, { score: { min: 0.5 } })).toEqual([2, 3, 5, 6])
  expect(mediaIds(db, { score: { max: 0.5 } })).toEqual([1, 2, 4, 5])
  expect(mediaIds(db, { score: { min: 0.5, max: 0.5 } })).toEqual([2, 5])
  expect(mediaIds(db, { score: { min: 0.51, max: 0.74 } })).toEqual([])
})

test('accepting from a score on accepts the one that has just that score', () => {
  const p = project()
  expect(acceptProposals(p, all, 0.5)).toEqual({ regions: 2, labels: 2, images: [2, 3, 5, 6] })
  const states = all.flatMap((id) => [...imageContent(p, id).regions, ...imageContent(p, id).labels].map((a) => a.state))
  expect(states).toEqual(['proposed', 'accepted', 'accepted', 'proposed', 'accepted', 'accepted', 'accepted'])
  expect(acceptProposals(p, all, 0.5)).toEqual({ regions: 0, labels: 0, images: [] })
})

test('only the named images; without a limit, at any score', () => {
  const p = project()
  expect(acceptProposals(p, [1, 4])).toEqual({ regions: 1, labels: 1, images: [1, 4] })
  expect(imageContent(p, 2).regions[0]!.state).toBe('proposed')
})

test('what a person accepts from a model’s findings is the model’s, with score and words; nothing is drawn in another person’s name', () => {
  const p = temporaryProject([record('0.jpg')])
  addLabel(p, { name: 'cat' })
  const found = { kind: 'checkpoint' as const, checkpoint: 'owl', score: 0.7, prompt: 'a photo of a cat' }
  const drawn = (id: number, author: Author): Region => ({
    id,
    mediaId: 1,
    labelId: 1,
    shape: box(),
    attributes: {},
    author,
    state: 'accepted',
    z: 0,
    hidden: false,
    locked: false,
  })
  const changes = [drawn(-1, found), drawn(-2, { kind: 'person', name: 'somebody else' })].map((after) => ({ before: null, after }))
  applyRegionEdit(p, { mediaId: 1, action: 'accept 2 proposals', changes })
  expect(imageContent(p, 1).regions.map((r) => [r.state, r.author])).toEqual([
    ['accepted', found],
    ['accepted', { kind: 'person', name: p.user }],
  ])
})
