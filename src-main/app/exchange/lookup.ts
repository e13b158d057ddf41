/** What readers of annotation files share: which files are theirs, the images that these name, the splits that they lie in. */
import path from 'node:path'
import type { Source } from './draft.ts'
import { message } from './findings.ts'
import { parsePythonJson } from './json.ts'
import type { Peek } from './peek.ts'
import { splitOfFile, usualSplit } from './splits.ts'
import { type Found, findImage, isImage, join, stemOf, type Tree } from './tree.ts'

/** The file that was given, or every one of the folder that the format knows for its own. */
export function ownFiles({ tree, file, findings }: Source, recognises: (file: Peek) => boolean): string[] {
  if (file !== null) return [file]
  return [...tree.files('', findings)].filter((name) => !isImage(name) && recognises(tree.peek(name)))
}

/** Undefined, and noted, where it is no JSON. */
export function jsonOf({ tree, findings }: Source, file: string): unknown {
  try {
    return parsePythonJson(tree.text(file))
  } catch (e) {
    findings.leave({ file }, `not valid JSON: ${message(e)}`)
    return undefined
  }
}

export const folderOf = (file: string) => (path.posix.dirname(file) === '.' ? '' : path.posix.dirname(file))

interface Index {
  names: Map<string, string[]>
  stems: Map<string, string[]>
}
const indexes = new WeakMap<Tree, Index>()

function indexOf(tree: Tree): Index {
  let index = indexes.get(tree)
  if (!index) {
    index = { names: new Map(), stems: new Map() }
    for (const file of tree.files()) {
      if (!isImage(file)) continue
      const name = path.posix.basename(file).toLowerCase()
      for (const [map, key] of [[index.names, name], [index.stems, stemOf(name)]] as const) {
        const known = map.get(key)
        if (known) known.push(file)
        else map.set(key, [file])
      }
    }
    indexes.set(tree, index)
  }
  return index
}

/**
 * The image that an annotation file names: as it stands, beside the file, by its last steps, without its extension; at last the one
 * image of that name anywhere in the tree. Not found, it has the place that was named; null where that lies outside.
 */
export function imageNamed(images: Tree, given: string, file: string): Found | null {
  const name = given.trim().replace(/^([a-z][a-z0-9+]*:\/\/[^?#]*)[?#].*$/i, '$1').replace(/^file:\/+/i, '/')
  const folder = folderOf(file)
  const bases = [...new Set([folder, join(folder, 'images'), '', 'images'])]
  const found = findImage(images, name, bases)
  if (found?.exists) return found
  const last = path.posix.basename(name.replaceAll('\\', '/'))
  const within = folderOf(name.replaceAll('\\', '/'))
  const byStem = within.includes('..') ? [] : bases.flatMap((b) => [...images.imagesByStem(join(b, within), last), ...images.imagesByStem(join(b, within), stemOf(last))])
  if (byStem[0] !== undefined && !/^(?:[/\\]|[A-Za-z]:)/.test(name)) return { path: byStem[0], exists: true }
  const { names, stems } = indexOf(images)
  const elsewhere = names.get(last.toLowerCase()) ?? stems.get(last.toLowerCase()) ?? (isImage(last) ? stems.get(stemOf(last.toLowerCase())) : undefined) ?? []
  const nearest = elsewhere.length > 1 ? alike(elsewhere, `${folder}/${within}`) : elsewhere
  return nearest.length === 1 ? { path: nearest[0]!, exists: true } : found
}

/** Of images of one name those whose folders have most in common with what was named. */
function alike(images: readonly string[], folders: string): string[] {
  const wanted = new Set(folders.toLowerCase().split('/').filter(Boolean))
  const score = (image: string) => folderOf(image).toLowerCase().split('/').filter((s) => wanted.has(s) || wanted.has(usualSplit(s) ?? '\0')).length
  const best = Math.max(...images.map(score))
  return best === 0 ? [] : images.filter((i) => score(i) === best)
}

/** What is said where no image can be meant by a name. */
export const outside = (field: string, name: unknown) => `${field} ${JSON.stringify(name)}: a path outside the folder, and no image of that name in it`

/** The folder that an image lies in, or what its annotation file tells. */
export function splitBy(image: string, file: string): string | null {
  const ofImage = folderOf(image).split('/').reverse().map(usualSplit).find((s) => s !== undefined)
  return ofImage ?? splitOfFile(file)
}
