/** Which jobs share the images that are decoded. */
import { expect, test } from 'vitest'
import { storeFor } from '../../../src-main/engine/jobs/pictures.ts'

const items = (from: number, to: number, hash?: string) =>
  Array.from({ length: to - from }, (_, i) => ({ file: `${from + i}.png`, label: 0, hash }))

test('runs of a sweep share theirs, whichever training images they draw', () => {
  const store = storeFor({ train: items(0, 10), id: items(10, 30) })
  expect(storeFor({ train: items(0, 10), id: items(10, 30) })).toBe(store)
  expect(storeFor({ train: items(3, 5), id: items(10, 30) })).toBe(store)
  expect(storeFor({ train: items(30, 40), id: items(10, 30) })).toBe(store)
})

test('a job on other images, or on files with other content, has its own', () => {
  const store = storeFor({ train: items(100, 120, 'a') })
  const others = storeFor({ train: items(115, 200, 'a') })
  expect(others).not.toBe(store)
  expect(storeFor({ train: items(115, 200, 'a') })).toBe(others)
  expect(storeFor({ train: [...items(115, 199, 'a'), ...items(199, 200, 'b')] })).not.toBe(others)
})
