/**
 * Open Images (storage.googleapis.com/openimages/web/download_v7.html): tables of boxes, image labels and masks,
 * joined by ImageID; class codes are named by another table.
 */
import { rleFromBitmap } from '#shared/geometry/rle.ts'
import type { RecordLabel } from '#shared/model/record.ts'
import { sentence } from '#shared/sentences/table.ts'
import { reasonFor, Unfit } from '../findings.ts'
import type { Draft, DraftRegion, Size, Source } from '../draft.ts'
import { fieldValue, withAttributes } from '../fields.ts'
import { defineFormat } from '../format.ts'
import { namer } from '../label-map.ts'
import { imageNamed, outside, ownFiles, splitBy } from '../lookup.ts'
import type { Peek } from '../peek.ts'
import { beginning, firstRows, tableRows } from '../rows.ts'
import { boxBetween, snap } from '../shapes.ts'
import { Spool } from '../../../db/spool.ts'
import { splitOfFile } from '../splits.ts'
import { sharp } from '../../../engine/data/index.ts'

type Row = Record<string, string>
type Kind = 'boxes' | 'labels' | 'masks' | 'relationships' | 'points' | 'images'

/** By columns, since the downloader chooses the file names. */
function kindOf(file: string): Kind | null {
  const has = (...names: string[]) => names.every((n) => header.includes(n))
  const header = (firstRows(beginning(file, 1 << 12).replace(/^\ufeff/, ''), ',', 1)[0] ?? []).map((h) => h.trim())
  if (!has('ImageID')) return null
  if (has('MaskPath', 'LabelName')) return 'masks'
  if (has('LabelName1', 'LabelName2', 'RelationshipLabel')) return 'relationships'
  if (has('LabelName', 'XMin', 'XMax', 'YMin', 'YMax')) return 'boxes'
  if (has('LabelName', 'X', 'Y')) return 'points'
  if (has('LabelName') && (has('Confidence') || has('Source'))) return 'labels'
  return has('Subset') && (has('OriginalURL') || has('Rotation')) ? 'images' : null
}

const recognises = ({ name, file }: Peek) => name.endsWith('.csv') && kindOf(file) !== null

const flags = new Set(['IsOccluded', 'IsTruncated', 'IsGroupOf', 'IsDepiction', 'IsInside'])
/** Turns 1 and 0 into flags; -1 means unknown and stays. */
const flagged = (name: string, text: string) => (flags.has(name) && /^[01](?:\.0)?$/.test(text) ? text.startsWith('1') : fieldValue(text))

async function* read(source: Source): AsyncGenerator<Draft> {
  const { tree, images, findings } = source
  const spool = new Spool()
  const used = new Set<string>()
  const inPixels = new Set<string>() // files with a box outside 0 to 1
  let absent = 0
  let last = ''
  try {
    for (const file of ownFiles(source, recognises)) {
      const kind = kindOf(tree.absolute(file))
      last = file
      if (!kind || kind === 'relationships' || kind === 'points') {
        findings.leave(
          { file },
          kind === 'points'
            ? sentence('finding.point-labels')
            : kind
              ? sentence('finding.relationships')
              : sentence('finding.not-open-images'),
        )
        continue
      }
      let header: string[] | null = null
      try {
        for await (const { fields, line } of tableRows(tree.absolute(file), ',')) {
          if (!header) {
            header = fields.map((f) => f.trim())
            continue
          }
          const row: Row = Object.fromEntries(header.map((h, i) => [h, (fields[i] ?? '').trim()]))
          if (!row['ImageID']) findings.leave({ file, line }, sentence('finding.imageid-none'))
          else if (kind === 'labels' && Number(row['Confidence'] ?? '1') === 0) absent++
          else {
            if (row['LabelName']) used.add(row['LabelName'])
            if (kind === 'boxes' && Math.max(Number(row['XMax']), Number(row['YMax'])) > 1.01) inPixels.add(file)
            spool.put('row', row['ImageID'], { kind, row, file }, line)
          }
        }
      } catch (e) {
        findings.leave({ file }, sentence('finding.rows-before', { problem: reasonFor(e) }))
      }
    }
    if (absent) findings.leave({ file: last }, sentence('finding.absent-labels', { n: absent }))
    const { name, names } = namer(tree, last, used, (text) => findings.note(text))
    source.declareLabels(names)
    for (const id of spool.keys('row')) {
      const rows = spool.of('row', id) as { value: { kind: Kind; row: Row; file: string }; line: number }[]
      const { value, line } = rows[0]!
      if (rows.every((r) => r.value.kind === 'images') && !imageNamed(images, id, value.file)?.exists) continue
      const image = imageNamed(images, id, value.file)
      if (image) yield await draftOf(source, image, rows, name, inPixels)
      else findings.leave({ file: value.file, line }, outside('ImageID', id))
    }
  } finally {
    spool.close()
  }
}

