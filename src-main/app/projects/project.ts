/** A project is a folder with a `project.db`: create one, open one, close it. */
import { existsSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import { randomUUID } from 'node:crypto'
import { DashiError, dataError, replacedError, userError } from '#shared/errors.ts'
import { isCarried, repaired } from '#shared/model/text.ts'
import { diskFull, ioError, notWritable } from '../../files/words.ts'
import { isSound } from '../../db/check.ts'
import { Database } from '../../db/database.ts'
import { identityOf } from '../../db/presence.ts'
import { acquireLock, type Lock } from '../../db/lock.ts'
import { HeadNote, readHead } from '../../db/head.ts'
import { position } from '../../db/journal.ts'
import { addMeta, metaValue, setMeta } from '../../db/meta.ts'
import { migrate } from '../../db/migrate.ts'
import { keepTally, tally } from '../../db/tally.ts'
import { rescueBeside, rescued } from './rescue.ts'

/** An open project. Everything that is done with it is a function that takes it first. */
export interface Project {
  readonly folder: string
  readonly db: Database
  /** Who is named in the journal as the maker of changes. */
  readonly user: string
  readonly readOnly: boolean
  /** True where the process before did not close the project; nothing that it acknowledged is lost. */
  readonly recovered: boolean
  /** The copy made before a migration, where there was one. */
  readonly backup: string | null
  close(): void
}

export interface OpenProjectOptions {
  /** Needs no lock and changes nothing. */
  readOnly?: boolean
  user?: string
  /** For worker threads: this process holds the project's lock already. */
  sharedLock?: boolean
  /** The file that this process has open: another one at the path is not opened, whose log would be mixed with this one's. */
  identity?: string | null
}

/** What a person opens in the file manager: the system hands its path to the desktop app, which opens the folder. */
const doorFile = (folder: string) => join(folder, 'project.dashi')
const databaseFile = (folder: string) => join(folder, 'project.db')
export const defaultUser = () => {
  try {
    return repaired(userInfo().username) || 'person'
  } catch {
    return 'person' // a container's user need not have a name
  }
}

/** The folder is made where it does not exist; it must not hold a project yet. */
export function createProject(folder: string, options: { name?: string; user?: string } = {}): Project {
  if (folder === '') throw userError('the name of the folder is empty')
  const dir = resolve(folder)
  if (options.name !== undefined && !isCarried(options.name))
    throw userError('name: holds a NUL or half of a character, which cannot be stored')
  if (existsSync(databaseFile(dir))) throw userError(`${dir}: holds a project already`)
  if (existsSync(dir) && !statSync(dir).isDirectory()) throw userError(`${dir}: is a file, expected a folder`)
  // Of a database that is gone these may hold what was edited last.
  const orphan = ['-wal', '-journal']
    .map((ending) => databaseFile(dir) + ending)
    .find((file) => existsSync(file) && statSync(file).size > 0)
  if (orphan !== undefined) throw userError(`${orphan}: lies there without its database: take both elsewhere, or bring the database back`)
  const there = existsSync(dir) ? readdirSync(dir) : []
  let made: string | undefined
  let lock: Lock
  try {
    made = mkdirSync(dir, { recursive: true })
    lock = acquireLock(dir)
  } catch (e) {
    takeBack(dir, there, made)
    if (diskFull(e)) throw dataError(dir, 'no space left on the device; no project was made', e)
    // Node says of a folder that cannot be made in a read-only one that it was not found.
    const refused = notWritable(e, dir) || (e as NodeJS.ErrnoException).code === 'ENOENT'
    throw refused && !(e instanceof DashiError)
      ? dataError(dir, 'the folder cannot be made (read-only, or permission denied)', e)
      : ioError(dir, 'written', e)
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
    tally(db) // nothing yet: from here on it is kept up
    if (!there.includes(basename(doorFile(dir))))
      writeFileSync(doorFile(dir), 'The folder of this file is a project of Dashi.\n', { flag: 'wx' })
    return wrap(dir, db, options.user, lock, null)
  } catch (e) {
    attempt(() => db?.close())
    attempt(() => lock.release())
    takeBack(dir, there, made)
    throw diskFull(e) ? dataError(dir, 'no space left on the device; no project was made', e) : ioError(dir, 'written', e)
  }
}

function attempt(body: () => void): void {
  try {
    body()
  } catch {
    // the failure that led here is the one to tell
  }
}

/** Of a project that could not be made nothing stays: neither its files, but for those that were `there`, nor the folders from `made` on. */
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
  if (folder === '') throw userError('the name of the project’s folder is empty')
  const dir = resolve(folder)
  const file = databaseFile(dir)
  if (options.identity && identityOf(file) !== options.identity)
    throw replacedError(`${file}: was replaced or removed by another program while it was open; nothing was written`)
  if (!existsSync(file)) throw userError(`${dir}: holds no project (no project.db); make one with \`project create\``)
  const lock = options.readOnly || options.sharedLock ? null : acquireLock(dir)
  let db: Database | undefined
  try {
    db = new Database(file, { readOnly: options.readOnly, watched: true, isSound, shared: options.sharedLock })
    if (!options.sharedLock) db.checkShape(false)
    const backup = migrate(db)
    if (metaValue(db, 'name') === undefined) throw dataError(file, 'is not a project database')
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
      return false // written over: nothing can be read any more
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
        attempt(() => db.replaced || keepTally(db)) // counted again where it cannot be written
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
