/** Detects the format of a file or folder, and where in a folder the dataset begins. */
import { statSync } from 'node:fs'
import path from 'node:path'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { detectFile, formatOf, formats } from './formats.ts'
import { isAnnotationLike } from './looks.ts'
import { head } from './peek.ts'
import { isImage, join, Tree } from './tree.ts'

/** @param besides top-level names that are not part of the dataset, see Tree */
export async function detectFormat(given: string, besides?: readonly string[]): Promise<string> {
  const found = statSync(given).isFile() ? detectFile(given) : detectFolder(given, besides)
  if (!found) throw dataError(given, sentence('exchange.format-not-recognised'))
  return found
}

const annotationName = /\.(ya?ml|json|jsonl|xml|tar|csv|tsv|txt)$/i
/** Folder names with a meaning in a dataset's layout. */
const splits = 'train|training|val|valid|validation|test|testing'
const parts = 'images|labels|annotations|masks|JPEGImages|ImageSets|SegmentationClass|data|media'
const meaningful = new RegExp(`^(${splits}|${parts})\\d*$`, 'i')
const aside = /^(readme|licen[cs]e|notice)\b|\.(md|pdf|html?)$/i

/** Skips wrapper folders, as downloads often have one or two: the innermost folder that holds more than another folder. */
export function datasetRoot(folder: string): string {
  const tree = new Tree(folder)
  const inner = (rel: string, depth: number): string | null => {
    const names = tree.names(rel).filter((n) => !aside.test(n))
    const only = names.length === 1 && tree.isFolder(join(rel, names[0]!)) ? names[0]! : null
    if (only !== null && (depth === 0 || !meaningful.test(only))) {
      const deeper =
        depth < 8 && !/^(train|training|val|valid|validation|test|testing|images)\d*$/i.test(only)
          ? inner(join(rel, only), depth + 1)
          : null
      if (deeper !== null) return deeper
    }
    // A single folder of only images is a class, not a wrapper.
    const told =
      names.some((n) => annotationName.test(n) || meaningful.test(n)) ||
      names.filter((n) => !isImage(n) && tree.isFolder(join(rel, n))).length > 1
    return told ? rel : null
  }
  return tree.absolute(inner('', 0) ?? '')
}

/** Breadth first, with a few files per folder, so that deep files are seen however many images precede them. */
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

const annotationFolders = ['annotations', 'Annotations', 'labels']

/** The folder of a project adding images (which passes `besides`) is never an archive itself. */
export function detectFolder(given: string, besides?: readonly string[]): string | null {
  const tree = new Tree(besides ? given : datasetRoot(given), false, besides)
  const archive = besides ? undefined : formats.find((f) => f.archive?.holds(given) || f.archive?.holds(tree.root))
  if (archive) return archive.id
  const names = tree.names('')
  const of = (files: readonly string[]) => {
    for (const f of files) {
      const found = tree.isFile(f) && isAnnotationLike(f) ? formatOf(tree.peek(f)) : null
      if (found) return found
    }
    return null
  }
  const told = /\.(ya?ml|json|xml|tar|csv|tsv|jsonl|parquet|txt)$/i
  const named = of(names.filter((f) => told.test(f)).slice(0, 50))
  if (named) return named
  const annotations = of(
    annotationFolders.flatMap((d) =>
      tree
        .names(d)
        .filter((f) => told.test(f))
        .slice(0, 20)
        .map((f) => `${d}/${f}`),
    ),
  )
  if (annotations) return annotations
  let images = 0
  const texts: string[] = []
  for (const file of sample(tree)) {
    if (isImage(file)) {
      images++
      continue
    }
    if (!isAnnotationLike(file)) continue
    const found = formatOf(tree.peek(file))
    if (found) return found
    if (/\.(txt|caption)$/i.test(file)) texts.push(file)
  }
  const begun = texts
    .filter((f) => !/(?:^|\/)(classes|labelmap)[^/]*\.txt$/i.test(f))
    .slice(0, 200)
    .map((f) => [f, head(path.join(tree.root, f), 4096)] as const)
  return formats.find((f) => f.recognisesFolder?.({ tree, names, images, texts: begun }))?.id ?? null
}
