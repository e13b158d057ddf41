/**
 * The queue of a project as it is stored. A change of a job's status and what it means for the job's run are one transaction, so that
 * the two never disagree. Only who holds the project's lock writes here; see lock.ts.
 */
import { type JobRecord, jobRecord, type JobStatus } from '#shared/model/queue.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import { parseStored } from '#shared/model/text.ts'
import { say, sentence } from '#shared/sentences/table.ts'
import type { Database } from './database.ts'

/** Jobs that have ended are kept for windows that come back; the oldest go first. */
const kept = 50
/** Characters of JSON; a longer result is for those who are there when the job ends. */
const longestResult = 200_000

const interrupted = 'interrupted: the program ended before the run did'

/** `home` says on which machine and for which folder the job was queued. */
export function addJob(db: Database, job: JobRecord, home: string | null): void {
  db.run(
    `INSERT INTO job (id, kind, lane, status, subject, request, by_name, run_id, owner, error, result, created, started, finished)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    job.id,
    job.kind,
    job.lane,
    job.status,
    job.subject,
    JSON.stringify(job.request),
    job.user,
    job.runId,
    home,
    job.error,
    null,
    job.created,
    job.started,
    job.finished,
  )
}

/** The job is this process's from here on; false where somebody else has taken, cancelled or dismissed it. */
export function claimJob(db: Database, id: string, owner: string): boolean {
  return db.transaction(() => {
    const { changes } = db.run(
      `UPDATE job SET status = 'running', owner = ?, started = ? WHERE id = ? AND status = 'queued'`,
      owner,
      Date.now(),
      id,
    )
    if (changes) setRun(db, id, 'running', null)
    return changes === 1
  })
}

/** What became of a job that waited or was at work; of one that has ended already it stays as it is. */
export function endJob(
  db: Database,
  id: string,
  { status, error, result }: { status: Exclude<JobStatus, 'queued' | 'running'>; error: string | null; result?: unknown },
): void {
  const json = JSON.stringify(result ?? null)
  db.transaction(() => {
    const { changes } = db.run(
      `UPDATE job SET status = ?, error = ?, result = ?, finished = ? WHERE id = ? AND status IN ('queued', 'running')`,
      status,
      error,
      json.length > longestResult ? null : json,
      Date.now(),
      id,
    )
    if (changes && status !== 'done') setRun(db, id, status, error)
    prune(db)
  })
}

/** Puts an interrupted job back into the queue, as the job of another run where it has one; false where it is not offered any more. */
export function requeueJob(
  db: Database,
  id: string,
  { subject, runId, home }: { subject: string; runId: string | null; home: string | null },
): boolean {
  const { changes } = db.run(
    `UPDATE job SET status = 'queued', subject = ?, run_id = ?, owner = ?, error = NULL, started = NULL, finished = NULL
     WHERE id = ? AND status = 'interrupted'`,
    subject,
    runId,
    home,
    id,
  )
  return changes === 1
}

/** A job that is offered, or that this version cannot read, is offered no more. */
export function dismissJob(db: Database, id: string): boolean {
  const settled = `('running', 'done', 'failed', 'cancelled')`
  return db.run(`UPDATE job SET status = 'cancelled', finished = ? WHERE id = ? AND status NOT IN ${settled}`, Date.now(), id).changes === 1
}

/** The job of a run that was interrupted. */
export const interruptedJobOf = (db: Database, runId: string): string | undefined =>
  db.value<string>(`SELECT id FROM job WHERE run_id = ? AND status = 'interrupted'`, runId)

export interface TakeOver {
  /** Jobs that this process is carrying out. */
  readonly own?: readonly string[]
  /** Of this machine and folder: what was queued elsewhere is offered, not carried out. Without it, queued jobs stay as they are. */
  readonly home?: string
}

/**
 * For whoever has just got the project's lock: what the process before had at work is interrupted. A run without a job in the queue,
 * as the terminal and earlier versions make them, gets one, so that it is offered again as well.
 */
export function takeOverJobs(db: Database, { own = [], home }: TakeOver = {}): void {
  const now = Date.now()
  db.transaction(() => {
    db.run(
      `UPDATE job SET status = 'interrupted', finished = ?1
       WHERE (status = 'running' OR (status = 'queued' AND ?2 IS NOT NULL AND owner IS NOT ?2))
         AND id NOT IN (SELECT value FROM json_each(?3))`,
      now,
      home ?? null,
      JSON.stringify(own),
    )
    const open = `SELECT id FROM run WHERE status IN ('running', 'queued')
      AND id NOT IN (SELECT run_id FROM job WHERE run_id IS NOT NULL AND status IN ('running', 'queued'))`
    db.run(
      `INSERT INTO job (id, kind, lane, status, subject, request, by_name, run_id, created, finished)
       SELECT 'run:' || id, kind, 'training', 'interrupted',
         coalesce(json_extract(settings, CASE kind WHEN 'merge' THEN '$.label' ELSE '$.name' END), recipe, id), '{}', '', id, created, ?
       FROM run WHERE id IN (${open}) AND kind IN ('train', 'merge') AND id NOT IN (SELECT run_id FROM job WHERE run_id IS NOT NULL)`,
      now,
    )
    db.run(`UPDATE run SET status = 'failed', error = ?, finished = ? WHERE id IN (${open})`, interrupted, now)
    dropOvertaken(db)
    prune(db)
  })
}

/** An interrupted training that was begun again since, in the same folder, is part of the later one. */
function dropOvertaken(db: Database): void {
  db.run(
    `UPDATE job SET status = 'cancelled' WHERE status = 'interrupted' AND run_id IN (
       SELECT old.id FROM run old JOIN run later ON later.folder = old.folder AND later.rowid > old.rowid)`,
  )
}

const prune = (db: Database) =>
  db.run(
    `DELETE FROM job WHERE status IN ('done', 'failed', 'cancelled') AND id NOT IN (
       SELECT id FROM job WHERE status IN ('done', 'failed', 'cancelled') ORDER BY finished DESC, rowid DESC LIMIT ${kept})`,
  )

/** A run that somebody is still waiting for follows its job. */
function setRun(db: Database, jobId: string, status: JobStatus, error: string | null): void {
  const failed = status === 'failed' || status === 'interrupted'
  const ended = status !== 'queued' && status !== 'running'
  db.run(
    `UPDATE run SET status = ?, error = ?, finished = ?
     WHERE id = (SELECT run_id FROM job WHERE id = ?) AND status IN ('running', 'queued')`,
    failed ? 'failed' : status,
    failed ? (error ?? interrupted) : null,
    ended ? Date.now() : null,
    jobId,
  )
}

/** In the order in which they came. */
export const listJobs = (db: Database): JobRecord[] => db.all('SELECT * FROM job ORDER BY created, rowid').map(toJob)

export function findJob(db: Database, id: string): JobRecord | undefined {
  const row = db.get('SELECT * FROM job WHERE id = ?', id)
  return row && toJob(row)
}

/** By which process a job is carried out, as `holderOf` names it. */
export const ownerOf = (db: Database, id: string): string | null =>
  db.value<string | null>('SELECT owner FROM job WHERE id = ?', id) ?? null

/** A row that this version cannot read is shown as interrupted with the reason, and can only be dismissed. */
function toJob(r: StoredRow): JobRecord {
  let problem: string
  try {
    const parsed = jobRecord.safeParse({
      ...r,
      user: r['by_name'],
      runId: r['run_id'],
      request: parseStored(String(r['request'])),
      result: r['result'] == null ? null : parseStored(String(r['result'])),
    })
    if (parsed.success) return parsed.data
    const issue = parsed.error.issues[0]!
    problem = `${issue.path.join('.')}: ${issue.message}`
  } catch {
    problem = 'request: expected JSON'
  }
  return {
    id: String(r['id']),
    kind: String(r['kind']),
    lane: 'background',
    status: r['status'] === 'cancelled' ? 'cancelled' : 'interrupted', // which it is once it was dismissed
    subject: String(r['subject'] ?? ''),
    request: {},
    user: String(r['by_name'] ?? ''),
    runId: null,
    error: anotherVersion(problem),
    result: null,
    created: Number(r['created']) || 0,
    started: null,
    finished: null,
  }
}

/** Why a job of the queue can only be dismissed. */
export const anotherVersion = (problem: string): string => say(sentence('job.other-version', { problem }))
