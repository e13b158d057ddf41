/** Hugging Face ImageFolder: images with a `metadata.jsonl` beside or above them (huggingface.co/docs/datasets/image_dataset); without one, folders of classes. */
import { createReadStream } from 'node:fs'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { parse as parseCsv } from 'csv-parse'
import { z } from 'zod'
import type { RecordCaption } from '#shared/model/record.ts'
import type { Draft, DraftRegion, Source } from '../draft.ts'
import { type Format, usualLosses } from '../format.ts'
import { parsePythonJson } from '../json.ts'
import { message } from '../findings.ts'
import { boxOf, boxOfShape } from '../shapes.ts'
import { copyImage, type Item, labelOf, openText, safeName, splitOf, type Target, type TextFile, withoutImagesFolder } from '../target.ts'
import { findImage, join } from '../tree.ts'
import { splitFolder } from '../splits.ts'
import { folders } from './folders.ts'

const n = z.number().nullable().transform((v) => v ?? NaN)
const name = z.union([z.string(), z.number()]).nullable()
/** In a CSV file, numbers are texts; an empty field is none. */
const count = z.preprocess((v) => (typeof v === 'string' ? (v.trim() ? Number(v) : undefined) : v), z.number().nullish())
/** Lists by name; of some writers a list of objects, and in a CSV file the JSON of either. */
const asLists = (v: unknown): unknown => {
  if (typeof v === 'string') return v.trim() ? asLists(parsePythonJson(v)) : undefined
  if (!Array.isArray(v)) return v
  const each = (name: string) => v.map((o: unknown) => (typeof o === 'object' && o !== null ? (o as Record<string, unknown>)[name] : undefined) ?? null)
  return { bbox: each('bbox'), categories: ['categories', 'category', 'label', 'labels'].map(each).find((l) => l.some((x) => x !== null)) }
}
const objects = z.looseObject({
  bbox: z.array(z.array(n)).nullish(), categories: z.array(name).nullish(), category: z.array(name).nullish(), label: z.array(name).nullish(), labels: z.array(name).nullish(),
})
const row = z.looseObject({
  file_name: z.string(), text: z.unknown().optional(), caption: z.unknown().optional(), captions: z.unknown().optional(), label: z.unknown().optional(), labels: z.unknown().optional(), objects: z.preprocess(asLists, objects.nullish()),
  width: count, height: count,
})

async function* read(source: Source): AsyncGenerator<Draft> {
  const { tree, file, findings } = source
  const files = file !== null ? [file] : [...tree.files('', findings)].filter((f) => /(?:^|\/)metadata\.(?:jsonl|csv)$/.test(f))
  if (files.length === 0) yield* folders.read!(source) as Iterable<Draft>
  for (const metadata of files)
    for await (const { line, value, problem } of metadata.endsWith('.csv') ? csvRows(tree.absolute(metadata)) : jsonRows(tree.absolute(metadata))) {
      const where = { file: metadata, line }
      const parsed = row.safeParse(value)
      if (problem || !parsed.success) {
        findings.leave(where, problem ?? `${parsed.error!.issues[0]!.path.join('.')}: ${parsed.error!.issues[0]!.message}`)
        continue
      }
      const folder = path.posix.dirname(metadata) === '.' ? '' : path.posix.dirname(metadata)
      const image = findImage(source.images, parsed.data.file_name, [folder, ''])
      if (image) yield draftOf(image, where, parsed.data)
      else findings.leave(where, `file_name ${JSON.stringify(parsed.data.file_name)}: a path outside the folder, and no image of that name in it`)
    }
}

async function* jsonRows(file: string): AsyncGenerator<{ line: number; value: unknown; problem?: string }> {
  let line = 0
  for await (const text of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity })) {
    line++
    const bare = text.replace(/^\ufeff/, '').trim()
    if (!bare) continue
    try {
      yield { line, value: parsePythonJson(bare) }
    } catch (e) {
      yield { line, value: undefined, problem: `not valid JSON: ${message(e)}` }
    }
  }
}

