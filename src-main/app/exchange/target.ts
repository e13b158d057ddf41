/** The destination of a writer: a temporary folder next to the final one. */
import { closeSync, constants, copyFileSync, existsSync, fsyncSync, mkdirSync, openSync } from 'node:fs'
import path from 'node:path'
import type { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { AttributeDefinition } from '#shared/model/attribute.ts'
import type { exportOptions, Summary } from '#shared/model/exchange.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import type { Skeleton } from '#shared/model/skeleton.ts'
import type { Findings } from './findings.ts'
import { isReadable } from '../../files/access.ts'
import { writeAllSync } from '../../files/atomic.ts'
import type { JointBook } from './objects.ts'
import { stemOf } from './tree.ts'

/** One image to write; `file` is its absolute path, which need not exist, or null if it must not be read. */
export interface Item {
  record: ImageRecord & { width?: number | null; height?: number | null }
  file: string | null
}

export interface LabelFacts {
  colour: string
  /** Name of the parent label. */
  parent: string | null
  /** The label's own attributes. */
  own: readonly AttributeDefinition[]
  /** Includes inherited attributes. */
  attributes: readonly AttributeDefinition[]
  skeleton: Skeleton | null
}

export interface Target {
  readonly folder: string
  /** Class names; their order is the order of class ids. */
  readonly labels: readonly string[]
  /** The project's facts about each label, by name. */
  readonly schema: ReadonlyMap<string, LabelFacts>
  readonly summary: Summary
  /** Of all exported regions. */
  readonly joints: JointBook
  readonly options: z.output<typeof exportOptions>
  readonly images: 'copy' | 'none'
  readonly findings: Findings
  /** Number of files written so far. */
  files: number
}

/** Creates the parent folders of a file and returns its absolute path; refuses paths outside the target. */
export function place(target: Target, rel: string): string {
  const file = path.join(target.folder, rel)
  if (!file.startsWith(target.folder + path.sep)) throw new Error(`${rel}: leads outside the export`)
  mkdirSync(path.dirname(file), { recursive: true })
  return file
}

/** A text file written in chunks of about a megabyte. */
export class TextFile {
  private readonly fd: number
  private buffer: string[] = []
  private size = 0

  constructor(readonly file: string) {
    this.fd = openSync(file, 'w')
  }

  write(text: string): void {
    this.buffer.push(text)
    this.size += text.length
    if (this.size > 1 << 20) this.flush()
  }

  private flush(): void {
    writeAllSync(this.fd, Buffer.from(this.buffer.join('')))
    this.buffer = []
    this.size = 0
  }

  close(): void {
    this.flush()
    fsyncSync(this.fd)
    closeSync(this.fd)
  }
}

export function openText(target: Target, rel: string): TextFile {
  const file = place(target, rel)
  if (existsSync(file)) throw userError(sentence('exchange.splits-collide', { file: rel }))
  target.files++
  return new TextFile(file)
}

export function writeFile(target: Target, rel: string, content: string | Uint8Array): void {
  const fd = openSync(place(target, rel), 'w')
  try {
    writeAllSync(fd, typeof content === 'string' ? Buffer.from(content) : content)
    target.files++
  } finally {
    closeSync(fd)
  }
}

/** Copies the image if images are wanted (as a reflink where supported); a missing one is noted. */
export function copyImage(target: Target, item: Item, rel: string): void {
  if (target.images === 'none' || item.file === null) return // the reason was already reported
  try {
    copyFileSync(item.file, place(target, rel), constants.COPYFILE_FICLONE | constants.COPYFILE_EXCL)
    target.files++
  } catch (e) {
    const { code } = e as NodeJS.ErrnoException
    if (code === 'EACCES' && !isReadable(item.file))
      return target.findings.leave({ file: item.record.fileName }, sentence('finding.no-permission'))
    if (code === 'EEXIST') return target.findings.leave({ file: item.record.fileName }, sentence('finding.written-twice', { name: rel }))
    if (code !== 'ENOENT') throw e
    target.findings.leave({ file: item.record.fileName }, sentence('finding.image-missing'))
  }
}

/**
 * A path whose annotation file `<folder>/<stem><extension>` is still free. Images differing only in extension (a.jpg,
 * a.png) would share one annotation file, so the later one becomes `a-2.png`.
 */
export function freeName(target: Target, fileName: string, annotation: (stem: string) => string): string {
  const stem = stemOf(fileName)
  const extension = fileName.slice(stem.length)
  for (let n = 1; ; n++) {
    const tried = n === 1 ? stem : `${stem}-${n}`
    if (existsSync(path.join(target.folder, annotation(tried)))) continue
    if (n > 1) target.findings.change({ file: fileName }, sentence('finding.extension-only', { name: `${tried}${extension}` }))
    return tried + extension
  }
}

/** Strips a leading `images/`, so that repeated export and import does not nest such folders. */
export const withoutImagesFolder = (fileName: string) => fileName.replace(/^images\//, '')
export const splitOf = (record: ImageRecord) => record.split ?? null
/** A split's name made safe for a file name. */
export const safeName = (name: string) => name.replace(/[^\p{L}\p{N}_. -]/gu, '_').replace(/^\.+/, '_') || '_'

export function needSize(target: Target, item: Item): { width: number; height: number } | null {
  const { width, height, fileName } = item.record
  if (width && height) return { width, height }
  target.findings.leave({ file: fileName }, sentence('finding.size-needed'))
  return null
}
