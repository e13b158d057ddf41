/**
 * Hugging Face ImageFolder: images with a `metadata.jsonl` next to or above them
 * (huggingface.co/docs/datasets/image_dataset); without one, class folders.
 */
import { properName } from '#shared/model/words.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Draft, Source } from '../draft.ts'
import { isObject } from '../fields.ts'
import { defineFormat, usualExcept } from '../format.ts'
import { classNamesFor } from './huggingface/features.ts'
import { fileIn, type HfRow, sizeIn } from './huggingface/columns.ts'
import { BoxSurvey, HfReader } from './huggingface/rows.ts'
import { parsePythonJson } from '../json.ts'
import { imageNamed, outside, splitBy } from '../lookup.ts'
import type { Peek } from '../peek.ts'
import { beginning, jsonRows, type JsonRow, tableRows } from '../rows.ts'
import { boxOfShape } from '../shapes.ts'
import { copyImage, type Item, openText, safeName, splitOf, type Target, type TextFile, withoutImagesFolder } from '../target.ts'
import { labelOf } from '../unlabelled.ts'
import { join } from '../tree.ts'
import folders from './folders.ts'
import { readParquet } from './parquet.ts'

/** Rows surveyed before reading, to detect the box convention and unnamed classes. */
const [surveyed, measured] = [5000, 500]
const recognises = ({ name, file, head }: Peek) =>
  name === 'metadata.parquet' ||
  (name === 'metadata.csv' && /^.*\bfile_names?\b/.test(head) && !/^.*\bx_?min\b/.test(head)) ||
  (/\.(?:jsonl|ndjson)$/.test(name) && namesImages(file))

/** Whether the first line is an object that names an image. */
function namesImages(file: string): boolean {
  try {
    const line = beginning(file)
      .replace(/^\ufeff/, '')
      .trimStart()
      .split('\n')[0]!
    const row = parsePythonJson(line)
    return typeof row === 'object' && row !== null && fileIn(row as HfRow) !== null
  } catch {
    return /(?:^|[\\/])metadata\.jsonl$/i.test(file)
  }
}

async function* read(source: Source): AsyncGenerator<Draft> {
  const { tree, file, findings } = source
  const files = file !== null ? [file] : [...tree.files('', findings)].filter((f) => recognises(tree.peek(f)))
  if (files.length === 0) yield* folders.read!(source, {}) as Iterable<Draft>
  for (const metadata of files) yield* metadata.endsWith('.parquet') ? readParquet(source, metadata) : readRows(source, metadata)
}

async function* readRows({ tree, images, findings, declareLabels }: Source, file: string): AsyncGenerator<Draft> {
  const rows = () => (file.endsWith('.csv') ? csvRows(tree.absolute(file)) : jsonRows(tree.absolute(file)))
  const reader = new HfReader(tree, file, classNamesFor(tree, file), findings, declareLabels)
  const survey = new BoxSurvey()
  let looked = 0
  for await (const { value } of rows()) {
    if (!isObject(value)) continue
    if (looked < measured) survey.see(value, await sizeIn(value, images, file))
    reader.survey(value)
    if (++looked >= surveyed) break
  }
  const boxes = survey.result(file, findings)
  for await (const { line, value, problem } of rows()) {
    const where = { file, line }
    const named = isObject(value) ? fileIn(value) : null
    const image = named && imageNamed(images, named.name, file)
    if (problem || !isObject(value)) findings.leave(where, problem ?? sentence('finding.not-object'))
    else if (!named) findings.leave(where, sentence('finding.no-image-column'))
    else if (!image) findings.leave(where, outside(named.column, named.name))
    else yield reader.draft(value, { image }, where, splitBy(image.path, file), boxes, named.column)
  }
  reader.finish()
}

async function* csvRows(file: string): AsyncGenerator<JsonRow> {
  let header: string[] | null = null
  for await (const { fields, line } of tableRows(file, ',')) {
    if (header) yield { line, value: Object.fromEntries(header.map((name, i) => [name, fields[i] ?? ''])) }
    else header = fields.map((f) => f.trim())
  }
}

/** Writes whole numbers in boxes as 5.0. */
const withPoints = (json: string) =>
  json.replace(/"bbox":(\[\[.*?\]\])/, (_, boxes: string) => `"bbox":${boxes.replace(/(?<![\d.e-])-?\d+(?=[,\]])/g, '$&.0')}`)

function write(items: Iterable<Item>, target: Target): void {
  const files = new Map<string, TextFile>()
  const { counts } = target.summary
  // Readers infer column types per file and compare them, so every row has the same columns and types (coordinates with
  // a decimal point, empty text for missing).
  const withShapes = Object.keys(counts).some((k) => ['rotated boxes', 'polygons', 'masks', 'keypoints', 'polylines'].includes(k))
  const withBoxes = counts.boxes !== undefined || withShapes
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
      ...(counts['several labels an image']
        ? { labels: (record.labels ?? []).map((l) => l.label) }
        : counts['image labels']
          ? { label: record.labels?.[0]?.label ?? '' }
          : {}),
      ...(withBoxes
        ? {
            objects: {
              bbox: regions.map((r) => {
                const { x, y, w, h } = boxOfShape(r.shape)
                return [x, y, w, h]
              }),
              categories: regions.map(labelOf),
              // Columns of our own, as text so that their types agree across rows; other readers ignore them.
              ...(withShapes ? { shape: regions.map((r) => (r.shape.kind === 'box' ? '' : JSON.stringify(r.shape))) } : {}),
              ...(counts.attributes ? { attributes: regions.map((r) => JSON.stringify(r.attributes ?? {})) } : {}),
              ...(counts.authors
                ? { author: regions.map((r) => (r.author ? JSON.stringify(r.author) : '')), state: regions.map((r) => r.state ?? '') }
                : {}),
              ...(counts['region captions']
                ? { captions: regions.map((_, i) => (record.captions ?? []).filter((c) => c.region === i).map((c) => c.text)) }
                : {}),
            },
          }
        : {}),
    }
    out.write(`${withPoints(JSON.stringify(line))}\n`)
  }
  for (const out of files.values()) out.close()
}

export default defineFormat({
  id: 'imagefolder',
  order: 110,
  title: properName('Hugging Face ImageFolder'),
  about: {
    en: 'Images with metadata.jsonl, .csv or .parquet next to or above them',
    ja: '画像と、その隣または上の metadata.jsonl・.csv・.parquet',
  },
  extensions: ['.jsonl', '.csv', '.parquet'],
  reference: 'https://huggingface.co/docs/datasets/image_dataset',
  recognises,
  read,
  write,
  images: 'copy',
  losses: {
    ...usualExcept('captions', 'image labels', 'region captions', 'authors'),
    authors: { en: 'are kept for regions only', ja: '領域のものは残ります' },
    'unlabelled regions': { en: 'get the category “unlabelled”', ja: 'カテゴリー「unlabelled」になります' },
  },
})
