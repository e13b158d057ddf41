/** Nearest neighbours by cosine among many embeddings, stored in a folder. */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync, writeFileSync, writeSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import type * as Usearch from 'usearch'
import { z } from 'zod'
import { mark, markedFiles, proveOwned, type Proof } from '../../files/owned.ts'
import { replaceFolder } from '../../files/replace.ts'

/**
 * USearch (Vardanian 2023), an HNSW index (Malkov & Yashunin 2020) that ships with binaries. Loaded by `require`,
 * because its ES module resolves the binaries relative to the top stack frame's file. Null if there is no binary for
 * this system: exact search is used then.
 */
function usearch(): typeof Usearch | null {
  if (loaded === undefined)
    try {
      loaded = createRequire(import.meta.url)('usearch') as typeof Usearch
    } catch {
      loaded = null
    }
  return loaded
}
let loaded: typeof Usearch | null | undefined

/** Above this number of vectors a graph is built; below it, brute force is fast enough. */
const graphFrom = 50_000
/** Half floats in the graph; the vectors are stored next to it at full precision. */
const settings = (dimensions: number) => ({
  dimensions,
  metric: 'cos' as never,
  quantization: 'f16' as never,
  connectivity: 16,
  expansion_add: 128,
  expansion_search: 96,
  multi: false,
})

const headerSchema = z.object({
  version: z.literal(1),
  n: z.int().nonnegative(),
  dim: z.int().positive(),
  made: z.string(),
  graph: z.boolean(),
})
type Header = z.infer<typeof headerSchema>

const files = (folder: string) => ({
  header: path.join(folder, 'index.json'),
  ids: path.join(folder, 'ids.i32'),
  vectors: path.join(folder, 'vectors.f32'),
  graph: path.join(folder, 'graph.usearch'),
})

const headerOf = (folder: string): Header | undefined => {
  try {
    return headerSchema.parse(JSON.parse(readFileSync(files(folder).header, 'utf8')))
  } catch {
    return undefined // missing, or another version
  }
}

/** The fingerprint of an index's inputs; undefined if there is no index. */
export const indexMade = (folder: string): string | undefined => headerOf(folder)?.made

export interface BuildOptions {
  /** Ascending. */
  readonly ids: Int32Array
  /** [n, dim], normalised. */
  readonly rows: Float32Array
  readonly dim: number
  /** Fingerprint of its inputs. */
  readonly made: string
  readonly graphFrom?: number
  readonly threads?: number
  readonly onProgress?: (done: number, of: number) => void
  readonly check?: () => void
}

/** Writes to a temporary folder, which then replaces the old index. */
export async function buildIndex(folder: string, o: BuildOptions): Promise<void> {
  await replaceFolder(folder, (beside) => fill(beside, o), { proof: proveIndex })
}

const proveOwnIndex = proveOwned('index', { content: false })
/** Indexes of earlier versions carry no marker: they are recognised by containing exactly the files of an index. */
const proveIndex: Proof = (folder, name) => {
  const known = Object.values(files('')).map((file) => path.basename(file))
  if (markedFiles(folder, 'index') || !readdirSync(folder).every((file) => known.includes(file))) return proveOwnIndex(folder, name)
}

async function fill(beside: string, o: BuildOptions): Promise<void> {
  const n = o.ids.length
  const to = files(beside)
  writeFileSync(to.ids, o.ids)
  writeBytes(to.vectors, new Uint8Array(o.rows.buffer, o.rows.byteOffset, o.rows.byteLength))
  const library = n >= (o.graphFrom ?? graphFrom) ? usearch() : null
  if (library) {
    const index = new library.Index(settings(o.dim))
    const some = 2000
    for (let from = 0; from < n; from += some) {
      o.check?.()
      const until = Math.min(n, from + some)
      index.add(BigUint64Array.from(o.ids.subarray(from, until), BigInt), o.rows.subarray(from * o.dim, until * o.dim), o.threads ?? 0)
      o.onProgress?.(until, n)
      await new Promise((go) => setImmediate(go))
    }
    index.save(to.graph)
  }
  writeFileSync(to.header, JSON.stringify({ version: 1, n, dim: o.dim, made: o.made, graph: library !== null } satisfies Header))
  mark(beside, 'index')
}