async function draftOf(
  source: Source,
  image: Draft['image'],
  rows: readonly { value: { kind: Kind; row: Row; file: string }; line: number }[],
  name: (code: string) => string,
  inPixels: ReadonlySet<string>,
): Promise<Draft> {
  const labels: RecordLabel[] = []
  const makers: ((size: Size) => DraftRegion)[] = []
  let split: string | null = null
  for (const {
    value: { kind, row, file },
    line,
  } of rows) {
    const label = row['LabelName'] ? name(row['LabelName']) : null
    split ??= row['Subset'] || splitOfFile(file)
    if (kind === 'labels' && label && !labels.some((l) => l.label === label)) {
      const score = Number(row['Confidence'] ?? '1')
      // Labels not verified by people are machine proposals.
      labels.push({
        label,
        ...(row['Source'] === 'machine' && score >= 0 && score <= 1
          ? { author: { kind: 'checkpoint' as const, checkpoint: 'Open Images machine labels', score }, state: 'proposed' as const }
          : {}),
      })
    } else if (kind === 'boxes') {
      const rest = Object.fromEntries(
        Object.entries(row)
          .filter(([k]) => !/^(?:ImageID|LabelName|[XY]M(?:in|ax))$/.test(k))
          .map(([k, v]) => [k, flagged(k, v)]),
      )
      const at = (k: string) => (row[k] ? Number(row[k]) : NaN)
      makers.push((size) => {
        const { width, height } = inPixels.has(file) ? { width: 1, height: 1 } : size
        return {
          label,
          shape: boxBetween(snap(at('XMin') * width), snap(at('YMin') * height), snap(at('XMax') * width), snap(at('YMax') * height)),
          ...withAttributes(rest),
          line,
        }
      })
    } else if (kind === 'masks') {
      const mask = await maskOf(source, row['MaskPath'] ?? '', file).catch((e: unknown) => ({ problem: reasonFor(e) }))
      const rest = Object.fromEntries(['BoxID', 'PredictedIoU'].map((k) => [k, k === 'BoxID' ? row[k] : fieldValue(row[k] ?? '')]))
      if ('problem' in mask) source.findings.leave({ file, line }, mask.problem)
      else
        makers.push((size) => ({
          label,
          shape: { kind: 'mask', rle: rleFromBitmap(fitted(mask, size), size.height, size.width) },
          ...withAttributes(rest),
          line,
        }))
    }
  }
  const where = { file: rows[0]!.value.file, line: rows[0]!.line }
  return {
    image,
    where,
    labels,
    split: split ?? splitBy(image.path, where.file),
    regions: makers.length ? (size) => makers.map((m) => m(size)) : [],
  }
}

interface Bitmap extends Size {
  data: Uint8Array
}

async function maskOf({ images }: Source, name: string, file: string): Promise<Bitmap> {
  const found = name ? imageNamed(images, name, file) : null
  if (!found?.exists) throw new Unfit(sentence('finding.mask-path', { name: JSON.stringify(name) }))
  images.took(found.path)
  const { data, info } = await sharp(images.absolute(found.path)).greyscale().raw().toBuffer({ resolveWithObject: true })
  return { data: data.filter((_, i) => i % info.channels === 0), width: info.width, height: info.height }
}

/** Masks are smaller than the image: nearest-neighbour upscaling to the image's size. */
function fitted({ data, width, height }: Bitmap, size: Size): Uint8Array {
  const out = new Uint8Array(size.width * size.height)
  for (let y = 0; y < size.height; y++) {
    const from = Math.floor(((y + 0.5) * height) / size.height) * width
    for (let x = 0; x < size.width; x++) out[y * size.width + x] = data[from + Math.floor(((x + 0.5) * width) / size.width)]! > 127 ? 1 : 0
  }
  return out
}

export default defineFormat({
  id: 'openimages',
  order: 40,
  title: { en: 'Open Images (CSV)', ja: 'Open Images（CSV）' },
  about: { en: 'Tables of boxes, image labels and masks, joined by ImageID', ja: 'ImageID で結ばれた矩形・画像ラベル・マスクの表' },
  extensions: ['.csv'],
  reference: 'https://storage.googleapis.com/openimages/web/download_v7.html',
  recognises,
  apart: ['annotations', 'labels', 'metadata'],
  read,
})
