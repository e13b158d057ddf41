/** The application comes into the engine by one door a room, and none of them brings onnxruntime along. */
import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { expect, it } from 'vitest'

const main = path.join(import.meta.dirname, '../../src-main')
const filesIn = (folder: string) =>
  readdirSync(path.join(main, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(main, folder, file))

/** What the files of a folder import from the engine, as [file, imported]. */
const imports = (folder: string) =>
  filesIn(folder).flatMap((file) =>
    [...readFileSync(file, 'utf8').matchAll(/ from '([^']*\bengine\/[^']*)'/g)].map(([, to]) => [path.relative(main, file), to!] as const),
  )

it('the application imports a room of the engine by its index', () => {
  const deep = imports('app').filter(([, to]) => !/engine\/([a-z]+\/)?index\.ts$/.test(to))
  expect(deep).toEqual([])
})

it('no index loads onnxruntime: only a session does, when the first is made', async () => {
  const doors = filesIn('engine').filter((file) => path.basename(file) === 'index.ts')
  expect(doors.length).toBeGreaterThan(5)
  for (const door of doors) await import(door)
  const { cache } = createRequire(import.meta.url)
  expect(Object.keys(cache).filter((file) => file.includes('onnxruntime'))).toEqual([])
  const { tensor } = await import('../../src-main/engine/runtime/session.ts')
  tensor(new Float32Array(1), 'float32', [1])
  expect(Object.keys(cache).some((file) => file.includes('onnxruntime'))).toBe(true)
})