function writeBytes(file: string, bytes: Uint8Array): void {
  const fd = openSync(file, 'w')
  try {
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at, Math.min(2 ** 30, bytes.length - at))
  } finally {
    closeSync(fd)
  }
}

export interface Neighbour {
  readonly id: number
  /** Cosine. */
  readonly similarity: number
}

/** An open index. In memory: the graph with half floats or, for exact search, the vectors. */
export class VectorIndex {
  private vectors: Float32Array | undefined

  private constructor(
    private readonly folder: string,
    readonly header: Header,
    private readonly ids: Int32Array,
    private readonly graph: Usearch.Index | undefined,
  ) {}

  /** Undefined if there is no index or its files are incomplete. */
  static open(folder: string): VectorIndex | undefined {
    const header = headerOf(folder)
    const from = files(folder)
    if (!header || !existsSync(from.vectors) || (header.graph && !usearch())) return undefined
    try {
      const bytes = readFileSync(from.ids)
      const ids = new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength))
      if (ids.length !== header.n) return undefined
      let graph: Usearch.Index | undefined
      if (header.graph) {
        graph = new (usearch()!.Index)(settings(header.dim))
        graph.load(from.graph)
      }
      return new VectorIndex(folder, header, ids, graph)
    } catch {
      return undefined
    }
  }

  /** False once the index on disk has been replaced. */
  get current(): boolean {
    return indexMade(this.folder) === this.header.made
  }

  get size(): number {
    return this.header.n
  }

  /** The vector of an id, [dim]; undefined if the index does not contain it. */
  vector(id: number): Float32Array | undefined {
    let [low, high] = [0, this.ids.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.ids[middle]! < id) low = middle + 1
      else high = middle
    }
    if (this.ids[low] !== id) return undefined
    const { dim } = this.header
    const row = new Float32Array(dim)
    const fd = openSync(files(this.folder).vectors, 'r')
    try {
      readSync(fd, new Uint8Array(row.buffer), 0, dim * 4, low * dim * 4)
    } finally {
      closeSync(fd)
    }
    return row
  }

  /** The k nearest neighbours of a normalised vector, best first. */
  search(query: Float32Array, k: number): Neighbour[] {
    const count = Math.min(k, this.size)
    if (!count) return []
    if (!this.graph) return this.exact(query, count)
    const { keys, distances } = this.graph.search(query, count, 1)
    return Array.from(keys, (key, i) => ({ id: Number(key), similarity: clamp(1 - distances[i]!) }))
  }

  private exact(query: Float32Array, k: number): Neighbour[] {
    const { n, dim } = this.header
    const all = (this.vectors ??= readVectors(files(this.folder).vectors, n * dim))
    const scores = new Float32Array(n)
    for (let i = 0, at = 0; i < n; i++) {
      let sum = 0
      for (let j = 0; j < dim; j++) sum += query[j]! * all[at++]!
      scores[i] = sum
    }
    // A threshold that about k candidates pass, so that only few need sorting.
    const bound = scores.toSorted()[n - k]!
    const passed: Neighbour[] = []
    scores.forEach((s, i) => s >= bound && passed.push({ id: this.ids[i]!, similarity: clamp(s) }))
    return passed.sort((a, b) => b.similarity - a.similarity || a.id - b.id).slice(0, k)
  }
}

const clamp = (x: number) => Math.max(-1, Math.min(1, x))

function readVectors(file: string, length: number): Float32Array {
  const out = new Float32Array(length)
  const bytes = new Uint8Array(out.buffer)
  const fd = openSync(file, 'r')
  try {
    for (let at = 0; at < bytes.length;) {
      const read = readSync(fd, bytes, at, Math.min(2 ** 30, bytes.length - at), at)
      if (!read) throw new Error(`${file} is truncated`)
      at += read
    }
  } finally {
    closeSync(fd)
  }
  return out
}
