import { expect, test } from 'vitest'
import { treeRows } from '../../src-renderer/label-tree.ts'
import { areaOf, groupedRegions, matching, sortedRegions } from '../../src-renderer/region-list.ts'
import { box, polygon, region } from './canvas/on-canvas.ts'

const by = (score: number) => ({ author: { kind: 'checkpoint' as const, checkpoint: 'run-1', score } })
const small = region(box(50, 0, 10, 10), { labelId: 2, ...by(0.9) })
const large = region(box(0, 50, 40, 40), { labelId: 1, ...by(0.2), attributes: { colour: 'red' } })
const triangle = region(polygon(0, 0, 20, 0, 0, 20), { labelId: null })
const all = [small, large, triangle]
const nameOf = (id: number | null) => (id === 1 ? 'ape' : id === 2 ? 'bee' : '')
const order = (o: Parameters<typeof sortedRegions>[1]) => sortedRegions(all, o, nameOf)

test('regions are sorted in every order', () => {
  expect(order('drawn')).toEqual([triangle, large, small])
  expect(order('area')).toEqual([large, triangle, small])
  expect(order('label')).toEqual([triangle, large, small])
  expect(order('score')).toEqual([large, small, triangle])
  expect(order('place')).toEqual([triangle, small, large])
  expect(all.map(areaOf)).toEqual([100, 1600, 200])
})

test('finds regions whose label or attributes contain all the words', () => {
  const find = (text: string) => matching(all, text, (r) => nameOf(r.labelId))
  expect(find('')).toEqual(all)
  expect(find('colour=RED ape')).toEqual([large])
  expect(find('bee red')).toEqual([])
})

test('groups regions by label', () => {
  expect(groupedRegions(all, true).map((g) => [g.labelId, g.regions.length])).toEqual([
    [2, 1],
    [1, 1],
    [null, 1],
  ])
  expect(groupedRegions(all, false)).toEqual([{ labelId: undefined, regions: all }])
})

test('labels follow their parents, each once, whatever the parents are', () => {
  const rows = (given: [number, number | null][]) =>
    treeRows(given.map(([id, parentId]) => ({ id, parentId }))).map((r) => [r.label.id, r.depth])
  expect(
    rows([
      [1, null],
      [2, null],
      [3, 1],
      [4, 3],
    ]),
  ).toEqual([
    [1, 0],
    [3, 1],
    [4, 2],
    [2, 0],
  ])
  expect(
    rows([
      [1, 9],
      [2, 3],
      [3, 2],
    ]),
  ).toEqual([
    [1, 0],
    [2, 0],
    [3, 1],
  ])
})
