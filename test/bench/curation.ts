/** Figures of curation at 250,000 images. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { applyDivision, proposeSplit } from '../../src-main/app/curation/index.ts'
import { addRecords } from '../../src-main/app/projects/index.ts'
import { createProject } from '../../src-main/app/projects/project.ts'
import { closePairs, type Hashes } from '../../src-main/engine/curation/hamming.ts'
import { layOut } from '../../src-main/engine/curation/layout.ts'
import { semDeDup } from '../../src-main/engine/curation/semdedup.ts'
import { buildIndex, VectorIndex } from '../../src-main/engine/curation/vector-index.ts'
import { Rng } from '../../src-main/engine/data/rng.ts'
import { syntheticRecords } from './projects.ts'

type Figures = Record<string, number>
const now = () => performance.now()
const residentMb = () => process.memoryUsage().rss / 2 ** 20

export async function curationBench(images = 250_000, dim = 512): Promise<Figures> {
  const figures: Figures = { images }
  const folder = mkdtempSync(join(tmpdir(), 'dashi-bench-'))
  try {
    perceptualHashes(images, figures)
    await splits(images, join(folder, 'project'), figures)
    const rows = embeddings(images, dim)
    await nearCopies(rows, dim, figures)
    await neighbours(rows, dim, folder, figures)
    await map(rows, dim, figures)
    figures['peak memory (MB)'] = process.resourceUsage().maxRSS / 1024
    return figures
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Random hashes, of which one in twenty is another one with two bits changed. */
function perceptualHashes(n: number, figures: Figures): void {
  const rng = Rng.of(1)
  const hashes: Hashes = { high: Uint32Array.from({ length: n }, () => rng.bits()), low: Uint32Array.from({ length: n }, () => rng.bits()) }
  for (let i = 20; i < n; i += 20) {
    hashes.high[i] = hashes.high[i - 7]! ^ (1 << rng.int(32))
    hashes.low[i] = hashes.low[i - 7]! ^ (1 << rng.int(32))
  }
  for (const radius of [4, 8]) {
    let pairs = 0
    const from = now()
    closePairs(hashes, radius, () => pairs++)
    figures[`perceptual hashes within ${radius} bits (s)`] = (now() - from) / 1000
    figures[`perceptual hashes within ${radius} bits (pairs)`] = pairs
  }
}

/** With a million regions of 80 labels. */
async function splits(n: number, folder: string, figures: Figures): Promise<void> {
  const project = createProject(folder, { name: 'big' })
  try {
    addRecords(project, syntheticRecords(n))
    let from = now()
    const { summary, details } = await proposeSplit(project, { shares: { train: 0.8, val: 0.1, test: 0.1 } })
    figures['split, proposed (s)'] = (now() - from) / 1000
    figures['split, largest deviation of a share'] = Math.max(...summary.splits.map((s) => Math.abs(s.share - s.wanted)))
    figures['split, largest deviation of a label’s share'] = Math.max(
      ...summary.labels.flatMap((l) => l.counts.map((c, s) => Math.abs(c / l.images - summary.splits[s]!.wanted))),
    )
    from = now()
    figures['split, images changed'] = applyDivision(project, details)
    figures['split, carried out (s)'] = (now() - from) / 1000
  } finally {
    project.close()
  }
}

/**
 * Normalised vectors as a model's embeddings are: 1,000 clouds on a curved surface of 24 dimensions, and a little noise in all of
 * them; one in fifty is nearly a copy of another.
 */
