import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import type { InferenceSession } from 'onnxruntime-node'
import { externalFiles, type Graph } from '../graph/graph.ts'

/** Hashing a larger model would take about as long as building its session. */
const HASHED_BYTES = 64 * 2 ** 20
/** What sessions that nobody uses may hold together, by estimate, and how many there are at most. */
const IDLE_BYTES = 192 * 2 ** 20
const IDLE_COUNT = 6

interface Idle {
  readonly key: string
  readonly session: InferenceSession
  readonly bytes: number
}

/**
 * Sessions of this thread that were released, the longest idle first: whoever asks for the same graph gets one of them back,
 * since building one takes longer than many a run, and onnxruntime does not give all memory back on release.
 */
const idle: Idle[] = []

/** What a session depends on: the graph with its shapes and literals, the files that it maps, and its options. Without one, it is not kept. */
export function sessionKey(graph: Graph, model: Uint8Array, options: unknown): string | undefined {
  const files = externalFiles(graph)
  // A mapped file can be neither replaced nor deleted on Windows.
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

/** Keeps a session that is used no more and holds about `bytes`. @returns those that must go for it, to be released */
export function keepIdle(key: string, session: InferenceSession, bytes: number): InferenceSession[] {
  if (bytes > IDLE_BYTES) return [session]
  idle.push({ key, session, bytes })
  const gone: InferenceSession[] = []
  while (idle.length > IDLE_COUNT || idle.reduce((n, s) => n + s.bytes, 0) > IDLE_BYTES) gone.push(idle.shift()!.session)
  return gone
}
