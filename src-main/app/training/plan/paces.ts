/** What rehearsals measured, kept in the cache: how long a step of a model by a recipe takes on a device does not change. */
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { z } from 'zod'
import { type Pace, paceSchema } from '#shared/model/outline.ts'
import { replaceText } from '../../../files/atomic.ts'

/** Settings on which the time of a step does not depend. */
const TIMELESS = new Set([
  ...['epochs', 'lr', 'warmup', 'weightDecay', 'labelSmoothing', 'momentum', 'classWeights', 'beta', 'sampling'],
  ...['mixupAlpha', 'cutmixAlpha', 'distillWeight', 'distillTemperature', 'l2spAlpha', 'l2spBeta', 'layerDecay'],
])
const MOST = 300

export interface Rehearsed {
  readonly model: string
  readonly recipe: string
  readonly settings: Readonly<Record<string, unknown>>
  readonly device: string
  readonly classes: number
  readonly train: number
}

const stored = z.record(z.string(), paceSchema)
const fileIn = (cache: string) => path.join(cache, 'paces.json')

/** Trainings of the same key take as long: the batch is part of it, and so is how many images there are if they are fewer. */
function keyOf({ model, recipe, settings, device, classes, train }: Rehearsed): string {
  const timed = Object.entries(settings)
    .filter(([name]) => !TIMELESS.has(name))
    .sort()
  const weights = statSync(path.join(model, 'model.safetensors'), { throwIfNoEntry: false })
  const batch = Number(settings['batchSize'] ?? 0)
  const of = [
    model,
    weights?.size,
    weights?.mtimeMs,
    recipe,
    timed,
    device,
    classes,
    batch ? Math.min(batch, train) : train,
    os.cpus().length,
  ]
  return createHash('sha256').update(JSON.stringify(of)).digest('hex').slice(0, 24)
}

function read(cache: string): Record<string, Pace> {
  try {
    return stored.parse(JSON.parse(readFileSync(fileIn(cache), 'utf8')))
  } catch {
    return {} // there is none yet, or another version wrote it: it can be measured again
  }
}

export const knownPace = (cache: string, of: Rehearsed): Pace | null => read(cache)[keyOf(of)] ?? null

export function keepPace(cache: string, of: Rehearsed, pace: Pace): void {
  const { [keyOf(of)]: _, ...others } = read(cache)
  const latest = Object.entries(others).slice(-(MOST - 1))
  mkdirSync(cache, { recursive: true })
  replaceText(fileIn(cache), JSON.stringify({ ...Object.fromEntries(latest), [keyOf(of)]: pace }))
}

/** Decoded images that are kept in memory while a job runs. */
const KEPT = 1 << 30

/** Seconds of a whole run. @param images by split */
export function secondsOf(pace: Pace, steps: { perEpoch: number; steps: number }, images: Readonly<Record<string, number>>): number {
  const all = Object.values(images).reduce((a, b) => a + b, 0)
  const [train, val] = [images['train'] ?? 0, images['val'] ?? 0]
  const again = pace.decoded * train <= KEPT ? pace.step : pace.firstStep
  const first = Math.min(steps.steps, steps.perEpoch)
  return (
    pace.start +
    (pace.feature ?? 0) * (train + val) +
    (pace.probe ?? 0) * train +
    first * (pace.firstStep ?? 0) +
    (steps.steps - first) * (again ?? 0) +
    pace.evaluation * all
  )
}
