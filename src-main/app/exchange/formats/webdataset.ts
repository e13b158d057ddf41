/**
 * WebDataset: tar files where the files of a sample are adjacent and share their name up to the first dot
 * (github.com/webdataset/webdataset).
 */
import { createReadStream, createWriteStream, existsSync, readFileSync, rmSync, statSync } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { extract, pack, type Pack } from 'tar-stream'
import { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { imageRecord } from '#shared/model/record.ts'
import { properName } from '#shared/model/words.ts'
import { reasonFor, type Where } from '../findings.ts'
import { ofDisk } from '../../../files/words.ts'
import type { Draft, Source } from '../draft.ts'
import { defineFormat, usualLosses, ofLabels } from '../format.ts'
import { parsePythonJson } from '../json.ts'
import { placed, safeEntry, unpacking } from '../placed.ts'
import { usualSplit } from '../splits.ts'
import { type Item, place, safeName, splitOf, type Target, writeFile } from '../target.ts'
import { isImage } from '../tree.ts'

const samplesPerShard = 1000
const maxTextBytes = 1 << 26
/** Taken from the shard's name or its folders. */
const splitOfShard = (shard: string) =>
  [...path.posix.basename(shard).split(/[-_.]/), ...shard.split('/').slice(0, -1).reverse()].map(usualSplit).find((s) => s !== undefined) ??
  null
const folderOf = (shard: string) => shard.replace(/\.tar$/, '')

/** Splits a name into key and extension, at the first dot of its last path segment. */
export function keyOf(name: string): [key: string, extension: string] {
  const slash = name.lastIndexOf('/') + 1
  const dot = name.indexOf('.', slash)
  return dot < 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot + 1).toLowerCase()]
}

interface Sample {
  key: string
  image: { file: string; extension: string; where: Where } | null // absolute path of the unpacked file
  texts: Map<string, string>
}

/** Our own records are taken as a whole; for others, the usual fields are read. */
const ours = z.object({ dashi: imageRecord })
const others = z.record(z.string(), z.unknown())

async function* read(source: Source): AsyncGenerator<Draft> {
  const { tree, file, findings } = source
  const shards = file === null ? [...tree.files('', findings)].filter((f) => f.endsWith('.tar')) : [file]
  if (shards.length === 0) return
  const folder = source.unpackTo(path.basename(file ? file.replace(/\.tar$/, '') : tree.root))
  const classes = tree.isFile('classes.txt')
    ? tree
        .text('classes.txt')
        .split(/\r?\n/)
        .map((l) => l.trim())
        .filter(Boolean)
    : []
  source.declareLabels(classes)
  for (const shard of shards) {
    try {
      for await (const sample of samples(source, shard, folder)) {
        const { image } = sample
        if (image) {
          const { names, ...draft } = draftOf(sample, image.extension, source, shard, classes)
          const name = await placed(
            folder,
            names.map((n) => `${folderOf(shard)}/${n}`),
            image.file,
          )
          yield { ...draft, image: { path: name, exists: true }, root: folder }
        } else findings.leave({ file: `${shard}:${sample.key}` }, sentence('finding.sample-no-image'))
      }
    } catch (e) {
      if ((e instanceof Error && e.name === 'DashiError') || ofDisk(e)) throw e
      findings.leave({ file: shard }, sentence('finding.tar-damaged', { problem: reasonFor(e) }))
    } finally {
      rmSync(unpacking(folder), { force: true })
    }
  }
}

async function* samples({ tree, findings }: Source, shard: string, folder: string): AsyncGenerator<Sample> {
  const tar = extract()
  const input = createReadStream(tree.absolute(shard))
  input.on('error', (e) => tar.destroy(e))
  input.pipe(tar)
  let sample: Sample | null = null
  let number = 0
  const { size: bytes } = statSync(tree.absolute(shard))
  try {
    for await (const entry of tar) {
      const { name: given, type, size = 0 } = entry.header
      const where = { file: `${shard}:${given}` }
      const { byteOffset = 0 } = entry.header as { byteOffset?: number } // offset of the entry's content
      if (byteOffset + size > bytes) {
        findings.leave({ file: shard }, sentence('finding.tar-cut', { name: given }))
        number++
        break
      }
      const name = safeEntry(given)
      const [key, extension] = keyOf(name ?? '')
      if (type === 'directory') entry.resume()
      else if (!name) {
        findings.leave(where, sentence('finding.leads-outside-archive'))
        entry.resume()
      } else if (type !== 'file' && type !== 'contiguous-file') {
        findings.leave(where, sentence('finding.not-file', { type }))
        entry.resume()
      } else {
        if (sample && sample.key !== key) {
          yield sample
          sample = null
        }
        number++
        sample ??= { key, image: null, texts: new Map() }
        if (isImage(`x.${extension}`)) {
          // a.depth.png next to a.jpg is not the sample's image, whichever comes first.
          if (sample.image && (extension.includes('.') || !sample.image.extension.includes('.'))) {
            findings.leave(where, sentence('finding.second-image'))
            entry.resume()
          } else {
            if (sample.image) findings.leave(sample.image.where, sentence('finding.second-image'))
            const file = unpacking(folder)
            await pipeline(entry, createWriteStream(file))
            sample.image = { file, extension, where }
          }
        } else if (['txt', 'json', 'cls', 'caption', 'text'].includes(extension) && size <= maxTextBytes) {
          const parts: Buffer[] = []
          for await (const part of entry) parts.push(part as Buffer)
          sample.texts.set(extension, Buffer.concat(parts).toString('utf8'))
        } else {
          findings.leave(where, sentence('finding.unknown-file', { extension, size }))
          entry.resume()
        }
      }
    }
  } finally {
    input.destroy()
  }
  if (number === 0 && !sample) throw dataError(shard, sentence('exchange.empty-tar'))
  if (sample) yield sample
}

