/** Which format a file or folder is in, and where in a folder the dataset begins. */
import { statSync } from 'node:fs'
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import type { FormatName } from '#shared/model/exchange.ts'
import { maskFolder } from './formats/masks.ts'
import { head } from './peek.ts'
import { detectFile } from './sniff.ts'
import { isImage, join, stemOf, Tree } from './tree.ts'

export async function detectFormat(given: string): Promise<FormatName> {
  const found = statSync(given).isFile() ? detectFile(given) : detectFolder(new Tree(datasetRoot(given)))
  if (!found) throw userError(`${given}: its format is not recognised; name it with --format`)
  return found
}

const annotationName = /\.(ya?ml|json|jsonl|xml|tar|csv|tsv|txt)$/i
/** Folders that mean something where they stand. */
const meaningful = /^(train|training|val|valid|validation|test|testing|images|labels|annotations|masks|JPEGImages|ImageSets|SegmentationClass|data|media)\d*$/i
const aside = /^(readme|licen[cs]e|notice)\b|\.(md|pdf|html?)$/i

/** A download often has a folder or two around the dataset: the innermost folder that has more in it than another folder. */
export function datasetRoot(folder: string): string {
  const tree = new Tree(folder)
  const inner = (rel: string, depth: number): string | null => {
    const names = tree.names(rel).filter((n) => !aside.test(n))
    const only = names.length === 1 && tree.isFolder(join(rel, names[0]!)) ? names[0]! : null
    if (only !== null && (depth === 0 || !meaningful.test(only))) {
      const deeper = depth < 8 && !/^(train|val|valid|test|images)\d*$/i.test(only) ? inner(join(rel, only), depth + 1) : null
      if (deeper !== null) return deeper
    }
    // One folder of images alone is a class, not a wrapping.
    const told = names.some((n) => annotationName.test(n) || meaningful.test(n)) || names.filter((n) => !isImage(n) && tree.isFolder(join(rel, n))).length > 1
    return told ? rel : null
  }
  return tree.absolute(inner('', 0) ?? '')
}

/** Breadth first, some of each folder: what lies deep is seen however many images come before it. */
function* sample(tree: Tree): Generator<string> {
  const folders = ['']
  for (let i = 0; i < folders.length && i < 300; i++) {
    let [images, others] = [0, 0]
    for (const name of tree.names(folders[i]!)) {
      const rel = join(folders[i]!, name)
      if (isImage(name)) {
        if (images++ < 20) yield rel
      } else if (others < 100) {
        others++
        if (tree.isFolder(rel)) folders.push(rel)
        else if (tree.isFile(rel)) yield rel
      }
    }
  }
}

/** A class and at least four numbers; the end may be cut off. */
const isYolo = (text: string) => {
  const fields = (text.split('\n').find((l) => l.trim()) ?? '').trim().split(/\s+/)
  return fields.length >= 5 && /^\d+$/.test(fields[0]!) && fields.slice(1, -1).every((f) => /^-?\d*\.?\d+(e-?\d+)?$/i.test(f)) && /^-?[\d.e-]+$/i.test(fields.at(-1)!)
}

function detectFolder(tree: Tree): FormatName | null {
  const top = tree.names('')
  if (top.includes('project.db')) return 'dashi'
  const of = (files: readonly string[]) => {
    for (const f of files) {
      const found = tree.isFile(f) ? detectFile(tree.absolute(f)) : null
      if (found) return found
    }
    return null
  }
  const named = of(top.filter((f) => /\.(ya?ml|json|xml|tar|csv|tsv|jsonl)$/i.test(f)).slice(0, 20))
  if (named) return named
  const annotations = of(['annotations', 'Annotations', 'labels'].flatMap((d) => tree.names(d).filter((f) => /\.(json|xml)$/i.test(f)).slice(0, 20).map((f) => `${d}/${f}`)))
  if (annotations) return annotations
  let images = 0
  const texts: string[] = []
  for (const file of sample(tree)) {
    if (/(^|\/)metadata\.(jsonl|csv)$/.test(file)) return 'imagefolder'
    if (/\.(tar|json|xml)$/i.test(file)) {
      const found = detectFile(tree.absolute(file))
      if (found) return found
    }
    if (isImage(file)) images++
    else if (file.endsWith('.txt')) texts.push(file)
  }
  const rows = texts.filter((f) => !/(?:^|\/)(classes|labelmap|readme)[^/]*\.txt$/i.test(f)).slice(0, 200).map((f) => head(tree.absolute(f), 4096))
  if (rows.some(isYolo) || (tree.isFolder('labels') && tree.isFolder('images') && top.some((n) => /classes\.txt|\.ya?ml$/.test(n)))) return 'yolo'
  if (maskFolder(tree)) return 'masks'
  if (texts.some((f) => tree.imagesByStem(path.posix.dirname(f) === '.' ? '' : path.posix.dirname(f), path.posix.basename(stemOf(f))).length > 0)) return 'captions'
  return images > 0 ? 'folders' : null
}
