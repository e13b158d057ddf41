/**
 * A forward pass of a detector of the size of OWLv2-B/16 (random weights, one picture of 960 × 960, three texts): Dashi's, that of
 * `transformers`' export to ONNX in plain onnxruntime, and that of `transformers` in PyTorch (owlv2.py). They take turns, since
 * machines are noisy. DASHI_PYTHON, or else python3, needs torch and transformers, and onnxscript for the export.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import { createRequire } from 'node:module'
import os from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline'
import type * as Onnxruntime from 'onnxruntime-node'
import { z } from 'zod'
import { Rng } from '../../src-main/engine/data/rng.ts'
import { Detecting } from '../../src-main/engine/detection/detecting.ts'
import { openModel } from '../../src-main/engine/models/checkpoint.ts'
import { textTower } from '../../src-main/engine/models/families.ts'
import { programRoot } from '../../src-main/program.ts'
import { median, megabytes, writeOwlv2 } from './preview.ts'

const SIDE = 960
const TEXTS = ['dog', 'red apple', 'wheel']
const SCRIPT = path.join(programRoot, 'test', 'bench', 'owlv2.py')
/** How far boxes and logits of the three may be apart for their times to be of the same work. */
const TOLERANCE = 1e-2

interface Answer {
  readonly boxes: ArrayLike<number>
  /** [boxes, texts] */
  readonly logits: ArrayLike<number>
}
interface Took {
  readonly seconds: number
  /** Of all threads, and so less dependent on what else the machine does. */
  readonly processor: number
}
interface Runner {
  run(): Promise<Answer & Took>
  close(): Promise<void>
}

const theirs = z.object({
  seconds: z.number(),
  processor: z.number(),
  megabytes: z.number(),
  boxes: z.array(z.number()),
  logits: z.array(z.number()),
})

/** The medians of each, of processor time too, and how ours compare. The first pass of each counts as warming up. */
export async function owlv2Bench(fast: boolean): Promise<Record<string, number>> {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'dashi-bench-'))
  const python = process.env['DASHI_PYTHON'] ?? 'python3'
  const runners = new Map<string, Runner>()
  const figures: Record<string, number> = {}
  try {
    await writeOwlv2(dir)
    const rng = Rng.of(1)
    const pixels = Float32Array.from({ length: 3 * SIDE * SIDE }, () => rng.normal())
    const { ours, ids } = await openOurs(dir, pixels)
    runners.set('ours', ours)
    const first = tell('ours first', await ours.run())
    figures['oursMegabytes'] = megabytes()
    fs.writeFileSync(path.join(dir, 'pixels'), pixels)
    fs.writeFileSync(path.join(dir, 'ids'), ids)
    await unlessMissing('onnxruntime', async () => runners.set('onnxruntime', await openExport(python, dir, ids, pixels)))
    const torch = await unlessMissing('PyTorch', () => openTorch(python, dir))
    if (torch) runners.set('torch', torch)
    for (const [name, runner] of runners) if (name !== 'ours') same(name, first, tell(`${name} first`, await runner.run()))

    const took = new Map([...runners.keys()].map((name) => [name, [] as Took[]]))
    for (let round = 0; round < (fast ? 3 : 7); round++)
      for (const [name, runner] of runners) {
        const { seconds, processor } = tell(name, await runner.run())
        took.get(name)!.push({ seconds, processor })
      }
    for (const what of ['seconds', 'processor'] as const)
      for (const [name, all] of took) {
        const suffix = what === 'seconds' ? 'Seconds' : 'ProcessorSeconds'
        figures[name + suffix] = rounded(median(all.map((t) => t[what])))
        if (name !== 'ours') figures[`${name}Ratio${suffix}`] = rounded(median(all.map((t, i) => took.get('ours')![i]![what] / t[what])))
      }
    if (torch) figures['torchMegabytes'] = torch.megabytes()
    return figures
  } finally {
    for (const runner of runners.values()) await runner.close()
    fs.rmSync(dir, { recursive: true, force: true })
  }
}

function tell<T extends Took>(name: string, took: T): T {
  process.stderr.write(`  ${name}: ${took.seconds.toFixed(2)} s, processor ${took.processor.toFixed(2)} s\n`)
  return took
}

const rounded = (x: number) => Number(x.toFixed(2))