async function* csvRows(file: string): AsyncGenerator<{ line: number; value: unknown; problem?: string }> {
  const rows = createReadStream(file).pipe(parseCsv({ columns: true, bom: true, relax_column_count: true, info: true, max_record_size: 1 << 24 }))
  for await (const { record, info } of rows as AsyncIterable<{ record: Record<string, string>; info: { lines: number } }>) yield { line: info.lines, value: record }
}

const strings = (v: unknown): string[] => (typeof v === 'string' ? [v] : Array.isArray(v) ? v.filter((s): s is string => typeof s === 'string') : [])

function draftOf(image: Draft['image'], where: { file: string; line: number }, r: z.output<typeof row>): Draft {
  const texts = [...new Set([r.text, r.caption, r.captions].flatMap(strings).filter((t) => t.trim()))]
  const captions = texts.map((text): RecordCaption => ({ text }))
  const labels = [r.label, r.labels].flatMap((l) => (typeof l === 'number' ? [String(l)] : strings(l))).filter((l) => l.trim())
  const o = r.objects
  const names = o?.categories ?? o?.category ?? o?.label ?? o?.labels ?? []
  const regions = (o?.bbox ?? []).map((b, i): DraftRegion => {
    const label = names[i]
    const [x = NaN, y = NaN, w = NaN, h = NaN] = b
    return { label: label == null ? null : String(label), shape: boxOf(x, y, w, h), line: where.line }
  })
  return {
    image, where, captions, regions, labels: [...new Set(labels)].map((label) => ({ label })), split: splitFolder(image.path).split,
    ...(r.width && r.height ? { size: { width: r.width, height: r.height } } : {}),
  }
}

/** Whole numbers of boxes as 5.0. */
const withPoints = (json: string) =>
  json.replace(/"bbox":(\[\[.*?\]\])/, (_, boxes: string) => `"bbox":${boxes.replace(/(?<![\d.e-])-?\d+(?=[,\]])/g, '$&.0')}`)

function write(items: Iterable<Item>, target: Target): void {
  const files = new Map<string, TextFile>()
  const { counts } = target.summary
  // Every row has the same columns of the same types (coordinates with a point, empty texts for none): readers infer them by file and compare.
  const withBoxes = Object.keys(counts).some((k) => ['boxes', 'rotated boxes', 'polygons', 'masks', 'keypoints', 'polylines'].includes(k))
  for (const item of items) {
    const { record } = item
    const split = safeName(splitOf(record) ?? 'train')
    let out = files.get(split)
    if (!out) files.set(split, (out = openText(target, `${split}/metadata.jsonl`)))
    const file_name = withoutImagesFolder(record.fileName)
    copyImage(target, item, join(split, file_name))
    const texts = (record.captions ?? []).filter((c) => c.region == null).map((c) => c.text)
    const regions = record.regions ?? []
    const line = {
      file_name,
      ...(counts.captions ? { text: texts[0] ?? '' } : {}),
      ...(counts['several captions an image'] ? { captions: texts } : {}),
      ...(counts['several labels an image'] ? { labels: (record.labels ?? []).map((l) => l.label) } : counts['image labels'] ? { label: record.labels?.[0]?.label ?? '' } : {}),
      ...(withBoxes
        ? {
            objects: {
              bbox: regions.map((r) => {
                const { x, y, w, h } = boxOfShape(r.shape)
                return [x, y, w, h]
              }),
              categories: regions.map(labelOf),
            },
          }
        : {}),
    }
    out.write(`${withPoints(JSON.stringify(line))}\n`)
  }
  for (const out of files.values()) out.close()
}

const { captions: _, 'image labels': __, ...without } = usualLosses
export const imagefolder: Format = {
  name: 'imagefolder',
  title: 'Hugging Face ImageFolder (metadata.jsonl)',
  recognises: ({ name }) => name === 'metadata.csv' || name.endsWith('.jsonl'),
  read,
  write,
  images: 'copy',
  losses: {
    ...without,
    'rotated boxes': 'become upright boxes', polygons: 'become their boxes', masks: 'become their boxes', polylines: 'become their boxes', keypoints: 'become their boxes',
    attributes: 'are left out',
    'unlabelled regions': 'get the category “unlabelled”',
  },
}
