/**
 * Runs a job in a process of its own and says what it took: `node plan-run.js JOB`, the job as a file of JSON. Memory is the most that
 * the process held over what it held before; a step's time is the least processor seconds between two of a training.
 */
import fs from 'node:fs'
import { type JobProgress, jobSchema } from '#shared/model/job.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'

/** The most memory that this process has held, in bytes. */
const highest = () => 1024 * process.resourceUsage().maxRSS
const job = jobSchema.parse(JSON.parse(fs.readFileSync(process.argv[2]!, 'utf8')))
const base = process.memoryUsage.rss()
const began = performance.now()
let [step, last]: (number | undefined)[] = []
const onProgress = (p: JobProgress) => {
  if (p.lr === undefined) return
  const { user, system } = process.cpuUsage()
  const now = (user + system) / 1e6
  if (last !== undefined) step = Math.min(step ?? Infinity, now - last)
  last = now
}
const result = await runJob(job, { onProgress, isCancelled: () => false })
const seconds = (performance.now() - began) / 1000
const told = result.kind === 'train' ? { notes: result.notes } : result.kind === 'rehearse' ? { pace: result.pace } : {}
process.stdout.write(JSON.stringify({ peak: highest() - base, seconds, step, ...told }))
