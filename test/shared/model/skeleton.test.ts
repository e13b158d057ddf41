/** Skeletons: what one is, how its points lie, and what becomes of points when it changes. */
import { describe, expect, test } from 'vitest'
import type { KeypointsShape } from '#shared/model/shape.ts'
import {
  cocoPerson,
  edgesOf,
  followed,
  layoutOf,
  placedIn,
  pointName,
  type Skeleton,
  skeleton,
  skeletonOf,
} from '#shared/model/skeleton.ts'

const arm: Skeleton = {
  points: ['shoulder', 'elbow', 'wrist'],
  edges: [
    [0, 1],
    [1, 2],
  ],
}
const at = (x: number, y: number, name?: string, v: 0 | 1 | 2 = 2) => ({ x, y, v, ...(name !== undefined && { name }) })
const shape = (points: KeypointsShape['points'], edges?: [number, number][]): KeypointsShape => ({
  kind: 'keypoints',
  points,
  ...(edges && { edges }),
})

describe('a skeleton', () => {
  const issues = (given: unknown) => skeleton.safeParse(given).error?.issues.map((i) => [i.path.join('.'), i.message]) ?? 'taken'
  test('has points of different names, and edges between two of them', () => {
    expect(issues(arm)).toBe('taken')
    expect(skeleton.parse({ points: ['a'] })).toEqual({ points: ['a'], edges: [] })
    expect(issues({ points: ['a', 'b', 'a'] })).toEqual([['points.2', '"a" occurs twice']])
    expect(issues({ points: [' '] })).toEqual([['points.0', 'expected a name']])
    expect(issues({ points: [] })).not.toBe('taken')
    expect(issues({ points: ['a', 'b'], edges: [[0, 2]] })).toEqual([['edges.0', 'an edge refers to a point that does not exist']])
    expect(
      issues({
        points: ['a', 'b'],
        edges: [
          [0, 1],
          [2, 0],
        ],
      }),
    ).toEqual([['edges.1', 'an edge refers to a point that does not exist']])
    expect(issues({ points: ['a', 'b'], edges: [[1, 1]] })).toEqual([['edges.0', 'an edge joins a point to itself']])
  })
  test('has a place for each point, or for none', () => {
    expect(issues({ points: ['a', 'b'], layout: [[0, 1]] })).toEqual([['layout', 'expected a place for each of the 2 points']])
    expect(issues({ points: ['a'], layout: [[0, 1]] })).toBe('taken')
    expect(issues({ points: ['a'], layout: [[0, 1.1]] })).not.toBe('taken')
    expect(issues(cocoPerson)).toBe('taken')
  })
})

describe('points lie', () => {
  test('as given', () => {
    expect(
      layoutOf({
        ...arm,
        layout: [
          [0, 0],
          [0.5, 1],
          [1, 0],
        ],
      }),
    ).toEqual([
      [0, 0],
      [0.5, 1],
      [1, 0],
    ])
  })
  test('uses the person’s layout if all points are a person’s, in any order', () => {
    expect(layoutOf({ points: ['left_ankle', 'nose'], edges: [] })).toEqual([
      [0.72, 1],
      [0.5, 0.08],
    ])
    expect(cocoPerson.points.map((_, i) => cocoPerson.layout![i])).toEqual(layoutOf({ points: cocoPerson.points, edges: [] }))
  })
  test('round an ellipse from its top, clockwise; one alone in the middle', () => {
    const rounded = layoutOf({ points: ['nose', 'b', 'c', 'constructor'], edges: [] }).map((p) => p.map((v) => Math.round(v * 1e6) / 1e6))
    expect(rounded).toEqual([
      [0.5, 0],
      [1, 0.5],
      [0.5, 1],
      [0, 0.5],
    ])
    expect(layoutOf({ points: ['a'], edges: [] })).toEqual([[0.5, 0.5]])
  })
  test('within the box that they are drawn into', () => {
    const given: Skeleton = {
      points: ['a', 'b'],
      edges: [[0, 1]],
      layout: [
        [0, 1],
        [0.5, 0.25],
      ],
    }
    expect(placedIn({ x: 10, y: 20, w: 4, h: 8 }, given)).toEqual(shape([at(10, 28, 'a'), at(12, 22, 'b')], [[0, 1]]))
    expect(placedIn({ x: 0, y: 0, w: 1, h: 1 }, { ...given, edges: [] })).not.toHaveProperty('edges')
  })
})

