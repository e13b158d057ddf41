/** Recognises the columns of Hugging Face datasets that hold images, captions, labels and objects. */
import { literal } from '../csv/shapes.ts'
import type { Size } from '../../draft.ts'
import { isObject, keyNamed, numberOf, plainName } from '../../fields.ts'
import { imageNamed } from '../../lookup.ts'
import { toRing } from '../../shapes.ts'
import type { Tree } from '../../tree.ts'
import { sharp } from '../../../../engine/data/index.ts'

export type HfRow = Record<string, unknown>

const fileColumns = [
  'file_name',
  'image_file_name',
  'file_names',
  'filename',
  'image_path',
  'image_file',
  'image_name',
  'file',
  'path',
  'filepath',
  'image',
  'img',
]
export const captionColumns = [
  'text',
  'caption',
  'captions',
  'sentences',
  'sentence',
  'description',
  'texts',
  'sentences_raw',
  'raw',
  'prompt',
  'alt_text',
  'answer_caption',
]
export const labelColumns = [
  'label',
  'labels',
  'class',
  'classes',
  'class_name',
  'category',
  'categories',
  'fine_label',
  'label_name',
  'species',
  'breed',
]
export const objectColumns = ['objects', 'annotations', 'object', 'faces', 'litter', 'detections', 'annotation']
export const boxNames = ['bbox', 'bboxes', 'boxes', 'box']
export const classNames = [
  'categories',
  'category',
  'labels',
  'label',
  'class',
  'classes',
  'class_label',
  'class_name',
  'category_name',
  'category_id',
  'label_id',
  'class_id',
  'name',
]
export const phraseNames = ['caption', 'captions', 'phrase', 'phrases', 'expression', 'referring_expression', 'sentence', 'sentences']
/** Columns with nothing that the project would not know. */
export const idle = new Set(
  ['id', 'imageid', 'imgid', 'index', 'indexlevel0', 'split', 'width', 'height', 'sentids', 'sentidslist', 'cocoid', 'area'].map(plainName),
)

/** The image name in a row; of several columns, *_file_name is preferred. */
export function fileIn(row: HfRow): { name: string; column: string } | null {
  const keys = Object.keys(row)
  const columns = [...fileColumns, ...keys.filter((k) => /_file_names?$/.test(k))]
  for (const wanted of columns) {
    const column = keyNamed(keys, [wanted])
    const value: unknown = column === undefined ? undefined : row[column]
    const given: unknown = Array.isArray(value) ? value[0] : value
    const name = isObject(given) ? given['path'] : given
    if (column !== undefined && typeof name === 'string' && name !== '') return { name, column }
  }
  return null
}

/** The size stated in the row, else that of the image it names; null if neither is known. */
export async function sizeIn(row: HfRow, images: Tree, file: string): Promise<Size | null> {
  const [width, height] = [numberOf(row['width'] ?? row['image_width']), numberOf(row['height'] ?? row['image_height'])]
  if (width > 0 && height > 0) return { width, height }
  const named = fileIn(row)
  const image = named && imageNamed(images, named.name, file)
  return image?.exists
    ? sharp(images.absolute(image.path), { limitInputPixels: false })
        .metadata()
        .catch(() => null)
    : null
}

export const parsed = (v: unknown): unknown => {
  if (typeof v !== 'string' || !/^\s*[[{]/.test(v)) return v
  try {
    return literal(v)
  } catch {
    return v
  }
}

/** Lists nest at most this deep. */
export const textsOf = (v: unknown, depth = 0): string[] => {
  if (typeof v === 'string') return v.trim() ? [v] : []
  if (depth > 3) return []
  if (Array.isArray(v)) return v.flatMap((t) => textsOf(t, depth + 1))
  return isObject(v) ? textsOf(v['raw'] ?? v['text'] ?? v['caption'] ?? v['sentence'], depth + 1) : []
}

interface ObjectsIn {
  column: string
  /** One entry per object, whichever notation is used. */
  list: HfRow[]
}

/** Reads `objects` as a list of objects, as an object of lists, or as lists in separate columns. */
export function objectsIn(row: HfRow): ObjectsIn | null {
  const keys = Object.keys(row)
  for (const wanted of objectColumns) {
    const column = keyNamed(keys, [wanted])
    const value = column === undefined ? undefined : parsed(row[column])
    if (column === undefined || value === null || typeof value !== 'object') continue
    if (Array.isArray(value)) return value.length === 0 || value.some(isObject) ? { column, list: value.filter(isObject) } : null
    return { column, list: listed(value as HfRow) }
  }
  const boxes = keyNamed(keys, ['bbox', 'bboxes', 'boxes'])
  const value = boxes === undefined ? undefined : parsed(row[boxes])
  if (boxes === undefined || !Array.isArray(value)) return null
  // Columns with lists of the same length belong to the boxes.
  if (value.length > 0 && !Array.isArray(value[0])) {
    // With a single box per row, the row's class columns belong to it.
    const along = keys.filter(
      (k) =>
        k !== boxes &&
        keyNamed(
          [k],
          [
            ...classNames,
            'area',
            'iscrowd',
            'score',
            'confidence',
            'segmentation',
            'attributes',
            'difficult',
            'occluded',
            'truncated',
            'track_id',
          ],
        ) !== undefined &&
        !Array.isArray(row[k]),
    )
    return { column: '', list: [Object.fromEntries([[boxes, value] as [string, unknown], ...along.map((k) => [k, row[k]])])] }
  }
  const many = value
  const along = keys.filter(
    (k) =>
      keyNamed([k], [...classNames, 'area', 'iscrowd', 'scores', 'score']) !== undefined &&
      Array.isArray(parsed(row[k])) &&
      (parsed(row[k]) as unknown[]).length === many.length,
  )
  return { column: '', list: listed(Object.fromEntries([[boxes, many], ...along.map((k) => [k, parsed(row[k])])])) }
}

function listed(lists: HfRow): HfRow[] {
  const arrays = Object.entries(lists)
    .map(([k, v]): [string, unknown] => [k, parsed(v)])
    .filter((e): e is [string, unknown[]] => Array.isArray(e[1]))
  const length = Math.max(
    0,
    ...arrays.filter(([k]) => keyNamed([k], [...boxNames, 'segmentation', 'shape']) !== undefined).map(([, v]) => v.length),
  )
  return Array.from({ length }, (_, i) => Object.fromEntries(arrays.map(([k, v]) => [k, v[i] ?? null])))
}

export const isEmpty = (v: unknown) => v === null || v === undefined || v === '' || (Array.isArray(v) && v.length === 0)

export function ringsOf(v: unknown): number[][] {
  if (!Array.isArray(v)) return []
  const lists = v.every((n) => typeof n === 'number') ? [v] : v
  return lists.flatMap((r) => {
    const ring = Array.isArray(r) ? toRing(r.flat(2).map(numberOf)) : null
    return ring ? [ring] : []
  })
}
