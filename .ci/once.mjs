// Steps of set-up and build that are done again only when what they are made from has changed.
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

// By its URL: that is what stays true where a configuration with this file in it is bundled.
export const root = fileURLToPath(new URL('..', import.meta.url))
export const at = (...p) => path.join(root, ...p)
export const say = (line) => process.stderr.write(`${line}\n`)

/** Hash of a set of files: what a finished step was made from. */
export function stampOf(files) {
  const hash = createHash('sha256')
  for (const file of files) hash.update(path.relative(root, file)).update('\0').update(readFileSync(file))
  return hash.digest('hex')
}

/**
 * Does `step`, which makes the file `made` (or several), unless that was last made from the same `stamp`, or `isDone` says that it
 * needs no doing. What a step promises is waited for by who waits for this.
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