/** Also returns the possible names of the image, best first. */
function draftOf(
  sample: Sample,
  extension: string,
  { findings }: Source,
  shard: string,
  classes: readonly string[],
): Omit<Draft, 'image'> & { names: string[] } {
  const where = { file: `${shard}:${sample.key}` }
  const names = [`${sample.key}.${extension}`]
  let json: unknown
  try {
    const given = sample.texts.get('json')
    json = given === undefined ? undefined : parsePythonJson(given)
  } catch (e) {
    findings.leave(where, sentence('in-field', { field: 'json', problem: reasonFor(e) }))
  }
  const own = ours.safeParse(json)
  if (own.success) {
    const { fileName, regions, labels, captions, tags, review, width, height, split } = own.data.dashi
    return {
      names: [fileName, ...names],
      where,
      ...(regions ? { regions } : {}),
      ...(labels ? { labels } : {}),
      ...(captions ? { captions } : {}),
      ...(tags ? { tags } : {}),
      ...(review ? { review } : {}),
      split: split ?? null,
      size: { width: width ?? undefined, height: height ?? undefined },
    }
  }
  const fields = others.safeParse(json).data ?? {}
  const text = sample.texts.get('txt') ?? sample.texts.get('caption') ?? sample.texts.get('text')
  const captions = [text, fields['caption'], fields['text'], fields['captions']]
    .flat()
    .filter((t): t is string => typeof t === 'string' && t.trim() !== '')
  const label = [sample.texts.get('cls')?.trim(), fields['label'], fields['labels'], fields['cls'], fields['class']].find(
    (l) => l !== undefined && l !== null && l !== '',
  )
  const labels = [label]
    .flat()
    .filter((l) => typeof l === 'string' || Number.isInteger(l))
    .map(String)
  return {
    names,
    where,
    split: splitOfShard(folderOf(shard)),
    captions: [...new Set(captions.map((c) => c.trim()))].map((t) => ({ text: t })),
    labels: [...new Set(labels)].map((l) => ({ label: /^\d+$/.test(l) ? (classes[Number(l)] ?? `class ${l}`) : l })),
  }
}

/** Samples are numbered because a key ends at its first dot; the JSON holds the original file name. */
async function write(items: Iterable<Item>, target: Target): Promise<void> {
  const shards = new Map<string, { tar: Pack; written: Promise<void>; failed: Promise<never>; samples: number; number: number }>()
  const ids = new Map(target.labels.map((n, i) => [n, i]))
  const open = (name: string, number: number) => {
    const tar = pack()
    const written = pipeline(tar, createWriteStream(place(target, `${name}-${String(number).padStart(6, '0')}.tar`)))
    tar.on('error', () => undefined) // reported by `written`
    const failed = written.then(() => new Promise<never>(() => {}))
    failed.catch(() => undefined) // rethrown where it is awaited
    target.files++
    return { tar, written, failed, samples: 0, number }
  }
  /** Races against the shard's failure: a failed stream never answers an entry. */
  const put = ({ tar, failed }: { tar: Pack; failed: Promise<never> }, name: string, content: string | Buffer) =>
    Promise.race([
      failed,
      new Promise<void>(
        (done, fail) => void tar.entry({ name, mtime: new Date(0) }, content, (e) => (e ? fail(e) : done())).on('error', fail),
      ),
    ])
  for (const { record, file } of items) {
    const name = safeName(splitOf(record) ?? 'all') // splits with the same file name share a shard; each sample names its own split
    let shard = shards.get(name)
    if (shard && shard.samples >= samplesPerShard) {
      shard.tar.finalize()
      await shard.written
      shards.set(name, (shard = open(name, shard.number + 1)))
    }
    if (!shard) shards.set(name, (shard = open(name, 0)))
    if (file === null || !existsSync(file)) {
      target.findings.leave({ file: record.fileName }, sentence('finding.sample-missing-image'))
      continue
    }
    const key = String(shard.number * samplesPerShard + shard.samples++).padStart(9, '0')
    await put(shard, `${key}${path.extname(file).toLowerCase()}`, readFileSync(file))
    const captions = (record.captions ?? []).filter((c) => c.region == null)
    if (captions[0]) await put(shard, `${key}.txt`, captions[0].text)
    if (record.labels?.[0]) await put(shard, `${key}.cls`, String(ids.get(record.labels[0].label)!))
    await put(shard, `${key}.json`, JSON.stringify({ dashi: record }))
  }
  for (const { tar, written } of shards.values()) {
    tar.finalize()
    await written
  }
  writeFile(target, 'classes.txt', target.labels.map((n) => `${n}\n`).join(''))
}

const { comments, 'proposals left out': proposals } = usualLosses
export default defineFormat({
  id: 'webdataset',
  order: 100,
  title: properName('WebDataset'),
  about: { en: 'Tar shards in which the files of a sample share a name', ja: '同じ名前のファイルが一つのサンプルになる tar シャード' },
  extensions: ['.tar'],
  reference: 'https://github.com/webdataset/webdataset',
  recognises: ({ name }) => name.endsWith('.tar'),
  read,
  write,
  images: 'copy',
  losses: { ...ofLabels, comments, 'proposals left out': proposals },
})
