/** What models said, kept in memory: of rows that are compared again, only those that changed are asked. */
import { statSync } from 'node:fs'
import path from 'node:path'

/** Answers at most; the oldest are forgotten first. */
const MOST = 20_000
const kept = new Map<string, unknown>()

/** Changes when a file is replaced or written. */
const versionOf = (file: string) => {
  const stat = statSync(file, { throwIfNoEntry: false })
  return [file, stat?.ino, stat?.size, stat?.mtimeMs]
}

/** Key of what a model's folder holds now. A checkpoint is always replaced as a whole. */
export const modelKey = (model: string): string =>
  JSON.stringify(['config.json', 'model.safetensors'].map((f) => versionOf(path.join(model, f))))

export async function answerOf<T>(model: string, file: string, asked: unknown, ask: () => Promise<T>): Promise<T> {
  const key = JSON.stringify([model, versionOf(file), asked])
  if (kept.has(key)) return kept.get(key) as T
  const answer = await ask()
  kept.set(key, answer)
  if (kept.size > MOST) kept.delete(kept.keys().next().value!)
  return answer
}
