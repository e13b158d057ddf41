import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { Graph } from '../../../src-main/engine/graph/graph.ts'
import { stopGradient } from '../../../src-main/engine/ops/index.ts'
import { Session } from '../../../src-main/engine/runtime/session.ts'
import { checkProvider } from '../../../src-main/engine/runtime/devices.ts'
import fs from 'node:fs'
const t = performance.now()
const s = (...x: unknown[]) => process.stderr.write(`${((performance.now() - t) / 1000).toFixed(1)} cpu ${(process.cpuUsage().user/1e6).toFixed(1)} ${JSON.stringify(x)}\n`)
if (process.argv[2] === 'keep') { const g = new Graph(); g.output('y', stopGradient(g.input('x', 'float32', [1]))); await Session.create(g, { provider: 'webgpu' }) }
s(await checkProvider('webgpu'))
const jobs = JSON.parse(fs.readFileSync('/tmp/wgj/jobs.json', 'utf8'))
for (const job of jobs) { const r = await runJob(job, { onProgress: (p) => s(p.phase), isCancelled: () => false }); s(r.device, r.loss[0]) }
