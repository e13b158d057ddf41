/**
 * One writing process per project. The lock is an SQLite file held in an exclusive transaction: the operating system
 * releases it when the process ends for any reason, so a crash never leaves a stale lock. A note beside it names the
 * holder.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type Libsql from 'libsql'
import { z } from 'zod'
import { type DashiError, dataError, userError } from '#shared/errors.ts'
import { sentence, type Sentence } from '#shared/sentences/table.ts'
import { diskFull, nearlyFull } from '../files/words.ts'
import { connect } from './libsql.ts'

const holder = z.object({ pid: z.number().int(), host: z.string(), since: z.string() })

export interface Lock {
  /** True if the previous holder did not close: it crashed or was killed. */
  recovered: boolean
  release(): void
}

export function acquireLock(folder: string): Lock {
  const file = join(folder, 'project.lock')
  const note = `${file}.json`
  let connection: Libsql.Database
  try {
    connection = connect(file)
    connection.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
  } catch (e) {
    const code = e instanceof Error && 'code' in e ? String(e.code) : ''
    if (code.startsWith('SQLITE_BUSY')) throw userError(sentence('project.open-elsewhere', { folder, holder: describe(note) }), e)
    if (code.startsWith('SQLITE_NOTADB')) throw dataError(file, sentence('project.foreign-lock'), e)
    throw cannotLock(folder, e)
  }
  const recovered = existsSync(note)
  try {
    writeFileSync(note, JSON.stringify({ pid: process.pid, host: hostname(), since: new Date().toISOString() }))
  } catch (e) {
    connection.exec('ROLLBACK')
    connection.close()
    throw cannotLock(folder, e)
  }
  let held = true
  return {
    recovered,
    release() {
      if (!held) return
      held = false
      rmSync(note, { force: true })
      connection.exec('ROLLBACK')
      connection.close()
    },
  }
}

/**
 * Identifies the process that has the project open for writing, uniquely per process and opening; null if there is
 * none.
 */
export function holderOf(folder: string): string | null {
  try {
    const { pid, host, since } = holder.parse(JSON.parse(readFileSync(join(folder, 'project.lock.json'), 'utf8')))
    // Whether a process on another machine (shared folder) is alive is unknown: assume that it is.
    return host !== hostname() || isAlive(pid) ? `${pid}@${host} ${since}` : null
  } catch {
    return null
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (e) {
    return (e as NodeJS.ErrnoException).code === 'EPERM' // it belongs to another user
  }
}

function cannotLock(folder: string, e: unknown): DashiError {
  const full = diskFull(e) || nearlyFull(folder)
  return dataError(folder, sentence(full ? 'project.no-lock-full' : 'project.no-lock'), e)
}

function describe(note: string): Sentence {
  try {
    const { pid, host, since } = holder.parse(JSON.parse(readFileSync(note, 'utf8')))
    return sentence('project.another-window-of', { pid, host, since })
  } catch {
    return sentence('project.another-window')
  }
}
