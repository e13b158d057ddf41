/** Skeletons of labels: through every format that has them, into a project that knows the label, and what becomes of their regions. */
import { describe, expect, test } from 'vitest'
import type { FormatName } from '#shared/model/exchange.ts'
import type { KeypointsShape } from '#shared/model/shape.ts'
import { cocoPerson, placedIn, type Skeleton } from '#shared/model/skeleton.ts'
import {
  addLabel,
  addRegions,
  importLabelSchema,
  labelSchema,
  readLabelSchema,
  undoChange,
  updateLabel,
} from '../../../src-main/app/annotations/index.ts'
import { exportFrom, importInto } from '../../../src-main/app/exchange/index.ts'
import { listLabels, projectHash, readRecords, type Project } from '../../../src-main/app/projects/index.ts'
import { fresh, project as empty, projectOf, roundTrip } from './helpers.ts'

const bird: Skeleton = {
  points: ['beak', 'eye & “brow” <1>', '尾'],
  edges: [
    [0, 1],
    [1, 2],
  ],
  layout: [
    [1, 0.25],
    [0.75, 0],
    [0, 1],
  ],
}
const labelled = async (skeleton: Skeleton, shapes: KeypointsShape[] = []): Promise<Project> => {
  const project = await projectOf([{ fileName: 'a.png', width: 64, height: 48 }])
  addLabel(project, { name: 'cat' })
  const { id } = addLabel(project, { name: 'bird', skeleton })
  addRegions(
    project,
    shapes.map((shape) => ({ mediaId: 1, labelId: id, shape })),
  )
  return project
}
const skeletonIn = (project: Project, name = 'bird') => listLabels(project).find((l) => l.name === name)?.skeleton
const shapesIn = (project: Project) => [...readRecords(project)].flatMap(({ record }) => (record.regions ?? []).map((r) => r.shape))
const edges: [number, number][] = [
  [0, 1],
  [1, 2],
]
/** One of its points is hidden, and one is not there. */
const half: KeypointsShape = {
  kind: 'keypoints',
  points: [
    { name: 'beak', x: 10, y: 10, v: 1 },
    { name: 'eye & “brow” <1>', x: 0, y: 0, v: 0 },
    { name: '尾', x: 20, y: 40, v: 2 },
  ],
  edges,
}

describe.each<[FormatName, { layout?: false; settings?: { task: 'pose' } }]>([
  ['coco', {}],
  ['yolo', { layout: false, settings: { task: 'pose' } }],
  ['cvat', {}],
  ['datumaro', {}],
])('%s', (format, { layout, settings }) => {
  test('keeps names, edges and layout, also of an unused label', async () => {
    for (const shapes of [[half], format === 'yolo' ? [half] : []]) {
      const { project } = await roundTrip(await labelled(bird, shapes), { format, ...(settings ? { settings } : {}) })
      const { layout: places, ...named } = bird
      expect(skeletonIn(project)).toEqual(layout === false ? named : { ...named, layout: places })
      expect(skeletonIn(project, 'cat')).toBeNull()
    }
  })
  test('writes points in the skeleton’s order, whatever their order in the region', async () => {
    const turned: KeypointsShape = { ...half, points: [half.points[2]!, half.points[0]!], edges: [] }
    const { project } = await roundTrip(await labelled(bird, [turned, half]), { format, ...(settings ? { settings } : {}) })
    const points = shapesIn(project).flatMap((s) =>
      s.kind === 'keypoints' ? [s.points.filter((p) => p.v).map((p) => [p.name, Math.round(p.x), p.v])] : [],
    )
    const seen = [
      ['beak', 10, 1],
      ['尾', 20, 2],
    ]
    expect(points.map((p) => p.sort())).toEqual([seen, seen])
    expect(skeletonIn(project)?.points).toEqual(bird.points)
  })
})

