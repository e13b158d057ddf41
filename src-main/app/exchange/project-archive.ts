/** A whole project as one `.dashi.zip`: writing it, opening it as a project, and reading its records into another project. */
import { copyFileSync, createWriteStream, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import yauzl from 'yauzl'
import yazl from 'yazl'
import { dataError, userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import { Findings } from './findings.ts'
import { renew } from '../../db/aside.ts'
import { Database } from '../../db/database.ts'
import { allPlaces, copyForArchive, countPlaces, damageOf } from '../../db/exchange.ts'
import { migrate } from '../../db/migrate.ts'
import { replaceFolder } from '../../files/replace.ts'
import { linkReason } from '../../files/within.ts'
import { labelSchema } from '../annotations/label-schema.ts'
import { openProject, type Project } from '../projects/project.ts'
import { listRoots, placesOf, readRecords } from '../projects/index.ts'
import type { DraftLabel } from './draft.ts'
import { meter, type RunOptions } from './progress.ts'
import { unpackZip } from './zip.ts'

/** Packs the project and the images it refers to, wherever they are, into one file. Runs and checkpoints are not included. */
export async function packProject(project: Project, file: string, findings: Findings, { onProgress, signal }: RunOptions): Promise<void> {
  const scratch = mkdtempSync(`${file}-db-`)
  try {
    const copy = path.join(scratch, 'project.db')
    const folders = new Map(
      listRoots(project).map((r) => [
        r.id,
        { from: path.resolve(project.folder, r.path), to: isInside(r.path) ? r.path : `media/root-${r.id}` },
      ]),
    )
    copyForArchive(project.db, copy, new Map([...folders].map(([id, { to }]) => [id, to])), project.readOnly)
    const places = placesOf(project)
    const zip = new yazl.ZipFile()
    const written = pipeline(zip.outputStream as Readable, createWriteStream(file))
    written.catch(() => undefined)
    zip.addFile(copy, 'project.db')
    const report = meter(onProgress)
    const of = countPlaces(project.db)
    let done = 0
    let packed = 1
    for (const m of allPlaces(project.db)) {
      signal?.throwIfAborted()
      const { from, to } = folders.get(Number(m.root_id))!
      const image = path.join(from, m.path)
      const link = places.get(Number(m.root_id))!.linkOut(m.path)
      // Images are already compressed.
      if (link !== null) findings.leave({ file: m.path }, linkReason(link))
      else if (existsSync(image)) {
        zip.addFile(image, path.posix.join(to, m.path), { compress: false })
        packed++
      } else findings.leave({ file: m.path }, sentence('finding.archive-no-image'))
      report('packing', ++done, of)
    }
    zip.end({ comment: archiveMark(packed), forceZip64Format: false })
    await written
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Stored in the archive's comment with the file count, which reveals added files. */
const archiveMark = (files: number) => `Made by Dashi: a project in ${files} files`

/**
 * Proves that the file is an archive written by an export.
 * @throws a one-line error
 */
export async function proveArchive(file: string, name: string): Promise<void> {
  const zip = await yauzl.openPromise(file, { autoClose: false }).catch(() => undefined)
  zip?.close()
  if (zip?.comment !== archiveMark(zip?.entryCount ?? 0)) throw userError(sentence('exchange.not-our-export', { path: name }))
}

export const holdsProject = (folder: string): boolean => existsSync(path.join(folder, 'project.db'))

const isInside = (root: string) => !path.isAbsolute(root) && !root.split('/').includes('..') && root !== '.'

/** Creates a project from an archive. The folder must be missing or empty. */
export async function openArchive(
  file: string,
  folder: string,
  run: RunOptions & { user?: string } = {},
): Promise<{ project: Project; findings: Findings }> {
  const to = path.resolve(folder)
  if (!existsSync(file)) throw userError(sentence('file.no-such-path', { path: file }))
  if (holdsProject(to)) throw userError(sentence('exchange.project-there', { folder }))
  const findings = new Findings()
  await replaceFolder(to, async (beside) => {
    await unpackZip(file, beside, findings, run.signal)
    if (!holdsProject(beside)) throw dataError(file, sentence('exchange.no-project'))
    checkArchive(file, beside)
  })
  return { project: openProject(to, run.user === undefined ? {} : { user: run.user }), findings }
}

/**
 * Validates a foreign database before any query: only the plain tables of this or an earlier schema, with each page in
 * one place, so that it contains no code and no endless loops. Then migrates it, as it is our own copy. Images must be
 * inside the project's own folder.
 */
function checkArchive(file: string, folder: string): void {
  const database = path.join(folder, 'project.db')
  renew(database, ['-shm']) // a previous unpacking may have left it here
  const db = new Database(database)
  try {
    db.checkShape(true)
    const problem = damageOf(db)
    if (problem !== 'ok') throw dataError(file, sentence('exchange.database-damaged', { problem }))
    migrate(db, undefined, false)
  } catch (e) {
    // Errors name the archive, which the person knows, not the folder it was unpacked to.
    if (e instanceof Error && e.name === 'DashiError') throw dataError(file, e.message.replace(`${db.file}: `, 'project.db: '), e)
    throw e
  } finally {
    db.close()
  }
  const project = openProject(folder, { readOnly: true })
  try {
    const outside = listRoots(project).find((r) => !isInside(r.path))
    if (outside) throw dataError(file, sentence('exchange.images-outside', { folder: outside.path }))
  } finally {
    project.close()
  }
}

/**
 * The records of a project folder, each with the absolute folder its path is relative to. The project may be open
 * elsewhere, so a copy of its database is validated and migrated.
 */
export function* openArchiveRecords(
  folder: string,
  findings?: Findings,
  declare?: (labels: DraftLabel[]) => void,
): Generator<{ record: ImageRecord; root: string }> {
  const database = path.join(folder, 'project.db')
  if (!holdsProject(folder)) throw dataError(folder, sentence('exchange.no-project'))
  const copy = mkdtempSync(path.join(tmpdir(), 'dashi-project-'))
  try {
    for (const ending of ['', '-wal'])
      if (existsSync(database + ending)) copyFileSync(database + ending, path.join(copy, `project.db${ending}`))
    checkArchive(path.basename(folder), copy)
    const project = openProject(copy, { readOnly: true })
    try {
      declare?.(labelSchema(project).labels)
      for (const { record, root, problems } of readRecords(project)) {
        for (const problem of problems) findings?.leave({ file: record.fileName }, problem)
        yield { record, root: path.join(folder, path.relative(copy, root)) }
      }
    } finally {
      project.close()
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}
