/** Under which terms a checkpoint folder says that it may be used. */
import { closeSync, openSync, readSync } from 'node:fs'
import path from 'node:path'
import { parse } from 'yaml'
import { findRecord } from '../../engine/weights/index.ts'

/** Front matter beyond this is not read. */
const MOST = 64 * 1024
/** Steps from a checkpoint to the one that it was trained from. */
const DEPTH = 8

/**
 * `license` in the front matter of the model card (README.md, as on the Hugging Face hub); a checkpoint without one has
 * the licence of the checkpoint that it was trained from.
 */
export function licenceOf(dir: string, depth = DEPTH): string | null {
  const own = licenceIn(path.join(dir, 'README.md'))
  if (own !== null || depth === 0) return own
  const base = baseOf(dir)
  return base === null ? null : licenceOf(path.resolve(dir, base), depth - 1)
}

function baseOf(dir: string): string | null {
  try {
    return findRecord(dir)?.base?.path ?? null
  } catch {
    return null // a damaged record says nothing
  }
}

function licenceIn(card: string): string | null {
  const text = startOf(card)
  const front = text === null ? null : /^---\r?\n([\s\S]*?)\r?\n---(?:\r?\n|$)/.exec(text)?.[1]
  if (front === null || front === undefined) return null
  try {
    const said: unknown = parse(front, { maxAliasCount: 0 })
    const { license, license_name: name } = (said ?? {}) as { license?: unknown; license_name?: unknown }
    const given = license === 'other' && typeof name === 'string' ? name : Array.isArray(license) ? license.join(', ') : license
    return typeof given === 'string' && given.trim() ? given.trim().slice(0, 100) : null
  } catch {
    return null
  }
}

function startOf(file: string): string | null {
  let fd: number | undefined
  try {
    fd = openSync(file, 'r')
    const bytes = Buffer.alloc(MOST)
    return bytes.toString('utf8', 0, readSync(fd, bytes, 0, MOST, 0))
  } catch {
    return null
  } finally {
    if (fd !== undefined) closeSync(fd)
  }
}
