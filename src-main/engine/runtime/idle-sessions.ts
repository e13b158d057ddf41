import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import type { InferenceSession } from 'onnxruntime-node'
import { externalFiles, type Graph } from '../graph/graph.ts'

/** Hashing a larger model would take about as long as building its session. */
const HASHED_BYTES = 64 * 2 ** 20
/** Limits on idle sessions: their estimated total bytes, and their number. */
const IDLE_BYTES = 192 * 2 ** 20
const IDLE_COUNT = 6

interface Idle {
  readonly key: string
  readonly session: InferenceSession
  readonly bytes: number
}

/**
 * Released sessions of this thread, least recently used first. They are reused for the same graph, since building a
 * session often takes longer than a run, and onnxruntime does not return all memory on release.
 */
const idle: Idle[] = []

/**
 * Identifies what a session depends on: the graph with its shapes and literals, the files that it maps, and its
 * options. Without a key a session is not kept.
 */
export function sessionKey(graph: Graph, model: Uint8Array, options: unknown): string | undefined {
  const files = externalFiles(graph)
  // On Windows, a mapped file can be neither replaced nor deleted.
  if (model.length > HASHED_BYTES || (files.length && process.platform === 'win32')) return undefined
  const states = files.map((file) => {
    const { dev, ino, size, mtimeMs } = statSync(file)
    return [file, dev, ino, size, mtimeMs]
  })
  return createHash('sha256')
    .update(model)
    .update(JSON.stringify([states, options]))
    .digest('hex')
}

export function takeIdle(key: string): InferenceSession | undefined {
  const at = idle.findIndex((s) => s.key === key)
  return at < 0 ? undefined : idle.splice(at, 1)[0]!.session
}

/** Keeps a session of about `bytes` for reuse. @returns the evicted sessions, which the caller must release */
export function keepIdle(key: string, session: InferenceSession, bytes: number): InferenceSession[] {
  if (bytes > IDLE_BYTES) return [session]
  idle.push({ key, session, bytes })
  const gone: InferenceSession[] = []
  while (idle.length > IDLE_COUNT || idle.reduce((n, s) => n + s.bytes, 0) > IDLE_BYTES) gone.push(idle.shift()!.session)
  return gone
}
