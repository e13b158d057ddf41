/**
 * Runs a job in a process of its own and says what it took: `node plan-run.js JOB`, the job as a file of JSON. Memory is the most that
 * the process held over what it held before.
 */
import fs from 'node:fs'
import { jobSchema } from '#shared/model/job.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'

/** The most memory that this process has held, in bytes. */
const highest = () => 1024 * process.resourceUsage().maxRSS
const job = jobSchema.parse(JSON.parse(fs.readFileSync(process.argv[2]!, 'utf8')))
const base = process.memoryUsage.rss()
const began = performance.now()
const result = await runJob(job, { onProgress: () => undefined, isCancelled: () => false })
const seconds = (performance.now() - began) / 1000
const told = result.kind === 'train' ? { notes: result.notes } : result.kind === 'rehearse' ? { pace: result.pace } : {}
process.stdout.write(JSON.stringify({ peak: highest() - base, seconds, ...told }))
