/** A project is a folder with a `project.db`: creating, opening and closing. */
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { randomUUID } from 'node:crypto'
import { DashiError, dataError, replacedError, userError } from '#shared/errors.ts'
import { isCarried, repaired } from '#shared/model/text.ts'
import { sentence } from '#shared/sentences/table.ts'
import { diskFull, ioError, notWritable } from '../../files/words.ts'
import { isSound } from '../../db/check.ts'
import { Database } from '../../db/database.ts'
import { identityOf } from '../../db/presence.ts'
import { acquireLock, type Lock } from '../../db/lock.ts'
import { HeadNote, readHead } from '../../db/head.ts'
import { position } from '../../db/journal.ts'
import { addMeta, hasMeta, metaValue, setMeta } from '../../db/meta.ts'
import { migrate } from '../../db/migrate.ts'
import { keepTally, tally } from '../../db/tally.ts'
import { rescueBeside, rescued } from './rescue.ts'

/** An open project: the first parameter of every function that works on one. */
export interface Project {
  readonly folder: string
  readonly db: Database
  /** The author of changes recorded in the journal. */
  readonly user: string
  readonly readOnly: boolean
  /** True if the previous process did not close the project; nothing acknowledged is lost. */
  readonly recovered: boolean
  /** The copy made before a migration, if there was one. */
  readonly backup: string | null
  close(): void
}

export interface OpenProjectOptions {
  /** Needs no lock and changes nothing. */
  readOnly?: boolean
  user?: string
  /** For worker threads: this process already holds the project's lock. */
  sharedLock?: boolean
  /**
   * Identifies the file that this process has open. Another file at the path is refused, since its log would be mixed
   * with this one's.
   */
  identity?: string | null
}

/** A file to double-click: the desktop app receives its path and opens the folder. */
const doorFile = (folder: string) => join(folder, 'project.dashi')
const databaseFile = (folder: string) => join(folder, 'project.db')
export const defaultUser = () => {
  try {
    return repaired(userInfo().username) || 'person'
  } catch {
    return 'person' // the user of a container may have no name
  }
}

/** Creates a project, and its folder if missing. The folder must not contain a project yet. */
export function createProject(folder: string, options: { name?: string; user?: string } = {}): Project {
  if (folder === '') throw userError(sentence('project.no-folder-name'))
  const dir = resolve(folder)
  if (options.name !== undefined && !isCarried(options.name)) throw userError(sentence('project.name-characters'))
  if (existsSync(databaseFile(dir))) throw userError(sentence('project.exists', { folder: dir }))
  if (existsSync(dir) && !statSync(dir).isDirectory()) throw userError(sentence('file-not-folder', { place: dir }))
  // These files may hold the last edits of a lost database.
  const orphan = ['-wal', '-journal']
    .map((ending) => databaseFile(dir) + ending)
    .find((file) => existsSync(file) && statSync(file).size > 0)
  if (orphan !== undefined) throw userError(sentence('project.orphan', { file: orphan }))
  const there = existsSync(dir) ? readdirSync(dir) : []
  let made: string | undefined
  let lock: Lock
  try {
    made = mkdirSync(dir, { recursive: true })
    lock = acquireLock(dir)
  } catch (e) {
    takeBack(dir, there, made)
    if (diskFull(e)) throw dataError(dir, sentence('project.disk-full'), e)
    // Node reports ENOENT for a folder that cannot be created in a read-only one.
    const refused = notWritable(e, dir) || (e as NodeJS.ErrnoException).code === 'ENOENT'
    throw refused && !(e instanceof DashiError) ? dataError(dir, sentence('project.no-folder'), e) : ioError(dir, 'written', e)
  }
  let db: Database | undefined
  try {
    db = new Database(databaseFile(dir), { watched: true, isSound })
    const database = db
    migrate(db)
    db.transaction(() => {
      setMeta(database, 'id', randomUUID())
      setMeta(database, 'name', options.name ?? repaired(basename(dir)))
      setMeta(database, 'created', String(Date.now()))
    })
    tally(db) // all zero; edits keep it up to date from now on
    if (!there.includes(basename(doorFile(dir))))
      writeFileSync(doorFile(dir), 'The folder of this file is a project of Dashi.\n', { flag: 'wx' })
    return wrap(dir, db, options.user, lock, null)
  } catch (e) {
    attempt(() => db?.close())
    attempt(() => lock.release())
    takeBack(dir, there, made)
    throw diskFull(e) ? dataError(dir, sentence('project.disk-full'), e) : ioError(dir, 'written', e)
  }
}

