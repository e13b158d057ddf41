/** Recognises the columns of an annotation table by their names or, without a header, by the first row. */
import { plainName } from '../../fields.ts'
import { beginning, firstRows } from '../../rows.ts'
import { isImage } from '../../tree.ts'

/** In order of preference; case, spaces, `_` and `-` are ignored. */
const aliases = {
  file: [
    'file_name',
    'filename',
    'file',
    'image',
    'image_path',
    'path',
    'image_name',
    'img',
    'image_file',
    'image_file_name',
    'imagefilename',
    'image_filename',
    'img_path',
    'img_name',
    'image_id',
    'filepath',
    'image_filepath',
    'photo',
    'picture',
    'url',
    'image_url',
    'image_link',
    'image_id_class_id',
  ],
  label: ['label', 'class', 'class_name', 'category', 'label_name', 'category_name', 'class_label', 'name', 'breed', 'species', 'object'],
  labelId: ['label_id', 'class_id', 'category_id', 'class_index', 'label_index', 'label_num', 'class_idx', 'target', 'diagnosis'],
  labels: ['labels', 'classes', 'categories', 'label_names', 'class_names'],
  tags: ['tags'],
  caption: ['caption', 'text', 'description', 'prompt', 'comment', 'sentence', 'title', 'captions', 'caption_text', 'raw'],
  language: ['language', 'lang', 'caption_language'],
  split: ['split', 'subset', 'set', 'partition'],
  xmin: ['xmin', 'x1', 'x_min', 'left', 'bbox_x1', 'bbox_xmin', 'box_xmin', 'xtl', 'x_1', 'minx'],
  ymin: ['ymin', 'y1', 'y_min', 'top', 'bbox_y1', 'bbox_ymin', 'box_ymin', 'ytl', 'y_1', 'miny'],
  xmax: ['xmax', 'x2', 'x_max', 'right', 'bbox_x2', 'bbox_xmax', 'box_xmax', 'xbr', 'x_2', 'maxx'],
  ymax: ['ymax', 'y2', 'y_max', 'bottom', 'bbox_y2', 'bbox_ymax', 'box_ymax', 'ybr', 'y_2', 'maxy'],
  x: ['x', 'bbox_x', 'box_x', 'bbox_left', 'x_topleft'],
  y: ['y', 'bbox_y', 'box_y', 'bbox_top', 'y_topleft'],
  cx: ['x_center', 'center_x', 'xc', 'cx', 'xcenter', 'x_centre'],
  cy: ['y_center', 'center_y', 'yc', 'cy', 'ycenter', 'y_centre'],
  w: ['w', 'bbox_width', 'bbox_w', 'box_width', 'box_w', 'bw'],
  h: ['h', 'bbox_height', 'bbox_h', 'box_height', 'box_h', 'bh'],
  width: ['image_width', 'img_width', 'img_w', 'width'],
  height: ['image_height', 'img_height', 'img_h', 'height'],
  bbox: ['bbox', 'box', 'bounding_box', 'boundingbox'],
  boxes: ['prediction_string', 'boxes_string', 'annotations', 'boxes', 'bboxes', 'objects'],
  polygon: ['segmentation', 'polygon', 'points', 'geometry', 'polygons'],
  rle: ['encoded_pixels', 'rle', 'rle_mask', 'mask_rle', 'mask'],
  shape: ['shape'],
  region: ['region'],
  attributes: ['attributes'],
  author: ['author', 'annotator', 'annotated_by', 'worker_id'],
  state: ['state'],
  spans: ['spans'],
  review: ['review'],
} as const
export type Column = keyof typeof aliases

/** Columns that only our own files have; elsewhere these names mean other things. */
const onlyOurs: readonly Column[] = ['region', 'attributes', 'state', 'spans', 'review']

export interface Layout {
  delimiter: string
  columns: Partial<Record<Column, number>>
  /** Index and name of each unknown column. */
  others: [number, string][]
  /** All column names; empty without a header. */
  names: readonly string[]
  header: boolean
  /** Whether the table was written by Dashi. */
  ours: boolean
  /** makesense's rows (label,x,y,width,height,…) may also be lines. */
  makesense?: true
}

function columnsOf(header: readonly string[], sample: readonly string[]): Partial<Record<Column, number>> {
  const plain = header.map(plainName)
  const at = (names: readonly string[]) => names.map((n) => plain.indexOf(plainName(n))).find((i) => i >= 0)
  const columns: Partial<Record<Column, number>> = {}
  for (const [column, names] of Object.entries(aliases)) {
    const i = at(names)
    if (i !== undefined) columns[column as Column] = i
  }
  // If a class has both a number and a name column, use the name.
  const classes = aliases.label.map((n) => plain.indexOf(plainName(n))).filter((i) => i >= 0)
  const named = classes.find((i) => sample[i] !== undefined && sample[i] !== '' && !isNumber(sample[i]))
  if (named !== undefined) columns.label = named
  // With x and y, width and height are the box's size, not the image's.
  if ((columns.x !== undefined || columns.cx !== undefined) && columns.w === undefined && columns.xmax === undefined) {
    const [w, h] = [at(['width']), at(['height'])]
    if (w !== undefined && h !== undefined) {
      columns.w = w
      columns.h = h
      if (columns.width === w) delete columns.width
      if (columns.height === h) delete columns.height
    }
  }
  if (!isOurs(columns, header)) for (const column of onlyOurs) Reflect.deleteProperty(columns, column)
  return columns
}

