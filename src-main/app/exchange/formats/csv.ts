/** CSV, a row an annotation: the columns are told by their names (or, without a header, path,x1,y1,x2,y2,class). */
import { createReadStream } from 'node:fs'
import { parse as parseCsv } from 'csv-parse'
import { dataError } from '#shared/errors.ts'
import { shape as shapeSchema, type Shape } from '#shared/model/shape.ts'
import type { RecordCaption, RecordLabel } from '#shared/model/record.ts'
import type { Draft, DraftRegion, Source } from '../draft.ts'
import { message } from '../findings.ts'
import { type Format, usualLosses } from '../format.ts'
import { boxOf, boxOfShape } from '../shapes.ts'
import { Spool } from '../spool.ts'
import { copyImage, type Item, openText, type Target, withoutImagesFolder } from '../target.ts'
import { findImage } from '../tree.ts'

const aliases = {
  file: ['file_name', 'filename', 'file', 'image', 'image_path', 'path', 'image_name', 'img', 'image_id', 'filepath'],
  label: ['label', 'class', 'class_name', 'category', 'label_name', 'name'],
  caption: ['caption', 'text', 'description', 'prompt'],
  split: ['split', 'subset', 'set'],
  xmin: ['xmin', 'x1', 'x_min', 'left', 'bbox_x1'], ymin: ['ymin', 'y1', 'y_min', 'top', 'bbox_y1'],
  xmax: ['xmax', 'x2', 'x_max', 'right', 'bbox_x2'], ymax: ['ymax', 'y2', 'y_max', 'bottom', 'bbox_y2'],
  x: ['x', 'bbox_x'], y: ['y', 'bbox_y'], w: ['w', 'bbox_width', 'bbox_w', 'box_width'], h: ['h', 'bbox_height', 'bbox_h', 'box_height'],
  width: ['image_width', 'img_width', 'width'], height: ['image_height', 'img_height', 'height'],
  shape: ['shape'],
} as const
type Column = keyof typeof aliases

export function columnsOf(header: readonly string[]): Partial<Record<Column, number>> {
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

async function* read(source: Source): AsyncGenerator<Draft> {
  const { tree, file } = source
  for (const name of file === null ? tree.names('').filter((f) => /\.(csv|tsv)$/i.test(f)) : [file]) yield* readFile(source, name)
}

async function* readFile({ tree, images, findings }: Source, file: string): AsyncGenerator<Draft> {
  const spool = new Spool()
  try {
    let columns: Partial<Record<Column, number>> | null = null
    const rows = createReadStream(tree.absolute(file)).pipe(
      parseCsv({ bom: true, relax_column_count: true, skip_empty_lines: true, info: true, max_record_size: 1 << 26, delimiter: /\.tsv$/i.test(file) ? '\t' : ',' }),
    )
    try {
      for await (const { record, info } of rows as AsyncIterable<{ record: string[]; info: { lines: number } }>) {
        if (!columns) {
          columns = columnsOf(record)
          if (columns.file !== undefined) continue
          columns = record.length === 6 ? { file: 0, xmin: 1, ymin: 2, xmax: 3, ymax: 4, label: 5 } : { file: 0 }
          if (record.length !== 6) throw dataError(file, `the header ${record.slice(0, 8).join(',')} names no column of images (${aliases.file.slice(0, 4).join(', ')}, …)`)
        }
        const row = Object.fromEntries(Object.entries(columns).map(([c, i]) => [c, record[i]?.trim() ?? '']))
        if (row['file'] && !row['file'].includes('\0')) spool.put('row', row['file'], row, info.lines)
        else findings.leave({ file, line: info.lines }, 'no image is named')
      }
    } catch (e) {
      if (e instanceof Error && e.name === 'DashiError') throw e
      findings.leave({ file }, `${message(e)}; the rows before were taken`)
    }
    for (const name of spool.keys('row')) {
      const found = findImage(images, name, ['', 'images', 'train', 'val', 'test']) ?? null
      const rows = spool.of('row', name) as { value: Partial<Record<Column, string>>; line: number }[]
      const where = { file, line: rows[0]!.line }
      if (found) yield draftOf(found, where, rows, (line, reason) => findings.leave({ file, line }, reason))
      else findings.leave(where, `image ${JSON.stringify(name)}: a path outside the folder, and no image of that name in it`)
    }
  } finally {
    spool.close()
  }
}

const number = (t: string | undefined) => (t ? Number(t) : NaN)

function draftOf(image: Draft['image'], where: { file: string; line: number }, rows: { value: Partial<Record<Column, string>>; line: number }[], leave: (line: number, reason: string) => void): Draft {
  const regions: DraftRegion[] = []
  const labels: RecordLabel[] = []
  const captions: RecordCaption[] = []
  for (const { value: r, line } of rows) {
    try {
      const shape = shapeOf(r)
      if (shape) regions.push({ label: r.label || null, shape, line })
      else if (r.label && !labels.some((l) => l.label === r.label)) labels.push({ label: r.label })
    } catch (e) {
      leave(line, message(e))
    }
    if (r.caption && !captions.some((c) => c.text === r.caption)) captions.push({ text: r.caption })
  }
  const first = rows[0]!.value
  return {
    image, where, regions, labels, captions, split: rows.find((r) => r.value.split)?.value.split ?? null,
    ...(first.width && first.height ? { size: { width: number(first.width), height: number(first.height) } } : {}),
  }
}

function shapeOf(r: Partial<Record<Column, string>>): Shape | null {
  if (r.shape?.startsWith('{')) {
    const parsed = shapeSchema.safeParse(JSON.parse(r.shape))
    if (!parsed.success) throw new Error(`shape: ${parsed.error.issues[0]!.path.join('.')}: ${parsed.error.issues[0]!.message}`)
    return parsed.data
  }
  if (r.xmin || r.xmax) {
    const [x, y] = [number(r.xmin), number(r.ymin)]
    return boxOf(x, y, number(r.xmax) - x, number(r.ymax) - y)
  }
  return r.x || r.w ? boxOf(number(r.x), number(r.y), number(r.w), number(r.h)) : null
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
export const csv: Format = { name: 'csv', title: 'CSV', read, write, images: 'none', losses: { ...without, attributes: 'are left out' } }
