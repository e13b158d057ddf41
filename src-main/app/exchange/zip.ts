/** Archives: any dataset as a zip, and a whole project as `.dashi.zip`. Nothing is written outside the folder that is unpacked into. */
import { copyFileSync, createWriteStream, existsSync, mkdtempSync, realpathSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Transform, type Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import yauzl from 'yauzl'
import yazl from 'yazl'
import { dataError, errorLine, userError } from '#shared/errors.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import { renew } from '../../db/aside.ts'
import { Database } from '../../db/database.ts'
import { migrate } from '../../db/migrate.ts'
import { isWithin } from '../../files/places.ts'
import { replaceFolder } from '../../files/replace.ts'
import { inWords, ofDisk } from '../../files/words.ts'
import { openProject, type Project } from '../projects/project.ts'
import { listRoots, placesOf, readRecords } from '../projects/index.ts'
import { labelSchema } from '../annotations/label-schema.ts'
import type { DraftLabel } from './draft.ts'
import { Findings } from './findings.ts'
import type { RunOptions } from './import.ts'
import { placeAt, unpacking } from './placed.ts'
import { linkReason } from '../../files/within.ts'
import { meter } from './progress.ts'

/** Against zip bombs: what an archive may unpack to, in all and as a multiple of its own size. */
const limits = { bytes: 2 ** 40, ratio: 200, smallBytes: 2 ** 26, entries: 10_000_000 }

/** A path below the folder, or null where the name is not one: absolute, climbing, or not writable on every system. */
export function safeEntry(name: string): string | null {
  if (name.includes('\0') || name.includes('\\') || /^[A-Za-z]:/.test(name) || name.startsWith('/') || name.length > 1024) return null
  const steps = name.split('/').filter((s) => s !== '' && s !== '.')
  return steps.length === 0 || steps.includes('..') ? null : steps.join('/')
}

/** Refuses an archive that unpacks to too much before and while it does; links and unsafe names are left out, a line each. */
export async function unpackZip(file: string, folder: string, findings: Findings, signal?: AbortSignal): Promise<void> {
  const zip = await yauzl.openPromise(file, { decodeStrings: false, validateEntrySizes: true }).catch((e: unknown) => {
    throw dataError(file, `not a zip archive (${e instanceof Error ? e.message : String(e)})`, e)
  })
  const most = Math.max(limits.smallBytes, Math.min(limits.bytes, statSync(file).size * limits.ratio))
  const root = realpathSync(folder)
  let total = 0
  try {
    for await (const entry of zip.eachEntry()) {
      signal?.throwIfAborted()
      const name = yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true)
      if (name.endsWith('/')) continue
      const rel = safeEntry(name)
      const kind = (entry.externalFileAttributes >>> 16) & 0o170000
      if (!rel) findings.leave({ file: name }, 'a path that leads outside the archive')
      else if (kind !== 0 && kind !== 0o100000) findings.leave({ file: name }, 'a link or device, not a file')
      else if (entry.generalPurposeBitFlag & 1) findings.leave({ file: name }, 'encrypted')
      else {
        if (total + entry.uncompressedSize > most) throw dataError(file, `unpacks to more than ${most} bytes`)
        const to = path.join(root, rel)
        const beside = unpacking(root)
        // A folder of an earlier entry could have been replaced by a link only from outside; checked all the same.
        if (!isWithin(path.dirname(to), [root])) throw dataError(file, `${name}: leads outside`)
        const count = new Transform({
          transform(chunk: Buffer, _, done) {
            total += chunk.length
            done(total > most ? dataError(file, `unpacks to more than ${most} bytes`) : null, chunk)
          },
        })
        try {
          await pipeline((await zip.openReadStreamPromise(entry)) as Readable, count, createWriteStream(beside))
          if ((await placeAt(folder, to, beside)) === 'taken')
            findings.leave({ file: name }, 'another file of this name is there already, and was kept')
        } catch (e) {
          if ((e instanceof Error && e.name === 'DashiError') || ofDisk(e)) throw e
          const told = inWords(e)
          findings.leave({ file: name }, told === e ? `damaged (${e instanceof Error ? e.message : String(e)})` : errorLine(told))
        } finally {
          rmSync(beside, { force: true })
        }
      }
      if (zip.entriesRead > limits.entries) throw dataError(file, `more than ${limits.entries} files`)
    }
  } finally {
    zip.close()
  }
}