async function unlessMissing<T>(what: string, open: () => Promise<T>): Promise<T | undefined> {
  try {
    return await open()
  } catch (e) {
    process.stderr.write(`  ${what} is left out: ${e instanceof Error ? e.message.trim().split('\n').at(-1)! : String(e)}\n`)
    return undefined
  }
}

/** @throws if two programs did not compute the same for the boxes that the second one gives */
function same(name: string, a: Answer, b: Answer): void {
  for (const of of ['boxes', 'logits'] as const)
    for (let i = 0; i < b[of].length; i++)
      if (!(Math.abs(a[of][i]! - b[of][i]!) <= TOLERANCE * Math.max(1, Math.abs(b[of][i]!))))
        throw new Error(`owlv2: ${name}: ${of}[${i}] is ${b[of][i]}, ours ${a[of][i]}`)
}

/** Times a call in this process. */
async function timed(call: () => Promise<Answer>): Promise<Answer & Took> {
  const [start, spent] = [performance.now(), process.cpuUsage()]
  const { boxes, logits } = await call()
  const { user, system } = process.cpuUsage(spent)
  return { boxes, logits, seconds: (performance.now() - start) / 1e3, processor: (user + system) / 1e6 }
}

/** Dashi's detector: the texts are encoded in every pass, as the others do. Also the texts' ids. */
async function openOurs(dir: string, pixels: Float32Array): Promise<{ ours: Runner; ids: Int32Array }> {
  const model = await openModel(dir)
  const { context } = textTower(model, 'bench')
  const ids = new Int32Array(TEXTS.length * context)
  TEXTS.forEach((text, i) => ids.set(model.tokenizer.encode(text, context), i * context))
  const detecting = Detecting.with(model, 'bench')
  let pass = 0
  const run = () =>
    timed(async () => {
      // Known texts would not be encoded again.
      const texts = pass++ ? TEXTS.map((text) => `${text} ${pass}`) : TEXTS
      const queries = await detecting.queries(
        texts.map((name) => ({ name })),
        ['{}'],
      )
      const { boxes, logits } = await detecting.answer(await detecting.encode(pixels, SIDE, SIDE), queries)
      const n = boxes.length / 4
      return { boxes, logits: Float32Array.from(logits, (_, i) => logits[(i % TEXTS.length) * n + Math.floor(i / TEXTS.length)]!) }
    })
  const close = async () => {
    await detecting.release()
    model.close()
  }
  return { ours: { run, close }, ids }
}

/** The export, with onnxruntime's own settings. @throws if Python cannot export it */
async function openExport(python: string, dir: string, ids: Int32Array, pixels: Float32Array): Promise<Runner> {
  const file = path.join(dir, 'exported.onnx')
  execFileSync(python, [SCRIPT, 'export', dir, file], { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' })
  const { InferenceSession, Tensor } = createRequire(import.meta.url)('onnxruntime-node') as typeof Onnxruntime
  const session = await InferenceSession.create(file, { logSeverityLevel: 3 })
  const feeds = {
    ids: new Tensor('int64', BigInt64Array.from(ids, BigInt), [TEXTS.length, ids.length / TEXTS.length]),
    pixels: new Tensor('float32', pixels, [1, 3, SIDE, SIDE]),
  }
  const run = () =>
    timed(async () => {
      const { boxes, logits } = await session.run(feeds)
      return { boxes: boxes!.data as Float32Array, logits: logits!.data as Float32Array }
    })
  return { run, close: () => session.release() }
}

/** `transformers`, in a process of its own. @throws if Python lacks it */
async function openTorch(python: string, dir: string): Promise<Runner & { megabytes(): number }> {
  const child: ChildProcess = spawn(python, [SCRIPT, 'forward', dir], { stdio: ['pipe', 'pipe', 'ignore'] })
  let failed: Error | undefined
  child.on('error', (e) => (failed = e))
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  const line = async () => {
    const { value, done } = (await lines.next()) as IteratorResult<string>
    if (done) throw failed ?? new Error(`${python} ended; it needs torch and transformers`)
    return JSON.parse(value) as unknown
  }
  const { threads } = z.object({ threads: z.number() }).parse(await line())
  process.stderr.write(`  PyTorch with ${threads} threads\n`)
  let most = 0
  return {
    async run() {
      child.stdin!.write('\n')
      const found = theirs.parse(await line())
      most = found.megabytes
      return found
    },
    async close() {
      child.stdin!.end()
    },
    megabytes: () => most,
  }
}
