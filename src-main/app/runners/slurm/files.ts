/** The files of a run on the shared disk, in `OUT.run/slurm/`: who writes each, and reading what the node has added. */
import fs from 'node:fs'
import path from 'node:path'
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { dataError } from '#shared/errors.ts'
import type { TrainJob } from '#shared/model/job.ts'
import { slurmData, type SlurmEvent, slurmEvent, type SlurmPlan, slurmPlan, slurmTicket } from '#shared/model/slurm.ts'
import { issueSentence } from '#shared/sentences/issue.ts'
import { sentence } from '#shared/sentences/table.ts'
import { stateOf } from '../../../engine/jobs/index.ts'
import { replaceText } from '../../../files/atomic.ts'

export const folderOf = (out: string): string => path.join(stateOf(out).dir, 'slurm')
const PLAN = 'plan.json'
const DATA = 'data.json'
const TICKET = 'job.json'
const EVENTS = 'events.jsonl'
const OUTPUT = 'output.txt'

/** Identifies what a job trains, so that a running one is not taken for another; captions added meanwhile make it no other. */
export const hashOf = ({ knowledge: _, ...job }: TrainJob): string => createHash('sha256').update(JSON.stringify(job)).digest('hex')

/** Writes the plans of runs. Those of a sweep differ in little but the settings: their images are one file with a name in each folder. */
export class Plans {
  private readonly written = new Map<string, string>()

  write({ splits, ...job }: TrainJob, nano: boolean): string {
    const folder = folderOf(job.out)
    fs.rmSync(folder, { recursive: true, force: true })
    fs.mkdirSync(folder, { recursive: true })
    const text = JSON.stringify(splits)
    const key = createHash('sha256').update(text).digest('hex')
    const file = path.join(folder, DATA)
    const same = this.written.get(key)
    if (same === undefined || !linked(same, file)) replaceText(file, text)
    this.written.set(key, file)
    replaceText(path.join(folder, PLAN), JSON.stringify({ version: 1, job, nano } satisfies SlurmPlan))
    return folder
  }
}

function linked(from: string, to: string): boolean {
  try {
    fs.linkSync(from, to)
    return true
  } catch {
    return false // the disk has no hard links, or the other run has ended and is gone
  }
}

/** @throws a data fault naming the file */
export function readPlan(file: string): { readonly job: TrainJob; readonly nano: boolean } {
  const { job, nano } = parsed(file, (text) => slurmPlan.safeParse(text))
  return { job: { ...job, splits: parsed(path.join(path.dirname(file), DATA), (text) => slurmData.safeParse(text)) }, nano }
}

function parsed<T>(file: string, parse: (json: unknown) => { data?: T; error?: Parameters<typeof issueSentence>[0] }): T {
  let json: unknown
  try {
    json = JSON.parse(fs.readFileSync(file, 'utf8'))
  } catch (e) {
    throw dataError(file, sentence('slurm.plan', { reason: e instanceof Error ? e.message : String(e) }))
  }
  const { data, error } = parse(json)
  if (error) throw dataError(file, sentence('slurm.plan', { reason: issueSentence(error) }))
  return data as T
}

function ticketIn(out: string) {
  try {
    const ticket = slurmTicket.parse(JSON.parse(fs.readFileSync(path.join(folderOf(out), TICKET), 'utf8')))
    return ticket.out === out ? ticket : undefined
  } catch {
    return undefined
  }
}

/** The task that was submitted for a run, if it is of this plan. */
export function ticketOf(out: string, plan: string): string | undefined {
  const ticket = ticketIn(out)
  return ticket?.plan === plan ? ticket.job : undefined
}

/** Whether a task was submitted for a run, and nobody has seen its end. */
export const isSubmitted = (out: string): boolean => ticketIn(out) !== undefined

export const writeTicket = (out: string, job: string, plan: string): void =>
  replaceText(path.join(folderOf(out), TICKET), JSON.stringify({ version: 1, job, plan, out } satisfies z.infer<typeof slurmTicket>))

/** The last line that the job wrote besides its events, for a message. */
export function lastOutput(out: string): string | undefined {
  try {
    const lines = fs
      .readFileSync(path.join(folderOf(out), OUTPUT), 'utf8')
      .trim()
      .split('\n')
    return lines.at(-1)?.slice(-300) || undefined
  } catch {
    return undefined
  }
}

/** Whether the job got so far as to open its output. */
export const hasOutput = (out: string): boolean => fs.existsSync(path.join(folderOf(out), OUTPUT))

/** Nothing of it is needed any more; a saved state beside it stays. */
export function removeFiles(out: string): void {
  fs.rmSync(folderOf(out), { recursive: true, force: true })
  const { dir } = stateOf(out)
  if (fs.existsSync(dir) && !fs.readdirSync(dir).length) fs.rmdirSync(dir)
}

/** Reads what was added to the events since the last time. */
export class Events {
  private at = 0
  private readonly file: string

  constructor(out: string) {
    this.file = path.join(folderOf(out), EVENTS)
  }

  /** The file is opened each time: that is when a network disk asks whether it has changed. A line half written waits. */
  next(): SlurmEvent[] {
    let fd: number
    try {
      fd = fs.openSync(this.file, 'r')
    } catch {
      return [] // the job has not begun
    }
    try {
      const bytes = Buffer.alloc(Math.max(0, fs.fstatSync(fd).size - this.at))
      const read = fs.readSync(fd, bytes, 0, bytes.length, this.at)
      const whole = bytes.subarray(0, bytes.subarray(0, read).lastIndexOf(0x0a) + 1)
      this.at += whole.length
      return whole.toString('utf8').split('\n').flatMap(eventIn)
    } finally {
      fs.closeSync(fd)
    }
  }
}

function eventIn(line: string): SlurmEvent[] {
  try {
    return line === '' ? [] : [slurmEvent.parse(JSON.parse(line, revived))]
  } catch {
    return [] // cut off when the node failed
  }
}

/** The arrays of a result, which JSON does not have: their bytes in base64, in the order of this machine's, little-endian everywhere. */
const arrays = { Int32Array, Float32Array }
const packed = z.object({ array: z.enum(['Int32Array', 'Float32Array']), base64: z.string() })

function written(_: string, value: unknown): unknown {
  const name = value instanceof Float32Array ? 'Float32Array' : value instanceof Int32Array ? 'Int32Array' : null
  if (name === null) return value
  const { buffer, byteOffset, byteLength } = value as Float32Array<ArrayBuffer>
  return { array: name, base64: Buffer.from(buffer, byteOffset, byteLength).toString('base64') } satisfies z.infer<typeof packed>
}

function revived(_: string, value: unknown): unknown {
  const { data } = packed.safeParse(value)
  return data ? new arrays[data.array](Uint8Array.from(Buffer.from(data.base64, 'base64')).buffer) : value
}

/** The node's side: adds events to the file, at most twice a second, since each time is work for the disk's server. */
export class EventWriter {
  private readonly file: string
  private lines = ''
  private timer: NodeJS.Timeout | undefined

  constructor(folder: string) {
    this.file = path.join(folder, EVENTS)
    // What a killed process began to write does not spoil the first line of this one.
    if (fs.existsSync(this.file) && fs.statSync(this.file).size > 0) this.lines = '\n'
  }

  add(event: SlurmEvent): void {
    this.lines += `${JSON.stringify(event, written)}\n`
    this.timer ??= setTimeout(() => this.flush(), 500)
  }

  flush(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    const lines = this.lines
    this.lines = ''
    if (lines) fs.appendFileSync(this.file, lines)
  }
}