/** The project with the images that it refers to, wherever they lie, as one file. Runs and checkpoints stay behind. */
export async function packProject(project: Project, file: string, findings: Findings, { onProgress, signal }: RunOptions): Promise<void> {
  const scratch = mkdtempSync(`${file}-db-`)
  try {
    const copy = path.join(scratch, 'project.db')
    // A file that was opened read-only stays as it is without it too; SQLite counts a copy as a change.
    if (project.readOnly) project.db.exec('PRAGMA query_only = OFF')
    project.db.run('VACUUM INTO ?', copy)
    if (project.readOnly) project.db.exec('PRAGMA query_only = ON')
    const folders = new Map(
      listRoots(project).map((r) => [
        r.id,
        { from: path.resolve(project.folder, r.path), to: isInside(r.path) ? r.path : `media/root-${r.id}` },
      ]),
    )
    const db = new Database(copy)
    db.run("DELETE FROM meta WHERE key >= 'links:' AND key < 'links;'")
    for (const [id, { to }] of folders) db.run('UPDATE root SET path = ? WHERE id = ?', to, id)
    db.exec('PRAGMA journal_mode = DELETE')
    db.close()
    const places = placesOf(project)
    const zip = new yazl.ZipFile()
    const written = pipeline(zip.outputStream as Readable, createWriteStream(file))
    written.catch(() => undefined)
    zip.addFile(copy, 'project.db')
    const report = meter(onProgress)
    const of = Number(project.db.value('SELECT count(*) FROM media'))
    let done = 0
    let packed = 1
    for (const m of project.db.iterate<{ path: string; root_id: number }>('SELECT path, root_id FROM media ORDER BY id')) {
      signal?.throwIfAborted()
      const { from, to } = folders.get(Number(m.root_id))!
      const image = path.join(from, m.path)
      const link = places.get(Number(m.root_id))!.linkOut(m.path)
      // Images are compressed already.
      if (link !== null) findings.leave({ file: m.path }, linkReason(link))
      else if (existsSync(image)) {
        zip.addFile(image, path.posix.join(to, m.path), { compress: false })
        packed++
      } else findings.leave({ file: m.path }, 'the image is not there, so only its annotations are in the archive')
      report('packing', ++done, of)
    }
    zip.end({ comment: archiveMark(packed), forceZip64Format: false })
    await written
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** In the archive's comment: that we made it, and of how many files, so that one to which others were added is told from it. */
const archiveMark = (files: number) => `Made by Dashi: a project in ${files} files`

/** Proves that a file is an archive that an export made. @throws one line */
export async function proveArchive(file: string, name: string): Promise<void> {
  const zip = await yauzl.openPromise(file, { autoClose: false }).catch(() => undefined)
  zip?.close()
  if (zip?.comment !== archiveMark(zip?.entryCount ?? 0))
    throw userError(`${name}: was not written by an export of Dashi: not replaced; choose another place`)
}

const isInside = (root: string) => !path.isAbsolute(root) && !root.split('/').includes('..') && root !== '.'

/** Makes a project of an archive. The folder must not exist, or be empty. */
export async function openArchive(
  file: string,
  folder: string,
  run: RunOptions & { user?: string } = {},
): Promise<{ project: Project; findings: Findings }> {
  const to = path.resolve(folder)
  if (!existsSync(file)) throw userError(`${file}: no such file`)
  if (existsSync(path.join(to, 'project.db'))) throw userError(`${folder}: holds a project already`)
  const findings = new Findings()
  await replaceFolder(to, async (beside) => {
    await unpackZip(file, beside, findings, run.signal)
    if (!existsSync(path.join(beside, 'project.db'))) throw dataError(file, 'holds no project.db, so it is no project')
    checkArchive(file, beside)
  })
  return { project: openProject(to, run.user === undefined ? {} : { user: run.user }), findings }
}

/**
 * A database from elsewhere is looked at before anything is asked of it: only the plain tables of a project, of this schema or an
 * earlier one, whose pages each stand in one place, so that nothing in it computes or repeats itself without end. Then it is brought
 * to this schema; it is our own copy. Images must lie inside the project's own folder.
 */
function checkArchive(file: string, folder: string): void {
  const database = path.join(folder, 'project.db')
  renew(database, ['-shm']) // it may have been unpacked here before
  const db = new Database(database)
  try {
    db.checkShape(true)
    const problem = db.value<string>('PRAGMA quick_check(1)')
    if (problem !== 'ok') throw dataError(file, `its database is damaged (${problem})`)
    migrate(db, undefined, false)
  } catch (e) {
    // The archive is what the person knows, not where it was unpacked to.
    if (e instanceof Error && e.name === 'DashiError') throw dataError(file, e.message.replace(`${db.file}: `, 'project.db: '), e)
    throw e
  } finally {
    db.close()
  }
  const project = openProject(folder, { readOnly: true })
  try {
    const outside = listRoots(project).find((r) => !isInside(r.path))
    if (outside) throw dataError(file, `its folder of images, ${outside.path}, is not in the archive`)
  } finally {
    project.close()
  }
}

/**
 * The records of a project's folder, each with the absolute folder that it is relative to. The folder may be one that somebody has open:
 * what is checked and brought to our schema is a copy of its database.
 */
export function* openArchiveRecords(
  folder: string,
  findings?: Findings,
  declare?: (labels: DraftLabel[]) => void,
): Generator<{ record: ImageRecord; root: string }> {
  const database = path.join(folder, 'project.db')
  if (!existsSync(database)) throw dataError(folder, 'holds no project.db, so it is no project')
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
