/**
 * Hugging Face Hub datasets as parquet (huggingface.co/docs/hub/datasets-image), with images embedded in the rows or
 * referenced by name.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { asyncBufferFromFile, type FileMetaData, parquetMetadataAsync, parquetReadObjects } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { sentence } from '#shared/sentences/table.ts'
import { reasonFor } from '../findings.ts'
import type { Draft, Source } from '../draft.ts'
import { isObject, keyNamed } from '../fields.ts'
import { defineFormat } from '../format.ts'
import { type ClassNames, classNamesFor, ofFeatures } from './huggingface/features.ts'
import { fileIn, type HfRow, sizeIn } from './huggingface/columns.ts'
import { BoxSurvey, HfReader } from './huggingface/rows.ts'
import { parsePythonJson } from '../json.ts'
import { imageNamed, outside, ownFiles, splitBy } from '../lookup.ts'
import type { Peek } from '../peek.ts'
import { placed, unpacking } from '../placed.ts'
import { splitOfFile } from '../splits.ts'
import { stemOf } from '../tree.ts'
import { sharp } from '../../../engine/data/index.ts'

const recognises = ({ name }: Peek) => /\.(?:parquet|arrow)$/.test(name)
/** Rows surveyed before reading, to detect the box convention and unnamed classes. */
const surveyed = 500

async function* read(source: Source): AsyncGenerator<Draft> {
  for (const file of ownFiles(source, recognises)) {
    if (file.toLowerCase().endsWith('.arrow')) {
      source.findings.leave({ file }, sentence('finding.arrow'))
      continue
    }
    try {
      yield* readParquet(source, file)
    } catch (e) {
      if (e instanceof Error && e.name === 'DashiError') throw e
      source.findings.leave({ file }, sentence('finding.not-parquet', { problem: reasonFor(e) }))
    }
  }
}

export async function* readParquet(source: Source, file: string): AsyncGenerator<Draft> {
  const { tree, findings } = source
  const buffer = await asyncBufferFromFile(tree.absolute(file))
  const metadata = await parquetMetadataAsync(buffer, { geoparquet: false })
  const names = featuresIn(metadata)
  const reader = new HfReader(tree, file, names.size > 0 ? names : classNamesFor(tree, file), findings, source.declareLabels)
  const rows = (rowStart: number, rowEnd: number) =>
    parquetReadObjects({ file: buffer, metadata, compressors, utf8: false, geoparquet: false, rowStart, rowEnd })
  const total = Number(metadata.num_rows)
  const survey = new BoxSurvey()
  const first = await rows(0, Math.min(total, surveyed, Number(metadata.row_groups[0]?.num_rows ?? 0)))
  for (const raw of first) {
    const row = plain(raw) as HfRow
    const picture = pictureIn(row)
    survey.see(
      row,
      picture
        ? await sharp(picture.bytes, { limitInputPixels: false })
            .metadata()
            .catch(() => null)
        : await sizeIn(row, source.images, file),
    )
    reader.survey(row)
  }
  const boxes = survey.result(file, findings)
  let at = 0
  for (const group of metadata.row_groups) {
    const end = at + Number(group.num_rows)
    let n = at
    for (const raw of at === 0 && first.length === end ? first : await rows(at, end)) {
      const row = plain(raw) as HfRow
      const where = { file, line: ++n }
      const named = await imageOf(source, file, row, n, total)
      if (!named) continue
      yield reader.draft(
        row,
        named.image,
        where,
        named.image.root === undefined ? splitBy(named.image.image.path, file) : splitOfFile(file),
        boxes,
        named.column,
      )
    }
    at = end
  }
  reader.finish()
}

/** Class names as `datasets` stores them in the schema. */
function featuresIn({ key_value_metadata }: FileMetaData): ClassNames {
  const text = key_value_metadata?.find((kv) => kv.key === 'huggingface')?.value
  try {
    const json = text ? parsePythonJson(text) : null
    return isObject(json) && isObject(json['info']) ? ofFeatures(json['info']['features']) : new Map()
  } catch {
    return new Map()
  }
}

const decoder = new TextDecoder()
const isBytes = (v: unknown): v is Uint8Array => v instanceof Uint8Array

