/** Slurm's own programs: submitting, asking, cancelling. Their output formats are those of Slurm 20.11 and later. */
import { execFile } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { childEnvironment } from '../../../files/child.ts'

type Env = NodeJS.ProcessEnv
const needed = ['sbatch', 'squeue', 'scontrol', 'scancel'] as const

/** The first program that is not on the PATH; null if all are. */
export const missingProgram = (env: Env): string | null => needed.find((name) => !isOnPath(name, env)) ?? null

function isOnPath(name: string, env: Env): boolean {
  return (env['PATH'] ?? '').split(path.delimiter).some((folder) => {
    try {
      accessSync(path.join(folder, name), constants.X_OK)
      return folder !== ''
    } catch {
      return false
    }
  })
}

interface Answer {
  readonly code: number
  readonly out: string
  readonly said: string
}

/** Times are written the same everywhere, and a person's own formats (SQUEUE_FORMAT, …) do not apply. */
const plain = (env: Env): Env =>
  Object.fromEntries(
    Object.entries({ ...childEnvironment(env), LC_ALL: 'C', SLURM_TIME_FORMAT: 'standard' }).filter(
      ([name]) => !/^(SQUEUE|SBATCH|SCANCEL|SACCT)_/.test(name),
    ),
  )

const ask = (env: Env, name: string, args: readonly string[]): Promise<Answer> =>
  new Promise((resolve) => {
    execFile(name, args, { env: plain(env), encoding: 'utf8', maxBuffer: 64 << 20, timeout: 120_000 }, (e, out, said) => {
      const code = e ? (typeof e.code === 'number' ? e.code : 1) : 0
      resolve({ code, out, said: said.trim() || (e && !said ? e.message : '') })
    })
  })

const lastOf = (text: string): string => text.split('\n').filter(Boolean).at(-1) ?? ''

/**
 * Submits a script.
 * @returns the job's number
 * @throws a user fault with what sbatch said
 */
export async function submit(env: Env, script: string, partition: string): Promise<string> {
  const { code, out, said } = await ask(env, 'sbatch', ['--parsable', script])
  const [, job] = /^(\d+)(;|$)/m.exec(out.trim()) ?? []
  if (code === 0 && job !== undefined) return job
  if (partition !== '' && /invalid partition/i.test(said)) {
    const known = (await ask(env, 'sinfo', ['--noheader', '--format=%R'])).out.split('\n').filter(Boolean)
    throw userError(sentence('slurm.partition', { partition, known: [...new Set(known)].join(', ') }))
  }
  const lines = said.split('\n').map((line) => line.replace(/^sbatch: (error: )?/, '').trim())
  throw userError(sentence('slurm.refused', { said: lines.filter(Boolean).join('; ') || lastOf(out) }))
}

export interface Seen {
  /** In Slurm's words: PENDING, RUNNING, COMPLETED, … */
  readonly state: string
  /** Why it waits. */
  readonly reason: string
}

/**
 * What Slurm says of array tasks (`12_0`), those that ended minutes ago included; those it no longer knows are absent.
 * @returns undefined if it does not answer
 */
export async function statesOf(env: Env, tasks: readonly string[]): Promise<ReadonlyMap<string, Seen> | undefined> {
  const jobs = [...new Set(tasks.map((task) => task.split('_', 1)[0]!))]
  const args = ['--noheader', '--array', '--states=all', '--format=%i|%T|%r', `--jobs=${jobs.join(',')}`]
  const { code, out, said } = await ask(env, 'squeue', args)
  if (code !== 0) return /invalid job id/i.test(said) ? new Map() : undefined
  return new Map(
    out.split('\n').flatMap((line) => {
      const [task, state, reason = ''] = line.trim().split('|')
      return task && state ? [[task, { state, reason }] as const] : []
    }),
  )
}

export interface Ended {
  readonly state: string
  readonly exitCode: number
  readonly timeLimit: string
}

/** How a task ended, by scontrol while it remembers, then by sacct where the cluster keeps accounts; undefined if neither knows. */
export async function endOf(env: Env, task: string): Promise<Ended | undefined> {
  const shown = await ask(env, 'scontrol', ['show', 'job', '--oneliner', task])
  const field = (name: string) => new RegExp(`(?:^|\\s)${name}=(\\S+)`).exec(shown.out)?.[1]
  const state = field('JobState')
  if (shown.code === 0 && state) return { state, exitCode: parseInt(field('ExitCode') ?? '0'), timeLimit: field('TimeLimit') ?? '' }
  const kept = await ask(env, 'sacct', [
    '--noheader',
    '--parsable2',
    '--allocations',
    '--format=State,ExitCode,Timelimit',
    `--jobs=${task}`,
  ])
  const [said, exit, timeLimit = ''] = lastOf(kept.out).split('|')
  if (kept.code !== 0 || !said) return undefined
  return { state: said.split(' ', 1)[0]!, exitCode: parseInt(exit ?? '0'), timeLimit } // "CANCELLED by 1000"
}

export const cancelTasks = (env: Env, tasks: readonly string[]): Promise<unknown> => ask(env, 'scancel', tasks)
