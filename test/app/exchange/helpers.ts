import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import sharp from 'sharp'
import { afterAll } from 'vitest'
import type { FormatName, ImportOptions } from '#shared/model/exchange.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import { exportFrom, type ExportRun, formats, importInto } from '../../../src-main/app/exchange/index.ts'
import { createProject, type Project } from '../../../src-main/app/projects/project.ts'
import { addRecords, readRecords } from '../../../src-main/app/projects/index.ts'
import type { ExportOptions } from '#shared/model/exchange.ts'

const scratch = mkdtempSync(path.join(tmpdir(), 'exchange-'))
const open: Project[] = []
afterAll(() => {
  for (const p of open) p.close()
  rmSync(scratch, { recursive: true, force: true })
})

let n = 0
export const fresh = (name = 'at') => path.join(scratch, `${name}-${++n}`)

export function project(): Project {
  const p = createProject(fresh('project'), { user: 'tester' })
  open.push(p)
  return p
}

/** Writes files: text as it is, `[width, height]` as an image of that size. */
export async function folder(files: Record<string, string | Uint8Array | [number, number]>): Promise<string> {
  const dir = fresh('data')
  for (const [name, content] of Object.entries(files)) {
    const file = path.join(dir, name)
    mkdirSync(path.dirname(file), { recursive: true })
    writeFileSync(file, Array.isArray(content) ? await picture(...(content as [number, number]), name) : (content as string))
  }
  return dir
}

/** Of one colour, by its name, so that no two have the same content. */
export async function picture(width: number, height: number, name: string): Promise<Buffer> {
  let h = 7
  for (const c of name) h = (h * 31 + c.codePointAt(0)!) >>> 0
  const image = sharp({ create: { width, height, channels: 3, background: { r: h & 255, g: (h >> 8) & 255, b: (h >> 16) & 255 } } })
  return /\.jpe?g$/i.test(name)
    ? image.jpeg().toBuffer()
    : /\.webp$/i.test(name)
      ? image.webp().toBuffer()
      : image.png({ compressionLevel: 1 }).toBuffer()
}

/** A project with these records, their images on disk. */
export async function projectOf(records: ImageRecord[]): Promise<Project> {
  const images = await folder(Object.fromEntries(records.map((r) => [r.fileName, [r.width!, r.height!] as [number, number]])))
  const p = project()
  addRecords(p, records, { root: images })
  return p
}

export const recordsOf = (p: Project): ImageRecord[] => [...readRecords(p)].map((r) => r.record)

/** Out to a format and back into an empty project. */
export async function roundTrip(p: Project, options: ExportOptions & ExportRun, importOptions: ImportOptions = {}) {
  const out = fresh('out')
  const exported = await exportFrom(p, out, { images: 'copy', ...options })
  const q = project()
  const imported = await importInto(q, out, { format: options.format, ...importOptions })
  return { out, exported, imported, project: q, records: recordsOf(q) }
}

/** Those that can be written and read again. */
export const everyFormat: FormatName[] = formats.filter((f) => f.read && f.write).map((f) => f.id)
