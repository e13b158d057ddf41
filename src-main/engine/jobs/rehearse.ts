/** A few real steps of a training, on some of its images: how long each part takes, and how much memory it holds. Nothing is kept. */
import { readFileSync, writeFileSync } from 'node:fs'
import { cancelled, DashiError } from '#shared/errors.ts'
import type { Item, JobProgress, RehearseJob, ResultOf } from '#shared/model/job.ts'
import type { Pace } from '#shared/model/outline.ts'
import { triesValues } from '#shared/model/progress.ts'
import type { Seeing } from '#shared/model/seeing.ts'
import { PixelStore } from '../data/cache.ts'
import { Images } from '../data/images.ts'
import { openModel } from '../models/checkpoint.ts'
import { need } from '../models/families.ts'
import type { Model } from '../models/model.ts'
import { parseSettings, recipeRecord } from '../recipes/recipes.ts'
import { Run } from '../recipes/run.ts'
import { chooseProvider } from '../runtime/devices.ts'
import { imageFeatures } from '../tasks/embed.ts'
import { findRecord } from '../weights/checkpoint.ts'
import type { JobHooks } from './hooks.ts'
import { measureRecord } from './measures.ts'
import { probeSeconds, standIns } from './probe-seconds.ts'
import { seeingOf } from './train.ts'

/** Updates an epoch and epochs: in the first one, images are read from the disk. */
const PER_EPOCH = 3
const EPOCHS = 3
/** Images whose features are computed: more than a chunk of them, so that the second one shows the rate. */
const FEATURES = 96
/** Up to so many, if there are more classes, so that each has one. */
const MOST_FEATURES = 512
/** Values of C, spread over the range of all: larger ones take many times as long, so the first ones say little of the others. */
const FITS = 7
/** Seconds after which a part has been measured well enough. */
const PATIENCE = 20
const LIMIT = 1 << 30

export async function rehearseJob(job: RehearseJob, hooks: JobHooks): Promise<ResultOf<'rehearse'>> {
  const began = performance.now()
  const recipe = recipeRecord(job.recipe)
  const settings = parseSettings(recipe, job.settings)
  const peak = peakSince()
  const { provider, notes } = await chooseProvider(job.device)
  const model = await openModel(job.model, seeingOf(settings as Seeing, findRecord(job.model)?.seeing))
  let run: Rehearsal | undefined
  try {
    need(model, recipe.needs, `recipe ${recipe.id}`)
    const train = job.splits['train'] ?? []
    const made = recipe.steps?.(settings, train.length)
    const some = made ? Math.max(PER_EPOCH * made.batch * made.accumulate, Math.min(FEATURES, train.length)) : train.length
    const pictures = new PixelStore(LIMIT)
    const watch = new Watch(hooks, { fits: Number(settings['cCount'] ?? 0), trains: Boolean(made?.steps) })
    run = new Rehearsal({
      model,
      classes: job.classes,
      templates: job.templates?.length ? job.templates : model.templates,
      splits: { train: spread(train, some), val: spread(job.splits['val'] ?? [], FEATURES) },
      seed: job.seed,
      provider,
      cache: '',
      pictures,
      onProgress: (p) => watch.hear(p),
      isCancelled: () => hooks.isCancelled() || watch.knows(),
    })
    const opened = (performance.now() - began) / 1000
    if (!recipe.untrained && train.length) {
      watch.begin()
      const short = {
        ...settings,
        ...(made && Number(settings['epochs']) > EPOCHS && { epochs: EPOCHS }),
        ...(Number(settings['cCount']) > FITS && { cCount: FITS }),
      }
      await recipe.run(run, short).catch((e: unknown) => {
        if (hooks.isCancelled() || !(e instanceof DashiError && e.fault === 'cancelled')) throw e
      })
    }
    const seconds = watch.seconds(made && Math.min(PER_EPOCH, Math.floor(run.split('train').n / (made.batch * made.accumulate))))
    const evaluation =
      (recipe.measuredAt ?? recipe.task) === 'classify'
        ? (run.feature ?? (await featureSeconds(model, job, provider, hooks)))
        : await scoring(job, model, provider, hooks)
    const read = new Set(run.split('train').items.map((i) => i.file)).size
    const pace: Pace = {
      device: provider,
      notes,
      ...seconds,
      start: opened + seconds.start,
      feature: run.feature,
      probe: watch.probe === null ? null : watch.probe / run.split('train').n,
      evaluation,
      decoded: read ? pictures.bytes / read : 0,
      peak: peak(),
    }
    return { kind: 'rehearse', device: provider, seconds: (performance.now() - began) / 1000, leftOut: [], pace }
  } finally {
    await run?.end()
    model.close()
  }
}

/**
 * Features of a sample stand for those of all images, each for images of its own class: what follows takes as long. (A probe of features
 * with other labels than their own would be over much sooner: where the classes cannot be told apart, large C have a near optimum.)
 */
class Rehearsal extends Run {
  /** Seconds an image. */
  feature: number | null = null

