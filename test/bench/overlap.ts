/**
 * What a fine-tuning costs beyond its arithmetic: reading and augmenting images, progress, the database, the engine's process. Compared
 * with bare steps of the same session on one batch, made in between, so that both see the same machine.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TrainJob } from '#shared/model/job.ts'
import { openProject } from '../../src-main/app/projects/index.ts'
import { startTraining } from '../../src-main/app/training/train.ts'
import { EngineClient } from '../../src-main/engine/client.ts'
import { augmentSchema, leastSize } from '../../src-main/engine/data/augment.ts'
import { Images } from '../../src-main/engine/data/images.ts'
import { decodeReduced } from '../../src-main/engine/data/reduce.ts'
import { Renderers } from '../../src-main/engine/data/renderers.ts'
import { type ViewsOf, viewsOf } from '../../src-main/engine/data/view-tasks.ts'
import { runJob } from '../../src-main/engine/jobs/run-job.ts'
import { Trainer } from '../../src-main/engine/runtime/train.ts'
import { startChild } from '../../src-main/files/child.ts'
import { programRoot } from '../../src-main/program.ts'
import { paintedProject } from './painted.ts'
import { writeSmallClip } from './small-clip.ts'

/** A model, and how much it is trained here: the larger it is, the fewer steps tell enough. */
interface Subject {
  readonly name: string
  readonly model: string
  readonly images: number
  readonly settings: { readonly epochs: number; readonly batchSize: number; readonly [setting: string]: string | number }
  /** How often a training alone and one with the application around it are made, in turn: the machine changes meanwhile. */
  readonly rounds: number
}
/** Every so many steps, bare ones. */
const BARE = 3

type Span = readonly [from: number, to: number]
const median = (xs: readonly number[]) => [...xs].sort((a, b) => a - b)[xs.length >> 1]!
const round = (x: number) => Number(x.toFixed(3))
const nano = join(programRoot, 'resources', 'nano')

/** Runs `body` while the spans of decoding, augmenting and computing are noted, and bare steps are made. */
async function watched(body: () => Promise<unknown>) {
  const spans = { decode: [] as Span[], augment: [] as Span[], compute: [] as Span[] }
  const steps: { readonly at: number; readonly extra: boolean }[] = []
  const bare: number[] = []
  const { step } = Trainer.prototype
  const { reduced } = Images.prototype
  const { render } = Renderers.prototype
  Trainer.prototype.step = async function (feeds, lr) {
    const extra = steps.length % BARE === BARE - 1
    steps.push({ at: performance.now(), extra })
    const timed = async () => {
      const from = performance.now()
      const metrics = await step.call(this, feeds, lr)
      return { metrics, span: [from, performance.now()] as const }
    }
    const { metrics, span } = await timed()
    spans.compute.push(span)
    // During the first of them, the next batch may still be read.
    if (extra) {
      await timed()
      const { span: alone } = await timed()
      bare.push(alone[1] - alone[0])
    }
    return metrics
  }
  Images.prototype.reduced = async function (...asked) {
    const from = performance.now()
    const found = await reduced.apply(this, asked)
    spans.decode.push([from, performance.now()])
    return found
  }
  Renderers.prototype.render = async function (...asked) {
    const from = performance.now()
    await render.apply(this, asked)
    spans.augment.push([from, performance.now()])
  }
  try {
    await body()
  } finally {
    Trainer.prototype.step = step
    Images.prototype.reduced = reduced
    Renderers.prototype.render = render
  }
  return { spans, bare: median(bare), steps }
}

/** A line for each kind of work: which part of each 1/width of the time it was at work. */
function timeline(spans: Readonly<Record<string, readonly Span[]>>, [from, to]: Span, width = 100): string {
  const cell = (to - from) / width
  const lines = Object.entries(spans).map(([name, of]) => {
    const busy = Array.from({ length: width }, (_, i) => {
      const [a, b] = [from + i * cell, from + (i + 1) * cell]
      // Overlapping spans, as of images decoded side by side, count once.
      let [sum, until] = [0, a]
      for (const [s, e] of [...of].sort((x, y) => x[0] - y[0])) {
        sum += Math.max(0, Math.min(b, e) - Math.max(until, s))
        until = Math.max(until, Math.min(b, e))
      }
      return ' ░▒▓█'[Math.round((4 * sum) / cell)]
    })
    return `${name.padEnd(8)}│${busy.join('')}│`
  })
  return `${lines.join('\n')}\n${' '.repeat(8)} ${((to - from) / 1000).toFixed(2)} s\n`
}

/** Milliseconds of one core that an image costs, as models of 96 and of 224 pixels see it: once, and each time it is varied. */
async function costs(files: readonly string[]): Promise<Record<string, number>> {
  const perImage = async (body: (file: string, i: number) => unknown) => {
    await body(files[0]!, 0)
    const from = process.cpuUsage()
    for (const [i, file] of files.entries()) await body(file, i)
    const { user, system } = process.cpuUsage(from)
    return round((user + system) / 1000 / files.length)
  }
  const config = augmentSchema.parse({ minScale: 0.7, aspect: 1.2, flip: 0.5 })
  const found: Record<string, number> = {}
  for (const side of [96, 224]) {
    const size = { width: side, height: side }
    const of: ViewsOf = { size, config, normalisation: { image_mean: [0.5, 0.5, 0.5], image_std: [0.5, 0.5, 0.5] } }
    const least = leastSize(size, config)
    found[`reading an image for ${side} px (ms)`] = await perImage((file) => decodeReduced(file, least))
    const kept = await Promise.all(files.map((file) => decodeReduced(file, least)))
    found[`varying it (ms, ${side} px)`] = await perImage((_, index) => viewsOf([{ pixels: kept[index]!, seed: 0, epoch: 0, index }], of))
  }
  return found
}

