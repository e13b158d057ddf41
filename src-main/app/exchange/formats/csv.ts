/** CSV, a row an annotation: the columns are told by their names (or, without a header, path,x1,y1,x2,y2,class). */
import { createReadStream } from 'node:fs'
import { parse as parseCsv } from 'csv-parse'
import path from 'node:path'
import { dataError } from '#shared/errors.ts'
import { shape as shapeSchema, type Shape } from '#shared/model/shape.ts'
import type { RecordCaption, RecordLabel } from '#shared/model/record.ts'
import { bytesOf } from '../bytes.ts'
import type { Draft, DraftRegion, Source } from '../draft.ts'
import { type Findings, message } from '../findings.ts'
import { type Format, usualLosses } from '../format.ts'
import { boxOf, boxOfShape, snap } from '../shapes.ts'
import { Spool } from '../spool.ts'
import { copyImage, type Item, openText, type Target, withoutImagesFolder } from '../target.ts'
import { type Found, findImage, isImage, join, type Tree } from '../tree.ts'

const aliases = {
  file: ['file_name', 'filename', 'file', 'image', 'image_path', 'path', 'image_name', 'img', 'image_id', 'imageid', 'filepath'],
  label: ['label', 'class', 'class_name', 'category', 'label_name', 'labelname', 'name'],
  caption: ['caption', 'text', 'description', 'prompt'],
  split: ['split', 'subset', 'set'],
  xmin: ['xmin', 'x1', 'x_min', 'left', 'bbox_x1'], ymin: ['ymin', 'y1', 'y_min', 'top', 'bbox_y1'],
  xmax: ['xmax', 'x2', 'x_max', 'right', 'bbox_x2'], ymax: ['ymax', 'y2', 'y_max', 'bottom', 'bbox_y2'],
  x: ['x', 'bbox_x'], y: ['y', 'bbox_y'], w: ['w', 'bbox_width', 'bbox_w', 'box_width'], h: ['h', 'bbox_height', 'bbox_h', 'box_height'],
  width: ['image_width', 'img_width', 'width'], height: ['image_height', 'img_height', 'height'],
  bbox: ['bbox'], shape: ['shape'],
} as const
type Column = keyof typeof aliases

function columnsOf(header: readonly string[]): Partial<Record<Column, number>> {
  const lower = header.map((h) => h.trim().toLowerCase())
  const columns: Partial<Record<Column, number>> = {}
  for (const [column, names] of Object.entries(aliases)) {
    const at = names.map((n) => lower.indexOf(n)).find((i) => i >= 0)
    if (at !== undefined) columns[column as Column] = at
  }
  // x, y, width, height: the size of the box, not of the image.
  if (columns.x !== undefined && columns.w === undefined && columns.xmax === undefined && columns.width !== undefined && !lower[columns.width]!.startsWith('im')) {
    columns.w = columns.width
    columns.h = columns.height!
    delete columns.width
    delete columns.height
  }
  return columns
}

interface Layout {
  delimiter: string
  columns: Partial<Record<Column, number>>
  /** Names of columns that are not taken. */
  others: string[]
  header: boolean
}

/** By the first line: its separator, and what its columns are. Null where none names the images. */
export function layoutOf(file: string): Layout | null {
  const start = bytesOf(file, 1 << 14)
  const utf16 = start[0] === 0xff && start[1] === 0xfe
  const line = start.toString(utf16 ? 'utf16le' : 'utf8').replace(/^\ufeff/, '').trimStart().split(/\r?\n/)[0]!
  const layouts = [',', ';', '\t', '|'].flatMap((delimiter): Layout[] => {
    const fields = line.split(delimiter).map((h) => h.trim().replace(/^"|"$/g, ''))
    const columns = columnsOf(fields)
    if (columns.file !== undefined) return [{ delimiter, columns, header: true, others: fields.filter((h, i) => h && !Object.values(columns).includes(i)) }]
    // RetinaNet's: no header; an image without boxes leaves the other fields empty.
    const boxes = fields.length === 6 && isImage(fields[0]!) && (fields.slice(1, 5).every((n) => n !== '' && Number.isFinite(Number(n))) || fields.slice(1).every((n) => n === ''))
    return boxes ? [{ delimiter, columns: { file: 0, xmin: 1, ymin: 2, xmax: 3, ymax: 4, label: 5 }, header: false, others: [] }] : []
  })
  return layouts.sort((a, b) => Object.keys(b.columns).length - Object.keys(a.columns).length)[0] ?? null
}

