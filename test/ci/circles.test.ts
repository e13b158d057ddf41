import { expect, it } from 'vitest'
import { circles, describeCircle, importGraph, importsOf } from './sources.ts'

it('finds files that import each other, however far round', () => {
  const graph = new Map([
    ['a', ['b']],
    ['b', ['c', 'd']],
    ['c', ['a']],
    ['d', ['e']],
    ['e', []],
  ])
  expect(circles(graph)).toEqual([['a', 'b', 'c']])
})

it('counts types, re-exports, lazy imports and globs as imports', () => {
  const text = `import type { A } from './a.ts'
export { b } from './b.ts'
const c = () => import('#shared/c.ts')
import fs from 'node:fs'
const records = import.meta.glob<Record>('./records/*.ts', { eager: true })`
  const files = new Set(['src-x/a.ts', 'src-x/b.ts', 'src-shared/c.ts', 'src-x/records/one.ts', 'src-x/records/deep/two.ts'])
  expect(importsOf('src-x/from.ts', text, files)).toEqual(['src-x/a.ts', 'src-x/b.ts', 'src-shared/c.ts', 'src-x/records/one.ts'])
})

it('no source file imports itself by way of others', () => {
  const graph = importGraph()
  expect(graph.size).toBeGreaterThan(400)
  const found = circles(graph).map((circle) => describeCircle(circle, graph))
  expect(found, `circles of imports:\n\n  ${found.join('\n\n  ')}\n`).toEqual([])
})