/** 64-bit integers become numbers, text typed as bytes becomes text; pictures stay bytes. */
function plain(v: unknown): unknown {
  if (typeof v === 'bigint') return Number(v)
  if (isBytes(v)) return extensionOf(v) ? v : decoder.decode(v)
  if (Array.isArray(v)) return v.map(plain)
  if (ArrayBuffer.isView(v)) return Array.from(v as unknown as ArrayLike<number | bigint>, plain)
  if (v instanceof Date) return v.toISOString()
  return isObject(v) ? Object.fromEntries(Object.entries(v).map(([k, o]) => [k, plain(o)])) : v
}

/** Detected by the file signature. */
function extensionOf(b: Uint8Array): string | null {
  const start = Buffer.from(b.buffer, b.byteOffset, Math.min(16, b.byteLength)).toString('latin1')
  if (start.startsWith('\x89PNG')) return '.png'
  if (start.startsWith('\xff\xd8\xff')) return '.jpg'
  if (/^RIFF.{4}WEBP/s.test(start)) return '.webp'
  if (/^GIF8/.test(start)) return '.gif'
  if (/^(?:II\*\0|MM\0\*)/.test(start)) return '.tif'
  if (/^.{4}ftypavif/s.test(start)) return '.avif'
  if (/^BM/.test(start) && b.byteLength > 54) return '.bmp'
  return null
}

interface Picture {
  column: string
  bytes: Uint8Array
  name: string | null
}

/** The `image` column, or the first that holds pictures. */
function pictureIn(row: HfRow): Picture | null {
  const pictures = Object.entries(row).flatMap(([column, v]): Picture[] => {
    const one: unknown = Array.isArray(v) ? v[0] : v
    const bytes: unknown = isObject(one) ? one['bytes'] : one
    return isBytes(bytes) ? [{ column, bytes, name: isObject(one) && typeof one['path'] === 'string' ? one['path'] : null }] : []
  })
  const column = keyNamed(
    pictures.map((p) => p.column),
    ['image', 'img', 'jpg', 'png', 'picture', 'photo', 'webp', 'images'],
  )
  return pictures.find((p) => p.column === column) ?? pictures[0] ?? null
}

/** Unpacks the image into the project or finds it by name; null, with the reason noted, if neither works. */
async function imageOf(
  source: Source,
  file: string,
  row: HfRow,
  n: number,
  total: number,
): Promise<{ image: Pick<Draft, 'image' | 'root'>; column: string } | null> {
  const { findings } = source
  const picture = pictureIn(row)
  if (picture) {
    const root = source.unpackTo(path.basename(source.file === null ? source.tree.root : stemOf(file)))
    const number = String(n).padStart(String(total).length, '0')
    const base = picture.name ? path.posix.basename(picture.name.replaceAll('\\', '/')) : ''
    const name = base && !base.startsWith('.') ? base : `${number}${extensionOf(picture.bytes)!}`
    const scratch = unpacking(root)
    mkdirSync(path.dirname(scratch), { recursive: true })
    writeFileSync(scratch, picture.bytes)
    const at = await placed(root, [`${stemOf(file)}/${name}`], scratch)
    return { image: { image: { path: at, exists: existsSync(path.join(root, at)) }, root }, column: picture.column }
  }
  const named = fileIn(row)
  const image = named && imageNamed(source.images, named.name, file)
  if (!image) {
    findings.leave({ file, line: n }, named ? outside(named.column, named.name) : sentence('finding.row-no-image'))
    return null
  }
  return { image: { image }, column: named.column }
}

export default defineFormat({
  id: 'parquet',
  order: 120,
  title: { en: 'Hugging Face dataset (Parquet)', ja: 'Hugging Face データセット（Parquet）' },
  about: {
    en: 'Hugging Face Hub datasets, with images embedded in the rows or referenced by name',
    ja: 'Hugging Face ハブのデータセット。画像は行の中か、行が名指しするファイル',
  },
  extensions: ['.parquet'],
  reference: 'https://huggingface.co/docs/hub/datasets-image',
  recognises,
  apart: ['data'],
  read,
})