const isOurs = (columns: Partial<Record<Column, number>>, header: readonly string[]) =>
  columns.shape !== undefined && header.includes('file_name') && header.includes('xmin')

const isNumber = (s: string | undefined) => s !== undefined && s.trim() !== '' && Number.isFinite(Number(s))
const isAddress = (s: string) => /^https?:\/\/\S+$/i.test(s)
const words = (s: string) => s.trim().split(/\s+/).length

/** Recognises tables without a header by their first row. */
function headless(row: readonly string[]): Pick<Layout, 'columns' | 'makesense'> | null {
  const numbers = row.map(isNumber)
  const all = (from: number, to: number) => numbers.slice(from, to).every(Boolean)
  if (row.length === 8 && all(1, 5) && isImage(row[5]!) && all(6, 8))
    return { columns: { label: 0, x: 1, y: 2, w: 3, h: 4, file: 5, width: 6, height: 7 }, makesense: true }
  if (row.length === 6 && all(1, 3) && isImage(row[3]!) && all(4, 6))
    return { columns: { label: 0, x: 1, y: 2, file: 3, width: 4, height: 5 }, makesense: true }
  // Google AutoML: split, image, label, two or four corners.
  if (row.length >= 3 && /^(?:train|training|validation|valid|val|test|unassigned)$/i.test(row[0]!) && isImage(row[1]!.split('?')[0]!))
    return { columns: { split: 0, file: 1, label: 2, ...(row.length >= 9 ? { xmin: 3, ymin: 4, xmax: 7, ymax: 8 } : {}) } }
  const numbered = isImage((row[0] ?? '').replace(/#\d+$/, ''))
  if (!numbered && row.length === 2)
    return isAddress(row[1]!) || isImage(row[1]!) ? { columns: words(row[0]!) > 2 ? { caption: 0, file: 1 } : { label: 0, file: 1 } } : null
  if (!numbered) return null
  // RetinaNet: an image without boxes leaves the other fields empty.
  if (row.length === 6 && (all(1, 5) || row.slice(1).every((n) => n.trim() === '')))
    return { columns: { file: 0, xmin: 1, ymin: 2, xmax: 3, ymax: 4, label: 5 } }
  if (row.length === 6 && all(2, 6)) return { columns: { file: 0, label: 1, xmin: 2, ymin: 3, xmax: 4, ymax: 5 } }
  if (row.length === 2 && row[1]!.trim())
    return { columns: words(row[1]!) > 2 || /#\d+$/.test(row[0]!) ? { file: 0, caption: 1 } : { file: 0, label: 1 } }
  return null
}

/** Detects the separator and the columns from the first row. Null if no column names the images. */
export function layoutOf(file: string): Layout | null {
  const text = beginning(file)
    .replace(/^\ufeff/, '')
    .trimStart()
  const layouts = [',', ';', '\t', '|', ' '].flatMap((delimiter): Layout[] => {
    const [first = [], second] = firstRows(text, delimiter, 2).map((r) => r.map((f) => f.trim()))
    const fields = first.map((f) => f.replace(/^"|"$/g, ''))
    const columns = columnsOf(fields, second ?? [])
    const numberOfClass = (i: number) =>
      isNumber(second?.[i]) && [...aliases.label, ...aliases.labelId].some((n) => plainName(n) === plainName(fields[i]!))
    const others = (c: Layout['columns']) =>
      fields.flatMap((name, i): [number, string][] =>
        Object.values(c).includes(i) || (c.label !== undefined && numberOfClass(i)) ? [] : [[i, name || `column ${i + 1}`]],
      )
    if (columns.file !== undefined && delimiter !== ' ')
      return [
        {
          delimiter,
          columns,
          header: true,
          names: fields,
          others: others(columns).filter(([, name]) => !/^column \d+$/.test(name)),
          ours: isOurs(columns, fields),
        },
      ]
    // A textual id names an image: Kaggle's ids have no extension.
    const id = fields.findIndex((f) => ['id', 'idcode', 'uid', 'name'].includes(plainName(f)))
    if (
      id >= 0 &&
      delimiter !== ' ' &&
      fields.length > 1 &&
      second?.[id] &&
      (isImage(second[id]) || (/[a-z]/i.test(second[id]) && second[id].length >= 8 && !/\s/.test(second[id])))
    ) {
      const { label, ...rest } = columns
      const named = { ...rest, ...(label !== undefined && label !== id ? { label } : {}), file: id }
      return [{ delimiter, columns: named, header: true, names: fields, others: others(named), ours: false }]
    }
    const bare = headless(first)
    // A space separates fields only in lists of image and class.
    if (delimiter === ' ' && !(first.length === 2 && isImage(first[0]!) && /^\d+$/.test(first[1]!))) return []
    return bare ? [{ delimiter, ...bare, header: false, names: [], others: [], ours: false }] : []
  })
  return (
    layouts.sort((a, b) => Object.keys(b.columns).length - Object.keys(a.columns).length || b.others.length - a.others.length)[0] ?? null
  )
}

/** Whether a text file is a table of captions rather than one caption: all its columns are known. */
export function captionTable(file: string): boolean {
  const layout = layoutOf(file)
  return (
    layout !== null &&
    (layout.columns.caption !== undefined || layout.columns.label !== undefined) &&
    (layout.header ? layout.others.length <= 1 : layout.delimiter === '\t' || layout.delimiter === ' ')
  )
}
