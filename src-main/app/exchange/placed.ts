import { existsSync, mkdirSync, renameSync, statSync } from 'node:fs'
import path from 'node:path'
import { sha256 } from './settle.ts'
import { stemOf } from './tree.ts'

/**
 * Moves an unpacked image to the first of the names where none is, or the same one: the import run again leaves it there, and another
 * image of that name gets a number. @returns the name
 */
export async function placed(folder: string, names: readonly string[], file: string): Promise<string> {
  const last = names.at(-1)!
  for (let n = 1; ; n++) {
    const name = names[n - 1] ?? `${stemOf(last)}-${n - names.length + 1}${path.extname(last)}`
    const to = path.join(folder, name)
    if (existsSync(to) && !(statSync(to).size === statSync(file).size && (await sha256(to)) === (await sha256(file)))) continue
    mkdirSync(path.dirname(to), { recursive: true })
    renameSync(file, to)
    return name
  }
}

/** An image's place until its name is known. */
export const unpacking = (folder: string) => path.join(folder, '.unpacking')