/** Nano, as it is in the box, and a CLIP with a ViT-S. @param images of the project; the larger model sees 64 of them */
export async function overlapBench(images = 320): Promise<Record<string, number>> {
  const dir = mkdtempSync(join(tmpdir(), 'dashi-overlap-'))
  const small = join(dir, 'vit-s')
  const usual = { batchSize: 16, augmentation: 'light' }
  try {
    await writeSmallClip(small, 128)
    const of = (folder: string, n: number) => {
      mkdirSync(folder)
      return paintedProject(folder, { images: n, classes: 8, width: 1024, height: 768 })
    }
    const few = Math.min(images, 64)
    const [many, some] = [join(dir, 'many'), join(dir, 'some')]
    await of(many, images)
    await of(some, few)
    const first = await figuresOf(many, { name: 'nano', model: nano, images, settings: { ...usual, epochs: 2 }, rounds: 3 })
    // A text tower of random weights makes no classifier to start from.
    const settings = { ...usual, epochs: 3, head: 'random' }
    const second = await figuresOf(some, { name: 'ViT-S', model: small, images: few, settings, rounds: 2 })
    return {
      ...first,
      ...Object.fromEntries(Object.entries(second).map(([key, value]) => [`ViT-S: ${key}`, value])),
      ...(await costs(Array.from({ length: few }, (_, i) => join(some, 'pictures', `${i}.jpg`)))),
      'load (1 min)': round(loadavg()[0]!),
    }
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

/**
 * Seconds of a bare step, and of a step of a training in the first epoch, when every image is read, and later; their ratios less one
 * are what loading costs. `supervisor`: how much longer a step of a later epoch takes with the application, its database and the
 * engine's process around it, and how much more of the processors' time all of them take: medians of pairs of trainings. The
 * timeline of some steps of the first epoch goes to stderr.
 */
async function figuresOf(dir: string, { name, model, images, settings, rounds }: Subject): Promise<Record<string, number>> {
  const engine = new EngineClient(() => startChild(join(programRoot, 'out', 'main', 'engine-process.js'), []))
  const app = { engine, nano, cache: join(dir, 'cache'), saveEverySeconds: 30 }
  const project = openProject(join(dir, 'project'))
  try {
    const train = Array.from({ length: images }, (_, i) => ({ file: join(dir, 'pictures', `${i}.jpg`), label: i % 8 }))
    const job = (out: string): TrainJob => ({
      ...{ kind: 'train', model, out: join(dir, out), recipe: 'ft', settings, seed: 0, device: 'cpu', splits: { train } },
      ...{ classes: Array.from({ length: 8 }, (_, c) => ({ name: `class ${c}` })), dataHash: null, cache: join(dir, 'cache') },
      saveEverySeconds: 30,
    })
    const perEpoch = images / settings.batchSize
    /** Seconds of a step of the later epochs, and ms of the processors. @param used ms of the processors so far */
    const pace = async (used: () => Promise<number>, run: (hear: (p: { phase: string; done: number }) => void) => Promise<unknown>) => {
      const at: number[] = []
      const cpu: Promise<number>[] = []
      await run(({ phase, done }) => {
        if (phase !== 'training' || done < perEpoch) return
        at.push(performance.now())
        if (done === perEpoch || done === perEpoch * settings.epochs) cpu.push(used())
      })
      const [from, to] = await Promise.all(cpu)
      return { wall: median(at.slice(1).map((time, i) => (time - at[i]!) / 1000)), cpu: (to! - from!) / (at.length - 1) }
    }
    const own = () => {
      const { user, system } = process.cpuUsage()
      return Promise.resolve((user + system) / 1000)
    }
    const both = async () => (await own()) + ((await engine.use())?.cpu ?? 0) / 1000
    const { spans, bare, steps } = await watched(() => runJob(job('watched'), { onProgress: () => undefined, isCancelled: () => false }))
    const walls = steps.slice(0, -1).map(({ at, extra }, i) => ({ extra, i, ms: steps[i + 1]!.at - at }))
    const of = (later: boolean) => median(walls.filter(({ extra, i }) => !extra && i > 0 && i >= perEpoch === later).map(({ ms }) => ms))
    const [first, later] = [of(false), of(true)]
    process.stderr.write(`${name}, steps 4 to 6, the bare ones in between included:\n${timeline(spans, [steps[3]!.at, steps[6]!.at])}`)
    const ratios: { wall: number; cpu: number }[] = []
    for (let r = 0; r < rounds; r++) {
      const alone = await pace(own, (onProgress) => runJob(job(`alone ${r}`), { onProgress, isCancelled: () => false }))
      const data = { forgetting: false } as const
      const asked = { recipe: 'ft', model, device: 'cpu', settings, data, name: `run ${r}` } as const
      const supervised = await pace(both, (hear) => startTraining(app, project, asked, hear).result)
      ratios.push({ wall: supervised.wall / alone.wall, cpu: supervised.cpu / alone.cpu })
    }
    return {
      'bare step (s)': round(bare / 1000),
      'step of the first epoch (s)': round(first / 1000),
      'step of a later epoch (s)': round(later / 1000),
      'loading, first epoch': round(first / bare - 1),
      'loading, later epochs': round(later / bare - 1),
      supervisor: round(median(ratios.map(({ wall }) => wall)) - 1),
      "supervisor, processors' time": round(median(ratios.map(({ cpu }) => cpu)) - 1),
    }
  } finally {
    project.close()
    await engine.close()
  }
}
