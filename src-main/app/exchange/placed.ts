import { randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { lstat } from '../../files/places.ts'
import { putNew } from '../../files/replace.ts'
import { sha256 } from './settle.ts'
import { stemOf } from './tree.ts'

/**
 * Normalises an archive entry's name to a path below the folder; null if it is absolute, climbs out, or is not valid
 * on every system.
 */
export function safeEntry(name: string): string | null {
  if (name.includes('\0') || name.includes('\\') || /^[A-Za-z]:/.test(name) || name.startsWith('/') || name.length > 1024) return null
  const steps = name.split('/').filter((s) => s !== '' && s !== '.')
  return steps.length === 0 || steps.includes('..') ? null : steps.join('/')
}

/**
 * Moves an unpacked image to the first free name, or to one that holds the same image, so that repeating an import
 * changes nothing and a different image gets a number.
 * @returns the name
 */
export async function placed(folder: string, names: readonly string[], file: string): Promise<string> {
  const last = names.at(-1)!
  for (let n = 1; ; n++) {
    const name = names[n - 1] ?? `${stemOf(last)}-${n - names.length + 1}${path.extname(last)}`
    const to = path.join(folder, name)
    if ((await placeAt(folder, to, file)) !== 'taken') return name
  }
}

/** Moves an unpacked file to its place, unless a file is already there, identical or not. */
export async function placeAt(folder: string, to: string, file: string): Promise<'placed' | 'same' | 'taken'> {
  if (lstat(to)) {
    const there = statSync(to, { throwIfNoEntry: false }) // undefined for a dangling link
    if (!there?.isFile() || there.size !== statSync(file).size || (await sha256(to)) !== (await sha256(file))) return 'taken'
    rmSync(file)
    return 'same'
  }
  mkdirSync(path.dirname(to), { recursive: true })
  putNew(file, to)
  noted.get(folder)?.push(to)
  return 'placed'
}

/** A temporary path for an image whose name is not known yet; unique per process. */
export const unpacking = (folder: string) => path.join(folder, `.unpacking-${own}`)
const own = `${process.pid}-${randomBytes(4).toString('hex')}`

/** Files placed in folders that existed before, recorded while an import wants to know. */
const noted = new Map<string, string[]>()
export const notePlaced = (folder: string) => void (noted.has(folder) || noted.set(folder, []))
export const placedIn = (folder: string): readonly string[] => noted.get(folder) ?? []
export const forgetPlaced = (folder: string) => void noted.delete(folder)