describe('edges of points', () => {
  test('are their own, or those of the skeleton between points of its names', () => {
    const points = [at(0, 0, 'wrist'), at(1, 1, 'elbow')]
    expect(edgesOf(shape(points), arm)).toEqual([[1, 0]])
    expect(edgesOf(shape(points, [[0, 1]]), arm)).toEqual([[0, 1]])
    expect(edgesOf(shape(points, []), arm)).toEqual([[1, 0]])
    expect([edgesOf(shape(points), null), edgesOf(shape(points), undefined), edgesOf(shape(points, [[0, 1]]), null)]).toEqual([
      [],
      [],
      [[0, 1]],
    ])
    expect(edgesOf(shape(points), { points: ['elbow', 'wrist'], edges: [] })).toEqual([])
  })
  test('of points without names go by their places', () => {
    expect([pointName({ name: 'a' }, 3), pointName({}, 3)]).toEqual(['a', 'point 4'])
    expect(edgesOf(shape([at(0, 0), at(1, 1)]), { points: ['point 2', 'point 1'], edges: [[0, 1]] })).toEqual([[1, 0]])
  })
})

describe('the skeleton of points that were drawn', () => {
  test('has their names, edges and places within their box', () => {
    expect(
      skeletonOf(
        shape(
          [at(10, 20, 'a'), at(14, 20, 'b'), at(11, 30)],
          [
            [0, 1],
            [2, 2],
          ],
        ),
      ),
    ).toEqual({
      points: ['a', 'b', 'point 3'],
      edges: [[0, 1]],
      layout: [
        [0, 0],
        [1, 0],
        [0.25, 1],
      ],
    })
  })
  test('places what cannot be seen in the middle, and points in a row in the middle of it', () => {
    expect(skeletonOf(shape([at(1, 5, 'a'), at(3, 5, 'b'), at(0, 0, 'c', 0)]))!.layout).toEqual([
      [0, 0.5],
      [1, 0.5],
      [0.5, 0.5],
    ])
    expect(skeletonOf(shape([at(0, 0, 'a'), at(3, 1, 'b'), at(1, 0, 'c')]))!.layout![2]).toEqual([0.3333, 0])
  })
  test('is none where none can be seen, or two have one name', () => {
    expect(skeletonOf(shape([at(1, 1, 'a', 0)]))).toBeNull()
    expect(skeletonOf(shape([at(1, 1, 'a'), at(2, 2, 'a')]))).toBeNull()
  })
})

describe('points whose skeleton changed', () => {
  const drawn = placedIn({ x: 0, y: 0, w: 10, h: 10 }, arm)
  const names = (s: KeypointsShape) => s.points.map((p) => p.name)
  test('are renamed where a point was, and stay where they are', () => {
    const after: Skeleton = { ...arm, points: ['shoulder', 'elbow', 'hand'] }
    const now = followed(drawn, arm, after)
    expect([names(now), now.points.map((p) => [p.x, p.y]), now.edges]).toEqual([
      ['shoulder', 'elbow', 'hand'],
      drawn.points.map((p) => [p.x, p.y]),
      drawn.edges,
    ])
  })
  test('are not renamed where names changed places, or their number changed', () => {
    expect(names(followed(drawn, arm, { points: ['elbow', 'shoulder', 'wrist'], edges: arm.edges }))).toEqual(arm.points)
    expect(names(followed(drawn, arm, { points: ['shoulder', 'elbow'], edges: [[0, 1]] }))).toEqual(arm.points)
    expect(names(followed(drawn, arm, { points: ['shoulder', 'joint', 'wrist', 'hand'], edges: [] }))).toEqual(arm.points)
  })
  test('are joined anew where they were joined as the skeleton was, and not where a person joined them', () => {
    const after: Skeleton = { points: arm.points, edges: [[0, 2]] }
    expect(followed(drawn, arm, after).edges).toEqual([[0, 2]])
    expect(followed(drawn, arm, { ...after, edges: [] })).not.toHaveProperty('edges')
    const own = { ...drawn, edges: [[2, 0]] as [number, number][] }
    expect(followed(own, arm, after)).toBe(own)
    expect(followed(own, arm, { points: ['s', 'elbow', 'wrist'], edges: [[0, 2]] })).toMatchObject({ edges: [[2, 0]] })
  })
  test('are the same thing where nothing changes', () => {
    expect(followed(drawn, arm, arm)).toBe(drawn)
    expect([followed(drawn, null, arm), followed(drawn, arm, null)]).toEqual([drawn, drawn])
    expect(followed(drawn, null, arm)).toBe(drawn)
  })
})
