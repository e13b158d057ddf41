/**
 * Runs jobs one after the other in the engine's process, saying on stdout how far it is, for tests that kill it. Argument: a
 * file with the jobs. SIGINT cancels the present one.
 */
import { readFileSync, writeSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { DashiError, errorLine } from '#shared/errors.ts'
import { jobSchema } from '#shared/model/job.ts'
import { EngineClient } from '../../../src-main/engine/client.ts'
import { startChild } from '../../../src-main/files/child.ts'

const say = (line: object) => void writeSync(1, `${JSON.stringify(line)}\n`)
const engine = new EngineClient(() => startChild(fileURLToPath(new URL('./engine-process.js', import.meta.url)), []))
let cancel: (() => void) | undefined
process.on('SIGINT', () => cancel?.())

for (const job of z.array(jobSchema).parse(JSON.parse(readFileSync(process.argv[2]!, 'utf8')))) {
  const running = engine.run(job, ({ phase, done }) => say({ phase, done }))
  cancel = () => running.cancel()
  try {
    const done = await running.result
    if (done.kind === 'devices') throw new Error('a job on images is expected')
    const { device, leftOut, ...result } = done
    const trained = result.kind === 'train' && { loss: result.loss, steps: result.steps }
    say({ ...trained, device, ...(leftOut.length && { leftOut }) })
  } catch (e) {
    say({ fault: e instanceof DashiError ? e.fault : null, message: errorLine(e) })
  }
}
say({ end: true })
