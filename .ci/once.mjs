// Setup and build steps that are repeated only when their inputs have changed.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

// From import.meta.url, which stays correct when a configuration that includes this file is bundled.
export const root = fileURLToPath(new URL('..', import.meta.url))
export const at = (...p) => path.join(root, ...p)
export const say = (line) => process.stderr.write(`${line}\n`)

/** Hash of a set of files: the inputs of a step. */
export function stampOf(files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(path.relative(root, file)).update('\0').update(readFileSync(file))
  return hash.digest('hex')
}

/**
 * Runs `step`, which produces the file (or files) `made`, unless they were last made from the same `stamp` or `isDone` says so. If the
 * step returns a promise, the caller must await it.
 */
export function once(name, stamp, made, step, isDone = () => false) {
  const file = at('node_modules', '.cache', `dashi-${name}`)
  const there = [made].flat().every((f) => existsSync(f))
  if (there && existsSync(file) && readFileSync(file, 'utf8') === stamp) return
  if (!existsSync(file) && there && isDone()) say(`The ${name} are there already.`)
  else {
    const doing = step()
    if (doing instanceof Promise) return doing.then(() => keep(file, stamp))
  }
  keep(file, stamp)
}

function keep(file, stamp) {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, stamp)
}

/** Every file below `dir`. */
export const sources = (dir) =>
  readdirSync(dir, { recursive: true })
    .map((f) => path.join(dir, f))
    .filter((f) => statSync(f).isFile())
    .sort()
