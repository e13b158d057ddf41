/** What a job of Slurm does on its node: the plan, by the ordinary engine. It writes in its run's folder and nowhere else. */
import { hostname } from 'node:os'
import path from 'node:path'
import { DashiError } from '#shared/errors.ts'
import { failureOf } from '#shared/model/failure.ts'
import type { AppContext } from '../../context.ts'
import { EventWriter, readPlan } from './files.ts'

/** As a shell says of a program that SIGTERM ended. */
const ENDED_BY_SIGTERM = 143

/**
 * Slurm sends SIGTERM before it ends a job, be it preempted, cancelled or out of time. The engine then saves its state
 * after the step at hand; if the job is queued again, it goes on from there.
 * @param file plan.json
 * @returns the exit code
 */
export async function carryOutPlan({ engine, nano }: AppContext, file: string, env: NodeJS.ProcessEnv = process.env): Promise<number> {
  const events = new EventWriter(path.dirname(path.resolve(file)))
  const restarts = Number.parseInt(env['SLURM_RESTART_COUNT'] ?? '') || 0
  events.add({ type: 'begun', host: env['SLURMD_NODENAME'] ?? hostname(), time: Date.now(), restarts })
  events.flush()
  let stop = (): void => process.exit(ENDED_BY_SIGTERM)
  process.on('SIGTERM', () => stop())
  try {
    const plan = readPlan(file)
    const job = plan.nano ? { ...plan.job, model: nano } : plan.job
    const running = engine.run(job, (progress) => events.add({ type: 'progress', progress }))
    stop = () => running.cancel()
    events.add({ type: 'done', result: await running.result })
    return 0
  } catch (e) {
    const isStopped = e instanceof DashiError && e.fault === 'cancelled'
    events.add(isStopped ? { type: 'stopped' } : { type: 'failed', ...failureOf(e) })
    if (!isStopped) process.stderr.write(`${e instanceof Error ? (e.stack ?? e.message) : String(e)}\n`)
    return isStopped ? ENDED_BY_SIGTERM : 1
  } finally {
    events.flush()
  }
}