function embeddings(n: number, dim: number): Float32Array {
  const inner = 24
  const rng = Rng.of(2)
  const gauss = Float32Array.from({ length: 1 << 20 }, () => rng.normal())
  const some = (length: number) => {
    const at = rng.int(gauss.length - length)
    return gauss.subarray(at, at + length)
  }
  const basis = Float32Array.from({ length: 2 * inner * dim }, () => rng.normal())
  const centres = Float32Array.from({ length: 1000 * inner }, () => rng.normal())
  const out = new Float32Array(n * dim)
  const z = new Float32Array(2 * inner)
  for (let i = 0; i < n; i++) {
    const row = out.subarray(i * dim, (i + 1) * dim)
    const copied = i >= 50 && i % 50 === 0
    if (copied) row.set(out.subarray((i - 13) * dim, (i - 12) * dim))
    else {
      const [centre, own] = [rng.int(1000) * inner, some(inner)]
      for (let k = 0; k < inner; k++) {
        z[k] = centres[centre + k]! + 0.5 * own[k]!
        z[inner + k] = Math.tanh(z[k]! * centres[centre + ((k + 1) % inner)]!)
      }
      for (let k = 0; k < 2 * inner; k++) for (let j = 0; j < dim; j++) row[j]! += z[k]! * basis[k * dim + j]!
    }
    const noise = some(dim)
    const scale = copied ? 0.002 : 0.5
    let squares = 0
    for (let j = 0; j < dim; j++) squares += (row[j]! += scale * noise[j]!) ** 2
    const norm = Math.sqrt(squares)
    for (let j = 0; j < dim; j++) row[j]! /= norm
  }
  return out
}

async function nearCopies(rows: Float32Array, dim: number, figures: Figures): Promise<void> {
  const from = now()
  const { dropped, pairs } = await semDeDup(rows, dim, { similarity: 0.97, keep: 'farthest' })
  figures['SemDeDup (s)'] = (now() - from) / 1000
  figures['SemDeDup (pairs)'] = pairs
  figures['SemDeDup (dropped)'] = dropped.reduce((a, b) => a + b)
}

async function neighbours(rows: Float32Array, dim: number, folder: string, figures: Figures): Promise<void> {
  const n = rows.length / dim
  const ids = Int32Array.from({ length: n }, (_, i) => i + 1)
  const place = join(folder, 'graph')
  let from = now()
  await buildIndex(place, { ids, rows, dim, made: 'bench' })
  figures['nearest neighbours, build (s)'] = (now() - from) / 1000
  const exact = join(folder, 'exact')
  await buildIndex(exact, { ids, rows, dim, made: 'bench', graphFrom: Infinity })
  const before = residentMb()
  from = now()
  const graph = VectorIndex.open(place)!
  figures['nearest neighbours, open (ms)'] = now() - from
  figures['nearest neighbours, memory (MB)'] = residentMb() - before
  const all = VectorIndex.open(exact)!
  const rng = Rng.of(3)
  const [times, exactTimes]: [number[], number[]] = [[], []]
  let found = 0
  const queries = 200
  for (let q = 0; q < queries; q++) {
    // A query of its own: not a row, but near one.
    const i = rng.int(n)
    const query = rows.slice(i * dim, (i + 1) * dim).map((v) => v + (0.2 / Math.sqrt(dim)) * rng.normal())
    const norm = Math.hypot(...query)
    query.forEach((v, j) => (query[j] = v / norm))
    const timed = (index: VectorIndex, into: number[]) => {
      const began = now()
      const best = index.search(query, 10)
      into.push(now() - began)
      return best
    }
    const best = new Set(timed(graph, times).map((b) => b.id))
    found += timed(all, exactTimes).filter((b) => best.has(b.id)).length
  }
  const at = (values: number[], share: number) => values.toSorted((a, b) => a - b)[Math.floor(share * (values.length - 1))]!
  figures['nearest neighbours, recall@10'] = found / queries / 10
  figures['nearest neighbours, a query, median (ms)'] = at(times, 0.5)
  figures['nearest neighbours, a query, 99 % (ms)'] = at(times, 0.99)
  figures['comparing with all, a query, median (ms)'] = at(exactTimes, 0.5)
}

async function map(rows: Float32Array, dim: number, figures: Figures): Promise<void> {
  for (const method of ['pca', 'umap'] as const) {
    const from = now()
    await layOut(rows, dim, { method, seed: 0 })
    figures[`map by ${method} (s)`] = (now() - from) / 1000
  }
}
