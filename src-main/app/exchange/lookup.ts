/** Helpers shared by readers: which files are theirs, which images those name, and which splits they are in. */
import path from 'node:path'
import { sentence } from '#shared/sentences/table.ts'
import { reasonFor } from './findings.ts'
import type { Source } from './draft.ts'
import { parsePythonJson } from './json.ts'
import type { Peek } from './peek.ts'
import { splitOfFile, usualSplit } from './splits.ts'
import { type Found, findImage, isImage, join, stemOf, type Tree } from './tree.ts'

/** The given file, or every file in the folder that the format recognises. */
export function ownFiles({ tree, file, findings }: Source, recognises: (file: Peek) => boolean): string[] {
  if (file !== null) return [file]
  return [...tree.files('', findings)].filter((name) => !isImage(name) && recognises(tree.peek(name)))
}

/** Undefined, with a finding, if the file is not valid JSON. */
export function jsonOf({ tree, findings }: Source, file: string): unknown {
  try {
    return parsePythonJson(tree.text(file))
  } catch (e) {
    findings.leave({ file }, sentence('finding.json', { reason: reasonFor(e) }))
    return undefined
  }
}

export const folderOf = (file: string) => (path.posix.dirname(file) === '.' ? '' : path.posix.dirname(file))

interface Index {
  names: Map<string, string[]>
  stems: Map<string, string[]>
}
const indexes = new WeakMap<Tree, Index>()
/** Folders of other pictures named like the images. */
const notImages = /(?:^|\/)(?:.*masks?|segmentation(?:class|object)?|labels?|annotations?|depth|gt.*|thumb(?:nail)?s?|previews?)\//i

function indexOf(tree: Tree): Index {
  let index = indexes.get(tree)
  if (!index) {
    index = { names: new Map(), stems: new Map() }
    for (const file of tree.files()) {
      if (!isImage(file)) continue
      const name = path.posix.basename(file).toLowerCase()
      for (const [map, key] of [
        [index.names, name],
        [index.stems, stemOf(name)],
      ] as const) {
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
 * Finds the image that an annotation file names: by exact path, next to the file, by its last segments, without its
 * extension, and finally as the only image of that name in the tree, unless it is in another split. A missing image
 * keeps the named path; null if that leads outside.
 */
export function imageNamed(images: Tree, given: string, file: string): Found | null {
  const name = given
    .trim()
    .replace(/^([a-z][a-z0-9+]*:\/\/[^?#]*)[?#].*$/i, '$1')
    .replace(/^file:\/+/i, '/')
  const folder = folderOf(file)
  const bases = [...new Set([folder, join(folder, 'images'), '', 'images'])]
  const found = findImage(images, name, bases)
  if (found?.exists) return found
  const slashed = name.replaceAll('\\', '/')
  const last = path.posix.basename(slashed)
  const within = folderOf(slashed)
  const climbs = within.split('/').includes('..') || /^(?:\/|[A-Za-z]:|[a-z][a-z0-9+]*:\/\/)/i.test(slashed)
  const byStem = climbs
    ? []
    : bases.flatMap((b) => [
        ...images.imagesByStem(join(b, within), last),
        ...(isImage(last) ? images.imagesByStem(join(b, within), stemOf(last)) : []),
      ])
  const at = byStem[0] ?? elsewhere(images, last, within, file)
  if (at === undefined) return found
  const another = isImage(last) && path.posix.basename(at) !== last
  return { path: at, exists: true, ...(another ? { repair: sentence('finding.found-as', { name: given, found: at }) } : {}) }
}

function elsewhere(images: Tree, last: string, within: string, file: string): string | undefined {
  const { names, stems } = indexOf(images)
  const key = last.toLowerCase()
  const all = names.get(key) ?? stems.get(key) ?? (isImage(key) ? stems.get(stemOf(key)) : undefined) ?? []
  const split = splitBy(`${within}/x`, file)
  const [real, other] = [all.filter((i) => !notImages.test(i)), all.filter((i) => notImages.test(i))]
  const fitting = (real.length ? real : other).filter((i) => split === null || (splitBy(i, '') ?? split) === split)
  const best = fitting.length > 1 ? alike(fitting, `${folderOf(file)}/${within}`) : fitting
  return best.length === 1 ? best[0] : undefined
}

/** Of several images with one name, those whose folders have most in common with the named path. */
function alike(images: readonly string[], folders: string): string[] {
  const wanted = new Set(
    folders
      .toLowerCase()
      .split('/')
      .flatMap((s) => (s ? [s, usualSplit(s) ?? s] : [])),
  )
  const score = (image: string) =>
    folderOf(image)
      .toLowerCase()
      .split('/')
      .filter((s) => wanted.has(s) || wanted.has(usualSplit(s) ?? '\0')).length
  const most = Math.max(...images.map(score))
  return most === 0 ? [] : images.filter((i) => score(i) === most)
}

/** The reason given when no image can match a name. */
export const outside = (field: string, name: unknown) => sentence('finding.field-outside', { field, name: JSON.stringify(name) })

/** The split according to the image's folders, or else to its annotation file's. */
export function splitBy(image: string, file: string): string | null {
  const ofImage = folderOf(image)
    .split('/')
    .reverse()
    .map(usualSplit)
    .find((s) => s !== undefined)
  return ofImage ?? splitOfFile(file)
}
