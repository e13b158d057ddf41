/**
 * Trains on WebGPU and on the CPU, and prints as JSON what came out. A process of its own, since Dawn reads its Vulkan
 * driver from the environment. Argument: a file with two training jobs, alike but for the device and the folder written.
 */
import fs from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import { trainJobSchema } from '#shared/model/job.ts'
import { networkOf } from '../../../src-main/engine/gauge/networks.ts'
import { nodesOf as stepNodes } from '../../../src-main/engine/gauge/nodes.ts'
import { runJob } from '../../../src-main/engine/jobs/run-job.ts'
import { gelu, layerNorm, linear } from '../../../src-main/engine/ops/index.ts'
import { adamW } from '../../../src-main/engine/optim/optimizer.ts'
import { chooseProvider, checkProvider } from '../../../src-main/engine/runtime/devices.ts'
import { bundledProviders, type Provider, tensor, type Tensor } from '../../../src-main/engine/runtime/session.ts'
import { Trainer } from '../../../src-main/engine/runtime/train.ts'
import { crossEntropy } from '../../../src-main/engine/tasks/losses.ts'

const [batch, width, classes] = [16, 24, 4]
const shapes = new Map([
  ['in.weight', [32, width]],
  ['in.bias', [32]],
  ['norm.weight', [32]],
  ['norm.bias', [32]],
  ['out.weight', [classes, 32]],
])
const wave = (n: number, k: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i * k + k))

/** Loss curve of a small network with gradient clipping, a moving average and accumulation or not; where its state lies; and what ran elsewhere. */
async function tiny(provider: Provider, accumulate: number) {
  const profile = path.join(path.dirname(process.argv[2]!), `profile-${provider}-${accumulate}`)
  const trainer = await Trainer.create(
    {
      build(graph) {
        const w = new Map([...shapes].map(([name, shape]) => [name, graph.input(`w:${name}`, 'float32', shape)]))
        const h = gelu(linear(graph.input('x', 'float32', [batch, width]), w.get('in.weight')!, w.get('in.bias')))
        const logits = linear(layerNorm(h, w.get('norm.weight')!, w.get('norm.bias')!, { eps: 1e-5 }), w.get('out.weight')!)
        return {
          loss: crossEntropy(logits, graph.input('labels', 'int32', [batch])),
          parameters: [...shapes].map(([name, shape]) => ({ name, shape, decay: shape.length > 1 })),
        }
      },
    },
    (name) =>
      wave(
        shapes.get(name)!.reduce((a, b) => a * b, 1),
        name.length * 0.37,
      ),
    { optimizer: adamW(), clipNorm: 1, accumulate, ema: 0.9, session: { provider, profile } },
  )
  const losses: number[] = []
  for (let i = 0; i < 5 * accumulate; i++)
    losses.push(
      (
        await trainer.step(
          {
            x: tensor(wave(batch * width, 0.11 + i / 100), 'float32', [batch, width]),
            labels: tensor(
              Int32Array.from({ length: batch }, (_, k) => (k * 7 + i) % classes),
              'int32',
              [batch],
            ),
          },
          0.01,
        )
      ).loss,
    )
  const { state } = (trainer as unknown as { stepper: { state: Record<string, Tensor> } }).stepper
  const locations = Object.fromEntries(Object.entries(state).map(([name, t]) => [name, t.location]))
  const final = Object.fromEntries([...(await trainer.exportWeights({ ema: true }))].map(([name, data]) => [name, [...data]]))
  await trainer.release()
  return { losses, locations, final, nodes: nodesOf(profile) }
}

/** How many times each op ran on each provider. */
function nodesOf(profile: string): Record<string, number> {
  const counts: Record<string, number> = {}
  const events = z.array(
    z.looseObject({
      cat: z.string().optional(),
      name: z.string(),
      args: z.looseObject({ op_name: z.string().optional(), provider: z.string().optional() }).optional(),
    }),
  )
  for (const file of fs.readdirSync(path.dirname(profile)).filter((f) => f.startsWith(path.basename(profile))))
    for (const { cat, name, args } of events.parse(JSON.parse(fs.readFileSync(path.join(path.dirname(profile), file), 'utf8'))))
      if (cat === 'Node' && name.endsWith('_kernel_time'))
        counts[`${args!.provider} ${args!.op_name}`] = (counts[`${args!.provider} ${args!.op_name}`] ?? 0) + 1
  return counts
}

const jobs = z.array(trainJobSchema).parse(JSON.parse(fs.readFileSync(process.argv[2]!, 'utf8')))
/** Each part says when it is done: shaders are compiled for seconds, and a driver may hang. */
const timed = async <T>(name: string, part: Promise<T>): Promise<T> => {
  const value = await part
  process.stderr.write(
    `${name}: after ${process.uptime().toFixed(1)} s, ${(process.cpuUsage().user / 1e6).toFixed(1)} s of processor time\n`,
  )
  return value
}
const answer = {
  bundled: bundledProviders(),
  check: await timed('check', checkProvider('webgpu')),
  chosen: (await chooseProvider('webgpu')).provider,
  auto: await timed('auto', chooseProvider('auto')),
  tiny: { cpu: await tiny('cpu', 1), webgpu: await timed('tiny', tiny('webgpu', 1)) },
  accumulated: { cpu: await tiny('cpu', 2), webgpu: await timed('accumulated', tiny('webgpu', 2)) },
  devices: await timed('devices', runJob({ kind: 'devices', bench: true }, { onProgress: () => undefined, isCancelled: () => false })),
  nodes: await timed('nodes', stepNodes(networkOf('tiny'), 'webgpu')),
  jobs: [] as unknown[],
}
for (const job of jobs) {
  const { loss, device, measured, seconds } = await timed(
    `job on ${job.device}`,
    runJob(job, { onProgress: (p) => process.stderr.write(`${p.phase} ${p.done}/${p.total}\n`), isCancelled: () => false }),
  )
  answer.jobs.push({
    device,
    loss,
    seconds,
    logits: Object.fromEntries(Object.entries(measured.splits).map(([name, s]) => [name, [...s.logits]])),
  })
}
process.stdout.write(`${JSON.stringify(answer)}\n`)