test('the project’s own archive keeps it', async () => {
  const [file, to] = [`${fresh()}.dashi.zip`, empty()]
  await exportFrom(await labelled(bird, [half]), file, { format: 'dashi' })
  await importInto(to, file, { format: 'dashi' })
  expect([skeletonIn(to), shapesIn(to)]).toEqual([bird, [half]])
})

test('an existing label gains a missing skeleton but keeps its own', async () => {
  const from = JSON.stringify(labelSchema(await labelled(bird)))
  const [without, other] = [empty(), await labelled({ points: ['a'], edges: [] })]
  addLabel(without, { name: 'bird' })
  expect(importLabelSchema(without, readLabelSchema(from, 'l.json'), 'merge').changed).toEqual([{ name: 'bird', fields: ['skeleton'] }])
  expect(skeletonIn(without)).toEqual(bird)
  expect(importLabelSchema(other, readLabelSchema(from, 'l.json'), 'merge').kept).toEqual([expect.stringContaining('without beak')])
  expect(skeletonIn(other)!.points).toEqual(['a'])
  importLabelSchema(other, readLabelSchema(from, 'l.json'), 'replace')
  expect(skeletonIn(other)).toEqual(bird)
  // A file that says nothing of skeletons takes none away.
  importLabelSchema(other, readLabelSchema('["bird"]', 'l.json'), 'replace')
  expect(skeletonIn(other)).toEqual(bird)
})

test.each([
  ['a name twice', { points: ['a', 'a'], edges: [] }, /points.1: "a" occurs twice/],
  ['no name', { points: [' '], edges: [] }, /points.0/],
  ['no point', { points: [], edges: [] }, /points/],
  ['an edge to nothing', { points: ['a', 'b'], edges: [[0, 2]] }, /edges.0: an edge refers to a point that does not exist/],
  ['an edge to itself', { points: ['a', 'b'], edges: [[1, 1]] }, /to itself/],
  ['a place too few', { points: ['a', 'b'], edges: [], layout: [[0, 0]] }, /layout: expected a place for each of the 2 points/],
])('%s is refused, with its field', (_, skeleton, message) => {
  const project = empty()
  expect(() => addLabel(project, { name: 'x', skeleton: skeleton as Skeleton })).toThrow(message)
  expect(() => readLabelSchema(JSON.stringify([{ name: 'x', skeleton }]), 'labels.json')).toThrow(message)
})

test('renaming a point renames it in every region and updates the skeleton’s edges, as one undo step', async () => {
  const own: KeypointsShape = { ...half, edges: [[0, 2]] }
  const project = await labelled(bird, [half, own])
  const before = [shapesIn(project), projectHash(project)]
  const id = listLabels(project).find((l) => l.name === 'bird')!.id
  updateLabel(project, id, { skeleton: { ...bird, points: ['bill', ...bird.points.slice(1)], edges: [[0, 2]] } })
  expect(shapesIn(project).map((s) => s.kind === 'keypoints' && [s.points[0]!.name, s.edges])).toEqual([
    ['bill', [[0, 2]]],
    ['bill', [[0, 2]]],
  ])
  expect(projectHash(project)).not.toBe(before[1])
  undoChange(project)
  expect([shapesIn(project), projectHash(project)]).toEqual(before)
  // How it lies at first is no content.
  updateLabel(project, id, { skeleton: { points: bird.points, edges: bird.edges } })
  expect(projectHash(project)).toBe(before[1])
  updateLabel(project, id, { skeleton: null })
  expect(shapesIn(project)).toEqual(before[0])
  expect(projectHash(project)).not.toBe(before[1])
})

test('a person has COCO’s seventeen points in COCO’s order', () => {
  expect(cocoPerson.points.slice(0, 5)).toEqual(['nose', 'left_eye', 'right_eye', 'left_ear', 'right_ear'])
  expect(cocoPerson.edges).toHaveLength(19)
  const { points } = placedIn({ x: 10, y: 20, w: 100, h: 200 }, cocoPerson)
  expect(points.every((p) => p.v === 2 && p.x >= 10 && p.x <= 110 && p.y >= 20 && p.y <= 220)).toBe(true)
})