function attempt(body: () => void): void {
  try {
    body()
  } catch {
    // report the original failure instead
  }
}

/**
 * Removes all traces of a failed creation: its files, except those that were `there` before, and folders from `made`
 * on.
 */
function takeBack(dir: string, there: readonly string[], made: string | undefined): void {
  for (const file of [
    'project.db',
    'project.db-wal',
    'project.db-shm',
    'project.db-journal',
    'project.dashi',
    'project.lock',
    'project.lock-journal',
    'project.lock.json',
  ])
    if (!there.includes(file)) attempt(() => rmSync(join(dir, file), { force: true }))
  if (made === undefined) return
  attempt(() => {
    for (let at = dir; ; at = dirname(at)) {
      rmdirSync(at)
      if (at === resolve(made)) return
    }
  })
}

export function openProject(folder: string, options: OpenProjectOptions = {}): Project {
  if (folder === '') throw userError(sentence('project.no-folder-name'))
  const dir = resolve(folder)
  const file = databaseFile(dir)
  if (options.identity && identityOf(file) !== options.identity) throw replacedError(sentence('project.replaced', { file }))
  if (!existsSync(file)) throw userError(sentence('project.none', { folder: dir }))
  const lock = options.readOnly || options.sharedLock ? null : acquireLock(dir)
  let db: Database | undefined
  try {
    db = new Database(file, { readOnly: options.readOnly, watched: true, isSound, shared: options.sharedLock })
    if (!options.sharedLock) db.checkShape(false)
    const backup = migrate(db)
    if (!hasMeta(db, 'name')) throw dataError(file, sentence('project.not-a-database'))
    return wrap(dir, db, options.user, lock, backup)
  } catch (e) {
    db?.close()
    lock?.release()
    throw e
  }
}

function wrap(folder: string, db: Database, user: string | undefined, lock: Lock | null, backup: string | null): Project {
  const at = position(db)
  const id = metaValue(db, 'id') ?? ''
  const note = new HeadNote(db.file, id)
  if (!db.options.readOnly) {
    const before = readHead(db.file)
    if (!db.options.shared && before?.id === id && before.seq > at)
      addMeta(db, `missing:${before.seq}`, JSON.stringify({ from: at + 1, to: before.seq, at: before.at }))
    db.whenCommitted(() => note.write(position(db)))
  }
  const edited = () => {
    try {
      return db.kept !== null || position(db) !== at
    } catch {
      return false // overwritten: the old content is unreadable
    }
  }
  return {
    folder,
    db,
    user: repaired(user ?? defaultUser()),
    readOnly: db.options.readOnly ?? false,
    recovered: lock?.recovered ?? false,
    backup,
    close() {
      try {
        if (db.look() && !rescued.has(db) && edited()) tellRescued(rescueBeside({ db, folder }))
        attempt(() => db.replaced || keepTally(db)) // recounted next time if this fails
        db.close()
      } finally {
        note.close()
        lock?.release()
      }
    },
  }
}

const tellRescued = (folder: string | null) =>
  void process.stderr.write(
    folder
      ? `dashi: what was edited in this session is kept in ${folder}\n`
      : 'dashi: what was edited in this session could not be copied\n',
  )
