/** Which format a file or folder is in. */
import { closeSync, openSync, readSync, statSync } from 'node:fs'
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import type { FormatName } from '#shared/model/exchange.ts'
import { maskFolder } from './formats/masks.ts'
import { columnsOf } from './formats/csv.ts'
import { isImage, stemOf, Tree } from './tree.ts'

function head(file: string, bytes = 1 << 16): string {
  const fd = openSync(file, 'r')
  try {
    const buffer = Buffer.alloc(bytes)
    return buffer.toString('utf8', 0, readSync(fd, buffer, 0, bytes, 0))
  } finally {
    closeSync(fd)
  }
}

/** Keys near the end count too: COCO's lists come in any order. */
function tail(file: string, bytes = 1 << 16): string {
  const { size } = statSync(file)
  const fd = openSync(file, 'r')
  try {
    const buffer = Buffer.alloc(Math.min(bytes, size))
    return buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, size - buffer.length))
  } finally {
    closeSync(fd)
  }
}

/** By extension and content; null where it is none of ours. */
export function detectFile(file: string): FormatName | null {
  const name = path.basename(file).toLowerCase()
  if (/\.dashi\.zip$/.test(name) || name === 'project.db') return 'dashi'
  if (/\.tar$/.test(name)) return 'webdataset'
  if (/^metadata\.(jsonl|csv)$/.test(name) || name.endsWith('.jsonl')) return 'imagefolder'
  if (/\.ya?ml$/.test(name)) return /^\s*(names|nc|train)\s*:/m.test(head(file)) ? 'yolo' : null
  if (/\.(csv|tsv)$/.test(name)) return columnsOf(head(file, 4096).replace(/^\ufeff/, '').split(/\r?\n/)[0]!.split(/[,\t]/).map((h) => h.replace(/^"|"$/g, ''))).file === undefined ? null : 'csv'
  if (name.endsWith('.xml')) return xmlFormat(head(file))
  if (name.endsWith('.json')) return jsonFormat(file)
  return null
}

function xmlFormat(text: string): FormatName | null {
  if (/<annotations[\s>]/.test(text)) return 'cvat'
  return /<annotation[\s>]/.test(text) ? 'voc' : null
}

function jsonFormat(file: string): FormatName | null {
  const text = head(file)
  const ends = tail(file)
  const has = (key: string) => text.includes(`"${key}"`) || ends.includes(`"${key}"`)
  if (/^\s*\[/.test(text)) return has('data') && (has('annotations') || has('predictions') || has('completions')) ? 'labelstudio' : null
  if (has('shapes') && (has('imagePath') || has('imageHeight'))) return 'labelme'
  if (has('items') && (has('dm_format_version') || (has('infos') && has('categories')) || (has('categories') && has('label_id')))) return 'datumaro'
  if (has('images') && (has('file_name') || has('annotations'))) return 'coco'
  return null
}

export async function detectFormat(given: string): Promise<FormatName> {
  const found = statSync(given).isFile() ? detectFile(given) : detectFolder(new Tree(given))
  if (!found) throw userError(`${given}: its format is not recognised; name it with --format`)
  return found
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
  // A few hundred files tell what the folder is.
  let images = 0
  let inFolders = 0
  const texts: string[] = []
  let seen = 0
  for (const file of tree.files()) {
    if (seen++ > 3000) break
    if (/(^|\/)metadata\.(jsonl|csv)$/.test(file)) return 'imagefolder'
    if (/\.(tar|json|xml)$/i.test(file)) {
      const found = detectFile(tree.absolute(file))
      if (found) return found
    }
    if (isImage(file)) {
      images++
      if (file.includes('/')) inFolders++
    } else if (file.endsWith('.txt')) texts.push(file)
  }
  const rows = texts.filter((f) => !/(?:^|\/)(classes|labelmap|train|val|test|readme|obj)[^/]*\.txt$/i.test(f)).slice(0, 50).map((f) => head(tree.absolute(f), 4096))
  const isYolo = (t: string) => /^\s*\d+(\s+-?\d*\.?\d+(e-?\d+)?){4,}\s*$/im.test(t.split('\n')[0]!)
  if (rows.some(isYolo) || (tree.isFolder('labels') && tree.isFolder('images') && top.some((n) => /classes\.txt|\.ya?ml$/.test(n)))) return 'yolo'
  if (maskFolder(tree)) return 'masks'
  if (texts.some((f) => tree.imagesByStem(path.posix.dirname(f) === '.' ? '' : path.posix.dirname(f), path.posix.basename(stemOf(f))).length > 0)) return 'captions'
  return images > 0 && inFolders >= 0 ? 'folders' : null
}