async function* read(source: Source): AsyncGenerator<Draft> {
  const { tree, file } = source
  for (const name of file === null ? tree.names('').filter((f) => /\.(csv|tsv)$/i.test(f)) : [file]) yield* readFile(source, name)
}

async function* readFile({ tree, images, findings }: Source, file: string): AsyncGenerator<Draft> {
  const layout = layoutOf(tree.absolute(file))
  if (!layout) throw dataError(file, `its first line names no column of images (${aliases.file.slice(0, 4).join(', ')}, …)`)
  if (layout.others.length) findings.leave({ file, line: 1 }, `columns that are not known: ${layout.others.join(', ')}`)
  const number = numbersBetween(layout.delimiter)
  const spool = new Spool()
  let [boxes, inParts] = [0, 0]
  try {
    const rows = createReadStream(tree.absolute(file)).pipe(
      parseCsv({ bom: true, relax_column_count: true, relax_quotes: true, skip_empty_lines: true, info: true, max_record_size: 1 << 26, delimiter: layout.delimiter, from: layout.header ? 2 : 1 }),
    )
    try {
      for await (const { record, info } of rows as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
        const row = Object.fromEntries(Object.entries(layout.columns).map(([c, i]) => [c, record[i]?.trim() ?? '']))
        if (!row['file'] || row['file'].includes('\0')) {
          findings.leave({ file, line: info.lines }, 'no image is named')
          continue
        }
        spool.put('row', row['file'], row, info.lines)
        const box = boxIn(row, number)
        if (!box?.every(Number.isFinite)) continue
        boxes++
        if (isPart(box)) inParts++
      }
    } catch (e) {
      findings.leave({ file }, `${message(e)}; the rows before were taken`)
    }
    // Our own files have a column for shapes, and pixels.
    const parts = boxes > 0 && inParts === boxes && layout.columns.shape === undefined
    if (parts) findings.change({ file }, 'every box of the file lies within 0 to 1: taken as parts of the image')
    for (const name of spool.keys('row')) {
      const found = imageOf(images, name)
      const rows = spool.of('row', name) as { value: Partial<Record<Column, string>>; line: number }[]
      const where = { file, line: rows[0]!.line }
      if (found) yield draftOf(found, where, rows, { number, parts }, findings)
      else findings.leave(where, `image ${JSON.stringify(name)}: a path outside the folder, and no image of that name in it`)
    }
  } finally {
    spool.close()
  }
}

const imageFolders = ['', 'images', 'train', 'val', 'test']

/** Under its name or, where that is an id, that with an extension. */
function imageOf(images: Tree, name: string): Found | null {
  const found = findImage(images, name, imageFolders)
  const byId = found?.exists || isImage(name) || name.includes('..') ? undefined : imageFolders.flatMap((f) => images.imagesByStem(join(f, path.posix.dirname(name)), path.posix.basename(name)))[0]
  return byId ? { path: byId, exists: true } : found
}

type Row = Partial<Record<Column, string>>
type Numbers = (text: string | undefined) => number

/** Between semicolons a number may have a decimal comma. */
const numbersBetween = (delimiter: string): Numbers => (t) => (t ? Number(delimiter === ';' ? t.replace(',', '.') : t) : NaN)

