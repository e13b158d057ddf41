/** A linear probe is solved once for all runs on the same features; anything that changes the solution solves it anew. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeEach, expect, test, vi } from 'vitest'
import type { JobProgress } from '#shared/model/job.ts'
import { Rng } from '../../../src-main/engine/data/rng.ts'
import { logisticPath } from '../../../src-main/engine/recipes/logistic.ts'
import { probe } from '../../../src-main/engine/recipes/probe.ts'
import type { Run } from '../../../src-main/engine/recipes/run.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

vi.mock('../../../src-main/engine/recipes/logistic.ts', { spy: true })

let cache: string
beforeEach(() => {
  cache = temporaryFolder()
  vi.mocked(logisticPath).mockClear()
})
const rng = Rng.of(1)
const train = Float32Array.from({ length: 12 * 4 }, () => rng.normal())
const settings = { cMin: 0.01, cMax: 1, cCount: 3, iterations: 20, tolerance: 3e-8, classWeights: 'none', beta: 0.99 } as const

/** A probe of twelve random features of two classes. */
async function probed({
  features = train,
  labels = 'ababababbaab',
  ...own
}: { features?: Float32Array; labels?: string; cMax?: number; tolerance?: number } = {}) {
  const told: JobProgress[] = []
  const images = { n: 12, labels: Int32Array.from(labels, (c) => (c === 'a' ? 0 : 1)) }
  const run = {
    o: { classes: [{ name: 'a' }, { name: 'b' }], cache, onProgress: (p: JobProgress) => told.push(p) },
    model: { dim: 4 },
    split: () => images,
    featuresOf: async () => features,
    check: () => undefined,
  } as unknown as Run
  return { ...(await probe(run, { ...settings, ...own })), told }
}
const solved = () => vi.mocked(logisticPath).mock.calls.length

test('the second run starts from the first one’s solution, bit for bit, with its curve', async () => {
  const first = await probed()
  const second = await probed()
  expect(second).toEqual(first)
  expect(second.told).toHaveLength(3)
  expect(solved()).toBe(1)
})

test.each([
  ['a feature', { features: train.map((x, i) => (i ? x : x + 1e-6)) }],
  ['a label', { labels: 'ababababbaaa' }],
  ['a setting', { cMax: 2 }],
  ['the tolerance', { tolerance: 1e-4 }],
])('with %s changed it is solved anew', async (_, changed) => {
  await probed()
  await probed(changed)
  expect(solved()).toBe(2)
})

test('a damaged file is as good as none', async () => {
  const first = await probed()
  const [file] = fs.readdirSync(path.join(cache, 'probes'))
  const at = path.join(cache, 'probes', file!)
  const bytes = fs.readFileSync(at)
  fs.writeFileSync(at, bytes.fill(7, bytes.length - 8))
  expect((await probed()).head).toEqual(first.head)
  expect(solved()).toBe(2)
})
