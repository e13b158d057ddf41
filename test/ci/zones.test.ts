import { expect, it } from 'vitest'
import { importedFile, importProblem, zoneOf } from '../../.ci/zones.mjs'
import { importGraph, sourceFiles } from './sources.ts'

const layers = [
  { name: 'base', rooms: ['src-a/low', 'src-a/high', 'src-a/*'], below: [] },
  { name: 'top', rooms: [['src-b/one', 'src-b/other'], 'src-b/door.ts'], below: ['base'] },
  { name: 'beside', rooms: ['src-c'], below: ['src-b/door.ts'] },
  { name: 'guest', rooms: ['src-d', 'src-d/friend'], below: ['top'], doors: { to: 'top', except: ['src-d/friend'] } },
]

it('a file belongs to the narrowest room that holds it', () => {
  const room = (file: string) => zoneOf(file, layers)?.room
  expect(['src-a/low/x.ts', 'src-a/x.ts', 'src-b/door.ts', 'src-c/deep/x.vue'].map(room)).toEqual([
    'src-a/low',
    'src-a/*',
    'src-b/door.ts',
    'src-c',
  ])
  expect(['src-a/new/x.ts', 'src-b/x.ts', 'src-lower/x.ts'].map(room)).toEqual([undefined, undefined, undefined])
})

it('imports go downwards: within a layer, and from layer to layer', () => {
  const may = (from: string, to: string) => importProblem(from, to, layers) === null
  expect(may('src-a/high/x.ts', 'src-a/low/y.ts')).toBe(true)
  expect(may('src-a/low/x.ts', 'src-a/high/y.ts')).toBe(false)
  expect(may('src-a/low/x.ts', 'src-a/low/deep/y.ts')).toBe(true)
  expect(may('src-b/one/x.ts', 'src-b/other/y.ts')).toBe(true)
  expect(may('src-b/one/x.ts', 'src-a/high/y.ts')).toBe(true)
  expect(may('src-a/high/x.ts', 'src-b/one/y.ts')).toBe(false)
  expect(may('src-c/x.ts', 'src-b/door.ts')).toBe(true)
  expect(may('src-c/x.ts', 'src-b/one/y.ts')).toBe(false)
})

it('a room with a door is imported by it', () => {
  const may = (from: string, to: string) => importProblem(from, to, layers) === null
  expect(may('src-d/x.ts', 'src-b/one/index.ts')).toBe(true)
  expect(may('src-d/x.ts', 'src-b/one/y.ts')).toBe(false)
  expect(may('src-d/friend/x.ts', 'src-b/one/y.ts')).toBe(true)
})

it('an import names a file from the root, a package none', () => {
  expect(importedFile('src-main/app/media/files.ts', '../../db/images.ts')).toBe('src-main/db/images.ts')
  expect(importedFile('src-main/app/media/files.ts', '#shared/model/media.ts')).toBe('src-shared/model/media.ts')
  expect(importedFile('src-main/app/media/files.ts', 'zod')).toBe(null)
})

it('every source file belongs to a room, and none imports upwards', () => {
  expect(sourceFiles.filter((file) => !zoneOf(file))).toEqual([])
  // Records found by a glob may stand above those who read them: that is what a glob is for.
  const upwards = [...importGraph(false)].flatMap(([file, to]) =>
    to.flatMap((t) => {
      const problem = importProblem(file, t)
      return problem ? [`${file}: ${problem}`] : []
    }),
  )
  expect(upwards).toEqual([])
})
