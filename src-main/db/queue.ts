/**
 * The stored job queue of a project. A change of a job's status and its effect on the job's run are one transaction,
 * so that the two never disagree. Only the holder of the project's lock writes here; see lock.ts.
 */
import { type JobRecord, jobRecord, type JobStatus } from '#shared/model/queue.ts'
import type { StoredRow } from '#shared/model/journal.ts'
import { parseStored } from '#shared/model/text.ts'
import { say, sentence } from '#shared/sentences/table.ts'
import type { Database } from './database.ts'

/** Number of finished jobs kept for reconnecting windows; the oldest are dropped. */
const kept = 50
/** In characters of JSON; a longer result is only sent to windows connected when the job ends. */
const longestResult = 200_000

const interrupted = 'interrupted: the program ended before the run did'

/** `home` identifies the machine and folder where the job was queued. */
export function addJob(db: Database, job: JobRecord, home: string | null): void {
  db.run(
    `INSERT INTO job (id, kind, lane, status, subject, request, by_name, run_id, owner, error, result, created, started, finished,
       priority, start_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
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
    job.priority,
    job.startAt,
  )
}

/** Changes when a queued job is to start; false if it has started, or ended. */
export function arrangeJob(db: Database, id: string, { priority, startAt }: Pick<JobRecord, 'priority' | 'startAt'>): boolean {
  return db.run(`UPDATE job SET priority = ?, start_at = ? WHERE id = ? AND status = 'queued'`, priority, startAt, id).changes === 1
}

/** Assigns the job to this process; false if it was already taken, cancelled or dismissed. */
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

/** Records the outcome of a queued or running job; a job that has already ended is unchanged. */
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

/** Puts an interrupted job back into the queue, under a new run if it has one; false if it is no longer offered. */
export function requeueJob(
  db: Database,
  id: string,
  { subject, runId, home }: { subject: string; runId: string | null; home: string | null },
): boolean {
  const { changes } = db.run(
    `UPDATE job SET status = 'queued', subject = ?, run_id = ?, owner = ?, error = NULL, started = NULL, finished = NULL, start_at = NULL
     WHERE id = ? AND status = 'interrupted'`,
    subject,
    runId,
    home,
    id,
  )
  return changes === 1
}

/** Removes an interrupted or unreadable job from the offers. */
export function dismissJob(db: Database, id: string): boolean {
  const settled = `('running', 'done', 'failed', 'cancelled')`
  return db.run(`UPDATE job SET status = 'cancelled', finished = ? WHERE id = ? AND status NOT IN ${settled}`, Date.now(), id).changes === 1
}

/** The interrupted job of a run. */
export const interruptedJobOf = (db: Database, runId: string): string | undefined =>
  db.value<string>(`SELECT id FROM job WHERE run_id = ? AND status = 'interrupted'`, runId)

export interface TakeOver {
  /** Jobs that this process is running. */
  readonly own?: readonly string[]
  /**
   * The current machine and folder: jobs queued elsewhere are offered, not started. Without it, queued jobs are left
   * alone.
   */
  readonly home?: string
}

/**
 * To be called right after acquiring the project's lock: jobs that the previous process was running become
 * interrupted. A run without a queued job, as made by the terminal and earlier versions, gets one, so that it is
 * offered too.
 */
export function takeOverJobs(db: Database, { own = [], home }: TakeOver = {}): void {
  const now = Date.now()
  db.transaction(() => {
    // The process ended between the result of a run and the end of its job.
    db.run(
      `UPDATE job SET status = 'done', finished = ?1 WHERE status = 'running' AND id NOT IN (SELECT value FROM json_each(?2))
         AND run_id IN (SELECT id FROM run WHERE status = 'done')`,
      now,
      JSON.stringify(own),
    )
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

/** An interrupted training that was later restarted in the same folder is superseded by the later one. */
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

/** Updates an unfinished run to match its job. */
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

/** In order of creation. */
export const listJobs = (db: Database): JobRecord[] => db.all('SELECT * FROM job ORDER BY created, rowid').map(toJob)

export function findJob(db: Database, id: string): JobRecord | undefined {
  const row = db.get('SELECT * FROM job WHERE id = ?', id)
  return row && toJob(row)
}

/** The process that runs a job, as named by `holderOf`. */
export const ownerOf = (db: Database, id: string): string | null =>
  db.value<string | null>('SELECT owner FROM job WHERE id = ?', id) ?? null

/** A row that this version cannot read appears as interrupted with the reason, and can only be dismissed. */
function toJob(r: StoredRow): JobRecord {
  let problem: string
  try {
    const parsed = jobRecord.safeParse({
      ...r,
      user: r['by_name'],
      runId: r['run_id'],
      startAt: r['start_at'],
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
    status: r['status'] === 'cancelled' ? 'cancelled' : 'interrupted', // 'cancelled' once dismissed
    subject: String(r['subject'] ?? ''),
    request: {},
    user: String(r['by_name'] ?? ''),
    runId: null,
    error: anotherVersion(problem),
    result: null,
    priority: 0,
    startAt: null,
    created: Number(r['created']) || 0,
    started: null,
    finished: null,
  }
}

/** The reason why a queued job can only be dismissed. */
export const anotherVersion = (problem: string): string => say(sentence('job.other-version', { problem }))
