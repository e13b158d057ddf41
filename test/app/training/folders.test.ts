/** Images of a folder that is gone for a moment are waited for, not left out. */
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { whereFoldersAre } from '../../../src-main/app/training/folders.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

const leftOut = (n: number) => Array.from({ length: n }, (_, i) => ({ file: `${i}.png`, reason: 'gone' }))

/** How often the job is made where that leaves out as many images as told, one after the other, and how many the last leaves out. */
async function looks(...counts: number[]) {
  let made = 0
  const job = await whereFoldersAre(
    { splits: {} },
    async () => ({ leftOut: leftOut(counts[made++]!) }) as unknown as TrainJob,
  )(new AbortController().signal)
  return [made, job.leftOut!.length]
}

test.each([
  ['once where all can be read', [0], [1, 0]],
  ['again where some cannot, until a look says the same', [2, 2], [2, 2]],
  ['again where they can be read by then', [5, 0], [2, 0]],
  ['as often as the answer changes', [5, 2, 2], [3, 2]],
])('images are looked at %s', async (_, counts, expected) => {
  expect(await looks(...counts)).toEqual(expected)
})

test('a folder that is gone between two looks is waited for', async () => {
  const folder = path.join(temporaryFolder(), 'pictures')
  const file = path.join(folder, 'a.png')
  const told: unknown[] = []
  let made = 0
  const make = async () => ({ leftOut: leftOut(made++ ? 0 : 1) }) as unknown as TrainJob
  fs.mkdirSync(folder)
  const waiting = whereFoldersAre(
    { splits: { train: [{ file, label: 0 }] } },
    async () => {
      if (!made) fs.rmdirSync(folder)
      return make()
    },
    ({ waits }) => {
      if (!waits) return
      told.push(waits)
      fs.mkdirSync(folder, { recursive: true })
    },
  )
  expect((await waiting(new AbortController().signal)).leftOut).toEqual([])
  expect(told).toEqual([{ for: 'folder', path: folder }])
  expect(made).toBe(2)
})
