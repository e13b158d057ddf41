import fs from 'node:fs'
import path from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { TrainJob } from '#shared/model/job.ts'
import { openSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { filesOf, shapePictures, shapesJob, temporaryFolder } from '../../helpers/pictures.ts'
import { start } from '../../helpers/programs.ts'

const KILLS = Number(process.env['DASHI_KILLS'] ?? 10)
const STEPS = 24

let dir: string
let splits: TrainJob['splits']
let uninterrupted: { loss: number[]; files: Record<string, string>; milliseconds: number; lines: number }

/** A training with everything whose state must come back: accumulated gradients, a moving average, augmentation; saved at every step. */
const job = (out: string): TrainJob =>
  shapesJob(splits, {
    out: path.join(dir, out),
    cache: path.join(dir, 'cache'),
    settings: { epochs: 12, batchSize: 3, accumulate: 2, ema: 0.9, lr: 1e-3, augmentation: 'strong' },
  })

interface Said {
  phase?: string
  loss?: number[]
  fault?: string | null
}

/** Runs the job in a process of its own, and sends it a signal at the line it has said so many of, or after a time. */
async function run(training: TrainJob, stop?: { signal: 'SIGKILL' | 'SIGINT'; atLine?: number; afterMs?: number }) {
  const file = path.join(dir, 'job.json')
  fs.writeFileSync(file, JSON.stringify([training]))
  const said: Said[] = []
  const child = await start('client', [file], {
    onLine(line) {
      if (!line.startsWith('{')) return
      said.push(JSON.parse(line) as Said)
      if (stop && said.length === (stop.atLine ?? Infinity)) setTimeout(() => child.kill(stop.signal), stop.afterMs ?? 0)
    },
  })
  if (stop && stop.atLine === undefined) setTimeout(() => child.kill(stop.signal), stop.afterMs ?? 0)
  return { ...(await child.ended), said, loss: said.find((x) => x.loss)?.loss }
}

/** Everything that a checkpoint is but when it was written. */
function checkpoint(training: TrainJob): Record<string, string> {
  const { 'dashi.json': record, ...files } = filesOf(training.out)
  const { created: _, ...rest } = JSON.parse(Buffer.from(record!, 'base64').toString()) as { created: string }
  return { ...files, 'dashi.json': JSON.stringify(rest) }
}

/** The losses in the state that a killed run left; undefined before the first. The file is whole or not there. */
function savedLosses({ out }: TrainJob): number[] | undefined {
  const file = path.join(`${out}.run`, 'state.safetensors')
  if (!fs.existsSync(file)) return undefined
  const state = openSafetensors(file)
  try {
    for (const name of state.tensors.keys()) state.float32(name) // throws where a number is none
    return [...state.float32('losses')]
  } finally {
    state.close()
  }
}

beforeAll(async () => {
  dir = temporaryFolder()
  splits = await shapePictures(path.join(dir, 'pictures'))
  const whole = job('whole')
  const begun = performance.now()
  const { loss, code, stderr, said } = await run(whole)
  expect(code, stderr).toBe(0)
  expect(loss).toHaveLength(STEPS)
  uninterrupted = { loss: loss!, files: checkpoint(whole), milliseconds: performance.now() - begun, lines: said.length }
})

describe('a training', () => {
  test(
    `killed at ${KILLS} random moments is, in the end, the one that was never killed`,
    { timeout: 600_000 + KILLS * 300_000 },
    async () => {
      const training = job('killed')
      let known = 0
      for (let kill = 0; kill < KILLS; kill++) {
        // Between steps, within them, while a state is saved; now and then before the first; the last while the checkpoint is written or measured.
        const late = kill === KILLS - 1
        const stop =
          kill % 4 === 3 && !late
            ? { afterMs: Math.random() * uninterrupted.milliseconds }
            : { atLine: late ? STEPS - known : 1 + Math.floor(Math.random() * 3), afterMs: Math.random() * 30 }
        const { signal, loss } = await run(training, { signal: 'SIGKILL', ...stop })
        const saved = savedLosses(training)
        if (loss) break // the signal came after the last step's
        expect(signal).toBe('SIGKILL')
        expect(saved ?? []).toEqual(uninterrupted.loss.slice(0, saved?.length ?? 0))
        expect(saved?.length ?? 0).toBeGreaterThanOrEqual(known)
        known = saved?.length ?? 0
      }
      expect(known, 'some steps were taken before a kill').toBeGreaterThan(0)
      const { loss, code, stderr } = await run(training)
      expect(code, stderr).toBe(0)
      expect(loss).toEqual(uninterrupted.loss)
      expect(checkpoint(training)).toEqual(uninterrupted.files)
      expect(fs.readdirSync(dir).filter((name) => name.includes('killed'))).toEqual(['killed']) // no state, nothing half-written
    },
  )
})