function draftOf(image: Found, where: { file: string; line: number }, rows: { value: Row; line: number }[], { number, parts }: { number: Numbers; parts: boolean }, findings: Findings): Draft {
  const regions: DraftRegion[] = []
  const labels: RecordLabel[] = []
  const captions: RecordCaption[] = []
  for (const { value: r, line } of rows) {
    try {
      const shape = shapeOf(r, number)
      if (shape) regions.push({ label: r.label || null, shape, line })
      else if (r.label && !labels.some((l) => l.label === r.label)) labels.push({ label: r.label })
    } catch (e) {
      findings.leave({ file: where.file, line }, message(e))
    }
    if (r.caption && !captions.some((c) => c.text === r.caption)) captions.push({ text: r.caption })
  }
  const first = rows[0]!.value
  return {
    image, where, labels, captions, split: rows.find((r) => r.value.split)?.value.split ?? null,
    regions: parts ? ({ width, height }) => scaled(regions, width, height) : regions,
    ...(first.width && first.height ? { size: { width: number(first.width), height: number(first.height) } } : {}),
  }
}

/** Open Images' boxes and their like. */
const isPart = ([x = NaN, y = NaN, w = NaN, h = NaN]: readonly number[]) => Math.min(x, y) >= -slack && Math.max(x + w, y + h) <= 1 + slack
const slack = 0.01 // boxes of a detector reach over the edge

const scaled = (regions: readonly DraftRegion[], width: number, height: number): DraftRegion[] =>
  regions.map((r) => (r.shape.kind === 'box' ? { ...r, shape: boxOf(snap(r.shape.x * width), snap(r.shape.y * height), snap(r.shape.w * width), snap(r.shape.h * height)) } : r))

/** Left, top, width and height. */
function boxIn(r: Row, number: Numbers): number[] | null {
  if (r.xmin || r.xmax) {
    const [x, y] = [number(r.xmin), number(r.ymin)]
    return [x, y, number(r.xmax) - x, number(r.ymax) - y]
  }
  if (r.bbox) return r.bbox.replace(/[[\]()]/g, ' ').trim().split(/[\s,]+/).map(Number)
  return r.x || r.w ? [number(r.x), number(r.y), number(r.w), number(r.h)] : null
}

function shapeOf(r: Row, number: Numbers): Shape | null {
  if (r.shape?.startsWith('{')) {
    const parsed = shapeSchema.safeParse(JSON.parse(r.shape))
    if (!parsed.success) throw new Error(`shape: ${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}`)
    return parsed.data
  }
  const box = boxIn(r, number)
  if (box && box.length !== 4) throw new Error(`bbox: ${box.length} numbers, expected 4`)
  return box && boxOf(...(box as [number, number, number, number]))
}

const quoted = (v: string | number | null | undefined) => {
  const text = String(v ?? '')
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

function write(items: Iterable<Item>, target: Target): void {
  const out = openText(target, 'annotations.csv')
  out.write('file_name,split,image_width,image_height,label,xmin,ymin,xmax,ymax,shape,caption\r\n')
  for (const item of items) {
    const { record } = item
    const file_name = withoutImagesFolder(record.fileName)
    copyImage(target, item, `images/${file_name}`)
    const line = (...rest: (string | number | null)[]) => out.write(`${[file_name, record.split, record.width, record.height, ...rest].map(quoted).join(',')}\r\n`)
    const none = ['', '', '', '', ''] as const
    for (const r of record.regions ?? []) {
      const { x, y, w, h } = boxOfShape(r.shape)
      line(r.label, x, y, x + w, y + h, r.shape.kind === 'box' ? '' : JSON.stringify(r.shape), '')
    }
    for (const l of record.labels ?? []) line(l.label, ...none, '')
    const captions = (record.captions ?? []).filter((c) => c.region == null)
    for (const c of captions) line('', ...none, c.text)
    if (!record.regions?.length && !record.labels?.length && captions.length === 0) line('', ...none, '')
  }
  out.close()
}

const { captions: _, 'image labels': __, ...without } = usualLosses
export const csv: Format = {
  name: 'csv',
  title: 'CSV',
  recognises: ({ name, file }) => /\.(csv|tsv)$/.test(name) && layoutOf(file) !== null,
  read,
  write,
  images: 'none',
  losses: { ...without, attributes: 'are left out' },
}
