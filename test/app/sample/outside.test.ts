/** The pictographs on which forgetting is measured where a project has no images of its own for that. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { makeOutside, outsideHash } from '../../../src-main/app/sample/outside.ts'

const dir = mkdtempSync(join(tmpdir(), 'dashi-outside-'))
afterAll(() => rmSync(dir, { recursive: true }))

test('are the same on every machine, pixel for pixel: 72 things in four styles, without a word in common', async () => {
  const { index, hash } = await makeOutside(dir)
  expect(hash).toBe(outsideHash)
  expect(index.things).toHaveLength(72)
  expect(index.pictures).toHaveLength(288)
  index.things.forEach((_, i) => expect(new Set(index.pictures.filter((p) => p.thing === i).map((p) => p.style)).size).toBe(4))
  const words = index.things.flatMap(({ name }) => name.toLowerCase().match(/[a-z]{3,}/g) ?? [])
  expect(new Set(words).size).toBe(words.length)
})
