/**
 * Trains in this process and says the most memory that it held, over what it held before: `node run.js JOB`, the job as JSON.
 */
import fs from 'node:fs'
import type { TrainJob } from '#shared/model/job.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'

const high = () => 1024 * Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync('/proc/self/status', 'utf8'))![1])
const job = JSON.parse(fs.readFileSync(process.argv[2]!, 'utf8')) as TrainJob
const base = process.memoryUsage.rss()
const began = performance.now()
const steps: number[] = []
let trained = 0
const result = await runJob(job, {
  onProgress: (p) => {
    if (p.loss !== undefined) steps.push(performance.now())
    if (p.phase !== 'evaluating') trained = high() - base
  },
  isCancelled: () => false,
})
const took = steps.slice(1).map((t, i) => t - steps[i]!)
process.stdout.write(
  JSON.stringify({
    peak: high() - base,
    base,
    trained,
    seconds: (performance.now() - began) / 1000,
    steps: result.steps,
    step: took.sort((a, b) => a - b)[took.length >> 1] ?? 0,
    notes: result.notes,
  }),
)
