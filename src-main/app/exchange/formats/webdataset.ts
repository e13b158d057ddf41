/** WebDataset: tar files in which a sample's files are adjacent and share their name up to the first dot (github.com/webdataset/webdataset). */
import { createReadStream, createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, statSync } from 'node:fs'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import { extract, pack, type Pack } from 'tar-stream'
import { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import { imageRecord } from '#shared/model/record.ts'
import type { Draft, Source } from '../draft.ts'
import { message } from '../findings.ts'
import { type Format, usualLosses } from '../format.ts'
import { parsePythonJson } from '../json.ts'
import { type Item, place, safeName, splitOf, type Target, writeFile } from '../target.ts'
import { isImage } from '../tree.ts'
import { safeEntry } from '../zip.ts'

const samplesPerShard = 1000
const maxTextBytes = 1 << 26
const split = (shard: string) => /(?:^|[-_.])(train|val|valid|validation|test)(?=[-_.]|$)/i.exec(shard)?.[1]?.toLowerCase().replace(/^valid(ation)?$/, 'val') ?? null

/** The key and the extension, which begins at the first dot of the last step. */
export function keyOf(name: string): [key: string, extension: string] {
  const slash = name.lastIndexOf('/') + 1
  const dot = name.indexOf('.', slash)
  return dot < 0 ? [name, ''] : [name.slice(0, dot), name.slice(dot + 1).toLowerCase()]
}

interface Sample {
  key: string
  image: string | null // as unpacked, absolute
  name: string // within the folder that it was unpacked to
  texts: Map<string, string>
}

/** Our own records go along whole; of others the usual fields are read. */
const ours = z.object({ dashi: imageRecord })
const others = z.looseObject({ caption: z.unknown().optional(), text: z.unknown().optional(), label: z.unknown().optional() })

async function* read(source: Source): AsyncGenerator<Draft> {
  const { tree, file, findings } = source
  const shards = file === null ? [...tree.files('', findings)].filter((f) => f.endsWith('.tar')) : [file]
  if (shards.length === 0) return
  const folder = source.unpackTo(path.basename(file ? file.replace(/\.tar$/, '') : tree.root))
  const classes = tree.isFile('classes.txt') ? tree.text('classes.txt').split(/\r?\n/).map((l) => l.trim()).filter(Boolean) : []
  source.declareLabels(classes)
  for (const shard of shards) {
    try {
      for await (const sample of samples(source, shard, folder)) {
        const draft = draftOf(sample, source, shard, classes)
        if (draft) yield draft
      }
    } catch (e) {
      if (e instanceof Error && e.name === 'DashiError') throw e
      findings.leave({ file: shard }, `the tar is damaged (${message(e)}); the samples before were taken`)
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
      const { byteOffset = 0 } = entry.header as { byteOffset?: number } // where its content begins
      if (byteOffset + size > bytes) {
        findings.leave({ file: shard }, `ends in the middle of ${given}; the samples before were taken`)
        number++
        break
      }
      const name = safeEntry(given)
      const [key, extension] = keyOf(name ?? '')
      if (type === 'directory') entry.resume()
      else if (!name) {
        findings.leave(where, 'a path that leads outside the archive')
        entry.resume()
      } else if (type !== 'file' && type !== 'contiguous-file') {
        findings.leave(where, `a ${type}, not a file`)
        entry.resume()
      } else {
        if (sample && sample.key !== key) {
          yield sample
          sample = null
        }
        number++
        sample ??= { key, image: null, name: '', texts: new Map() }
        if (isImage(`x.${extension}`)) {
          const rel = `${path.basename(shard, '.tar')}/${key}.${extension}`
          const to = path.join(folder, rel)
          mkdirSync(path.dirname(to), { recursive: true })
          if (sample.image) {
            findings.leave(where, 'a second image of its sample')
            entry.resume()
          } else {
            // The same import run again leaves the images as they are.
            if (existsSync(to)) entry.resume()
            else await pipeline(entry, createWriteStream(to))
            sample.image = to
            sample.name = rel
          }
        } else if (['txt', 'json', 'cls', 'caption', 'text'].includes(extension) && size <= maxTextBytes) {
          const parts: Buffer[] = []
          for await (const part of entry) parts.push(part as Buffer)
          sample.texts.set(extension, Buffer.concat(parts).toString('utf8'))
        } else {
          findings.leave(where, `a file .${extension} of ${size} bytes is not known`)
          entry.resume()
        }
      }
    }
  } finally {
    input.destroy()
  }
  if (number === 0 && !sample) throw dataError(shard, 'holds no files, expected a tar of samples')
  if (sample) yield sample
}

function draftOf(sample: Sample, { findings }: Source, shard: string, classes: readonly string[]): Draft | null {
  const where = { file: `${shard}:${sample.key}` }
  if (!sample.image) {
    findings.leave(where, 'a sample without an image')
    return null
  }
  const image = { path: sample.name, exists: true }
  const draft: Draft = { image, file: sample.image, where, split: split(path.basename(shard, '.tar')) }
  const text = sample.texts.get('txt') ?? sample.texts.get('caption') ?? sample.texts.get('text')
  let json: unknown
  try {
    const given = sample.texts.get('json')
    json = given === undefined ? undefined : parsePythonJson(given)
  } catch (e) {
    findings.leave(where, `json: ${message(e)}`)
  }
  const own = ours.safeParse(json)
  if (own.success) {
    const { regions, labels, captions, tags, review, width, height } = own.data.dashi
    return {
      ...draft, ...ownName(sample, own.data.dashi.fileName), ...(regions ? { regions } : {}), ...(labels ? { labels } : {}), ...(captions ? { captions } : {}), ...(tags ? { tags } : {}), ...(review ? { review } : {}),
      split: own.data.dashi.split ?? null, size: { width: width ?? undefined, height: height ?? undefined },
    }
  }
  const fields = others.safeParse(json).data
  const captions = [text, fields?.caption, fields?.text].filter((t): t is string => typeof t === 'string' && t.trim() !== '')
  const cls = sample.texts.get('cls')?.trim()
  const label = cls ? (/^\d+$/.test(cls) ? (classes[Number(cls)] ?? `class ${cls}`) : cls) : typeof fields?.label === 'string' ? fields.label : undefined
  return { ...draft, captions: [...new Set(captions.map((c) => c.trim()))].map((t) => ({ text: t })), labels: label ? [{ label }] : [] }
}

/** The image under its own name again, unless another image has it. */
function ownName({ image, name }: Sample, fileName: string): Pick<Draft, 'image' | 'file'> {
  const folder = image!.slice(0, image!.length - name.length)
  const rel = `${name.slice(0, name.indexOf('/'))}/${fileName}`
  const to = path.join(folder, rel)
  if (existsSync(to) && !readFileSync(to).equals(readFileSync(image!))) return { image: { path: name, exists: true }, file: image! }
  mkdirSync(path.dirname(to), { recursive: true })
  renameSync(image!, to)
  return { image: { path: rel, exists: true }, file: to }
}

/** Samples are numbered, for a key ends at its first dot; the file's own name is in the json. */
async function write(items: Iterable<Item>, target: Target): Promise<void> {
  const shards = new Map<string, { tar: Pack; written: Promise<void>; samples: number; number: number }>()
  const ids = new Map(target.labels.map((n, i) => [n, i]))
  const open = (name: string, number: number) => {
    const tar = pack()
    const written = pipeline(tar, createWriteStream(place(target, `${safeName(name)}-${String(number).padStart(6, '0')}.tar`)))
    written.catch(() => undefined) // thrown where it is awaited
    target.files++
    return { tar, written, samples: 0, number }
  }
  const put = (tar: Pack, name: string, content: string | Buffer) => new Promise<void>((done, fail) => tar.entry({ name, mtime: new Date(0) }, content, (e) => (e ? fail(e) : done())))
  for (const { record, file } of items) {
    const name = splitOf(record) ?? 'all'
    let shard = shards.get(name)
    if (shard && shard.samples >= samplesPerShard) {
      shard.tar.finalize()
      await shard.written
      shards.set(name, (shard = open(name, shard.number + 1)))
    }
    if (!shard) shards.set(name, (shard = open(name, 0)))
    if (!existsSync(file)) {
      target.findings.leave({ file: record.fileName }, 'the image is not there, and a sample needs one')
      continue
    }
    const key = String(shard.number * samplesPerShard + shard.samples++).padStart(9, '0')
    await put(shard.tar, `${key}${path.extname(file).toLowerCase()}`, readFileSync(file))
    const captions = (record.captions ?? []).filter((c) => c.region == null)
    if (captions[0]) await put(shard.tar, `${key}.txt`, captions[0].text)
    if (record.labels?.[0]) await put(shard.tar, `${key}.cls`, String(ids.get(record.labels[0].label)!))
    await put(shard.tar, `${key}.json`, JSON.stringify({ dashi: record }))
  }
  for (const { tar, written } of shards.values()) {
    tar.finalize()
    await written
  }
  writeFile(target, 'classes.txt', target.labels.map((n) => `${n}\n`).join(''))
}

const { comments, 'proposals left out': proposals } = usualLosses
export const webdataset: Format = { name: 'webdataset', title: 'WebDataset (tar)', read, write, images: 'copy', losses: { comments, 'proposals left out': proposals } }
