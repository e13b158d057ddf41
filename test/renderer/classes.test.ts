/** Classes of a comparison: in the chosen order, and only those whose names are asked for. */
import { expect, it } from 'vitest'
import { matrixOf } from '../../src-renderer/views/compare/confusions.ts'
import { orderedClasses } from '../../src-renderer/views/compare/figures.ts'

it('of a confusion matrix begin with the pair that is mixed up most often', () => {
  const cell = (truth: number, said: number, n: number) => ({ truth, said, n, images: [] })
  const cells = [cell(0, 1, 1), cell(0, 0, 4), cell(1, 1, 5), cell(2, 3, 3), cell(3, 3, 5)]
  const shown = (order: 'errors' | 'size' | 'name') => matrixOf(cells, ['a', 'b', 'c', 'd'], order, '').classes
  expect(shown('errors')).toEqual([2, 3, 0, 1])
  expect(shown('size')).toEqual([0, 1, 3, 2])
})

const classes = [
  { name: 'wren 10', size: 4, apart: 0.1 },
  { name: 'robin', size: 9, apart: 0.1 },
  { name: 'wren 9', size: 4, apart: 0.5 },
]
const names = (order: Parameters<typeof orderedClasses>[1], filter = '') => orderedClasses(classes, order, filter).map((c) => c.name)

it('come by how far the models are apart, by size, or by name', () => {
  expect(names('difference')).toEqual(['wren 9', 'robin', 'wren 10'])
  expect(names('size')).toEqual(['robin', 'wren 9', 'wren 10'])
  expect(names('name')).toEqual(['robin', 'wren 9', 'wren 10'])
})
it('are those whose name contains the filter, in any case', () => {
  expect(names('difference', ' WREN')).toEqual(['wren 9', 'wren 10'])
  expect(names('name', 'owl')).toEqual([])
})
