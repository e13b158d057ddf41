/**
 * Our own table: one row per region, label or caption. A region's caption refers to the region by its zero-based index
 * within the image.
 */
import type { RecordRegion } from '#shared/model/record.ts'
import { cell } from '../../cells.ts'
import { boxOfShape } from '../../shapes.ts'
import { copyImage, type Item, openText, type Target, withoutImagesFolder } from '../../target.ts'

const columns = [
  'file_name',
  'split',
  'image_width',
  'image_height',
  'label',
  'xmin',
  'ymin',
  'xmax',
  'ymax',
  'shape',
  'caption',
  'language',
  'region',
  'spans',
  'attributes',
  'author',
  'state',
  'tags',
  'review',
] as const
type Line = Partial<Record<(typeof columns)[number], string | number | null | undefined>>

const json = (v: unknown) => (v === undefined || v === null || Object.keys(v).length === 0 ? '' : JSON.stringify(v))

function made({ author, state }: Pick<RecordRegion, 'author' | 'state'>): Line {
  const name = author?.kind === 'person' ? author.name : ''
  return {
    author: author && (author.kind !== 'person' || name.startsWith('{') || name !== name.trim()) ? JSON.stringify(author) : name,
    ...(state && (state !== 'accepted' || author?.kind === 'checkpoint') ? { state } : {}),
  }
}

export function write(items: Iterable<Item>, target: Target): void {
  const out = openText(target, 'annotations.csv')
  out.write(`${columns.join(',')}\r\n`)
  for (const item of items) {
    const { record } = item
    const file_name = withoutImagesFolder(record.fileName)
    copyImage(target, item, `images/${file_name}`)
    const image: Line = { file_name, split: record.split, image_width: record.width, image_height: record.height }
    // Facts about the image itself, written on its first row only.
    let once: Line = { tags: json(record.tags), review: record.review === 'unreviewed' ? '' : record.review }
    let rows = 0
    const line = (rest: Line) => {
      const values = { ...image, ...once, ...rest }
      once = {}
      rows++
      out.write(`${columns.map((c) => cell(values[c])).join(',')}\r\n`)
    }
    for (const r of record.regions ?? []) {
      const { x, y, w, h } = boxOfShape(r.shape)
      line({
        label: r.label,
        xmin: x,
        ymin: y,
        xmax: x + w,
        ymax: y + h,
        shape: r.shape.kind === 'box' ? '' : JSON.stringify(r.shape),
        attributes: json(r.attributes),
        ...made(r),
      })
    }
    for (const l of record.labels ?? []) line({ label: l.label, ...made(l) })
    for (const c of record.captions ?? [])
      line({ caption: c.text, language: c.language, region: c.region, spans: json(c.spans), ...made(c) })
    if (rows === 0) line({})
  }
  out.close()
}