  override async featuresOf(name: string): Promise<Float32Array> {
    const { items, n } = this.split(name)
    const byClass = [...items].sort((a, b) => a.label - b.label)
    const sample = spread(byClass, Math.max(FEATURES, Math.min(MOST_FEATURES, this.o.classes.length)))
    const took = new Rate()
    const rows = await imageFeatures(this.model, new Images(sample, this.o.pictures), {
      provider: this.o.provider,
      onProgress: (done) => took.at(done),
      isCancelled: () => this.check(),
    })
    if (name === 'train') this.feature = took.perOne()
    this.o.onProgress({ phase: 'features', part: name, done: n, total: n })
    const out = new Float32Array(n * this.model.dim)
    standIns(
      items.map((item) => item.label),
      sample.map((item) => item.label),
    ).forEach((row, i) => out.set(rows.subarray(row * this.model.dim, (row + 1) * this.model.dim), i * this.model.dim))
    return out
  }
}

/** When how many were done. */
class Rate {
  private readonly marks: { time: number; done: number }[] = [{ time: performance.now(), done: 0 }]
  at(done: number): void {
    this.marks.push({ time: performance.now(), done })
  }
  /** Seconds for one, without the first part, in which the session is made, if there are several. */
  perOne(): number {
    const from = this.marks.length > 2 ? this.marks[1]! : this.marks[0]!
    const to = this.marks.at(-1)!
    return (to.time - from.time) / 1000 / Math.max(1, to.done - from.done)
  }
}

/** Listens to a run's progress until its parts are known. */
class Watch {
  private last = performance.now()
  private first = 0
  private readonly steps: number[] = []
  /** Seconds of each fit of the probe, and how many there are to be. */
  private readonly fits: number[] = []
  private fitsToCome = 0

  /** @param whole how many fits the probe of the training makes, and whether steps follow it */
  constructor(
    private readonly hooks: JobHooks,
    private readonly whole: { readonly fits: number; readonly trains: boolean },
  ) {}

  get probe(): number | null {
    return this.fits.length ? probeSeconds(this.fits, this.fitsToCome, this.whole.fits) : null
  }

  begin(): void {
    this.last = this.first = performance.now()
  }

  hear(p: JobProgress): void {
    this.hooks.onProgress({ ...p, loss: undefined, lr: undefined })
    const now = performance.now()
    if (triesValues(p.phase)) {
      this.fits.push((now - this.last) / 1000 - sumOf(this.fits))
      this.fitsToCome = p.total - p.done
    } else if (p.phase === 'features') this.last = now
    else if (this.steps.push(now) === 1) this.first = now
  }

  knows(): boolean {
    const since = (from: number) => (performance.now() - from) / 1000
    if (this.steps.length) return this.steps.length > PER_EPOCH * EPOCHS || (this.steps.length > 3 && since(this.first) > PATIENCE)
    return !this.whole.trains && this.fits.length > 0 && since(this.last) > PATIENCE
  }

  /** @param perEpoch steps in which each image is seen for the first time */
  seconds(perEpoch = 0): Pick<Pace, 'start' | 'firstStep' | 'step'> {
    const took = this.steps.slice(1).map((time, i) => (time - this.steps[i]!) / 1000)
    if (!took.length) return { start: 0, firstStep: null, step: null }
    const [cold, warm] = [took.slice(0, Math.max(0, perEpoch - 1)), took.slice(Math.max(0, perEpoch - 1))]
    const step = median(warm.length ? warm : cold)
    const firstStep = median(cold.length ? cold : warm)
    const before = (this.steps[0]! - this.last) / 1000 - sumOf(this.fits)
    return { start: Math.max(0, before - firstStep), firstStep, step }
  }
}

const sumOf = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0)
const median = (xs: readonly number[]): number => [...xs].sort((a, b) => a - b)[xs.length >> 1]!

/** At most `n` of them, evenly spread; those with most regions first, since they decide the size of the step. */
function spread(items: readonly Item[], n: number): Item[] {
  if (items.length <= n) return [...items]
  const some = Array.from({ length: n }, (_, i) => items[Math.floor((i * items.length) / n)]!)
  const most = items.reduce((a, b) => ((b.boxes?.length ?? 0) > (a.boxes?.length ?? 0) ? b : a))
  return some.includes(most) ? some : [most, ...some.slice(1)]
}

async function featureSeconds(model: Model, { splits }: RehearseJob, provider: string, hooks: JobHooks): Promise<number> {
  const items = spread(Object.values(splits).flat(), FEATURES)
  if (!items.length) return 0
  const took = new Rate()
  await imageFeatures(model, new Images(items), { provider, onProgress: (done) => took.at(done), isCancelled: () => check(hooks) })
  return took.perOne()
}

function check({ isCancelled }: JobHooks): void {
  if (isCancelled()) throw cancelled()
}

async function scoring(job: RehearseJob, model: Model, provider: string, hooks: JobHooks): Promise<number> {
  const items = spread(Object.values(job.splits).flat(), 4)
  if (!items.length) return 0
  const began = performance.now()
  const data = { splits: { some: items }, classes: job.classes, templates: job.templates, cache: job.cache }
  const { task, measuredAt } = recipeRecord(job.recipe)
  await measureRecord(measuredAt ?? task).measure(model, data, { hooks, provider, pictures: new PixelStore(0) })
  return (performance.now() - began) / 1000 / items.length
}

/** The most memory the process holds from now on, over what it holds now; null where the system does not tell. */
function peakSince(): () => number | null {
  const held = process.memoryUsage.rss()
  const highest = () => {
    const found = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))
    return found ? 1024 * Number(found[1]) : null
  }
  try {
    writeFileSync('/proc/self/clear_refs', '5') // begins the count anew, see proc(5)
    return () => {
      const most = highest()
      return most === null ? null : Math.max(0, most - held)
    }
  } catch {
    return () => null
  }
}
