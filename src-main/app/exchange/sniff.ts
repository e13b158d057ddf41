/** Which format a file is in, by its name and its first and last bytes. */
import path from 'node:path'
import type { FormatName } from '#shared/model/exchange.ts'
import { bytesOf } from './bytes.ts'
import { layoutOf } from './formats/csv.ts'

export const head = (file: string, bytes = 1 << 16) => bytesOf(file, bytes).toString()

/** Keys near the end count too: COCO's lists come in any order. */
const tail = (file: string) => bytesOf(file, -(1 << 16)).toString()

/** By extension and content; null where it is none of ours. */
export function detectFile(file: string): FormatName | null {
  const name = path.basename(file).toLowerCase()
  if (/\.dashi\.zip$/.test(name) || name === 'project.db') return 'dashi'
  if (/\.tar$/.test(name)) return 'webdataset'
  if (/^metadata\.(jsonl|csv)$/.test(name) || name.endsWith('.jsonl')) return 'imagefolder'
  if (/\.ya?ml$/.test(name)) return /^\s*(names|nc|train)\s*:/m.test(head(file)) ? 'yolo' : null
  if (/\.(csv|tsv)$/.test(name)) return layoutOf(file) ? 'csv' : null
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
  if (/^\s*\[/.test(text)) return (has('data') && (has('annotations') || has('predictions') || has('completions'))) || has('annotation_id') ? 'labelstudio' : null
  if (has('shapes') && (has('imagePath') || has('imageHeight'))) return 'labelme'
  if (has('items') && (has('dm_format_version') || (has('infos') && has('categories')) || (has('categories') && has('label_id')))) return 'datumaro'
  if (has('images') && (has('file_name') || has('annotations'))) return 'coco'
  return null
}
