/** The resumable state of a training: one safetensors file, replaced atomically. */
import { existsSync } from 'node:fs'
import { z } from 'zod'
import { allFinite } from '../weights/dtype.ts'
import { openSafetensors, writeSafetensors } from '../weights/safetensors.ts'
import { fromMemory } from '../weights/tensors.ts'
import type { Judging } from './judging.ts'
import type { Trainer } from './train.ts'

/** From which step on, counted from 0, which peak learning rate applied. */
export type Rates = readonly (readonly [step: number, lr: number])[]

export interface Resume {
  readonly file: string
  readonly everySeconds: number
  /**
   * A state saved under a different identity is ignored, except for the one that earlier versions gave the same run; and
   * except for one with another, higher rate that was saved because its training diverged, if it is the same `apart` from
   * the rate.
   */
  readonly identity: string
  readonly formerly?: string
  readonly apart?: string
  /** The peak learning rate. */
  readonly lr?: number
}

export interface Progress {
  losses: number[]
  rates: Rates
}

const FORMAT = 'dashi-run'
const BEST = 'best:'
const ratesSchema = z.array(z.tuple([z.number(), z.number()]))

/** @param diverged the step at which the training diverged, if that is why it is saved */
export async function saveState(
  trainer: Trainer,
  { losses, rates }: Progress,
  { file, identity, apart }: Resume,
  judging?: Judging,
  diverged?: number,
): Promise<void> {
  const state = await trainer.snapshot()
  // An update may have driven a weight beyond the largest number, which the next step will find: the state before is the better one.
  for (const data of state.values()) if (!allFinite(data)) return
  state.set('losses', Float32Array.from(losses))
  for (const [name, data] of judging?.weights ?? []) state.set(`${BEST}${name}`, data)
  const tensors = new Map([...state].map(([name, data]) => [name, { shape: [data.length], data }]))
  await writeSafetensors(file, fromMemory(tensors), {
    identity,
    format: FORMAT,
    ...(apart !== undefined && { apart }),
    ...(rates.length && { rates: JSON.stringify(rates) }),
    ...(judging?.values.length && { judged: JSON.stringify(judging.values) }),
    ...(diverged !== undefined && { diverged: String(diverged) }),
  })
}

/** Notes in a saved state that the training diverged after it, so that a lower rate may take it up. */
export async function markDiverged(file: string, step: number): Promise<void> {
  const saved = openSafetensors(file)
  const tensors = new Map(
    [...saved.tensors.keys()].map((name) => [name, { shape: [...saved.tensors.get(name)!.shape], data: saved.float32(name) }]),
  )
  saved.close()
  await writeSafetensors(file, fromMemory(tensors), { ...saved.metadata, diverged: String(step) })
}

/** Takes up the saved state, if it is one of this training. @param from steps of an earlier plan */
export function restoreState(trainer: Trainer, resume: Resume, from: number, judging?: Judging): Progress {
  const start: Rates = resume.lr === undefined ? [] : [[0, resume.lr]]
  if (!existsSync(resume.file)) return { losses: [], rates: start }
  const saved = openSafetensors(resume.file)
  try {
    const rates = ratesSchema.parse(JSON.parse(saved.metadata['rates'] ?? '[]'))
    const last = rates.at(-1)?.[1]
    const slower = last !== undefined && resume.lr !== undefined && resume.lr < last
    const { identity, apart, diverged, judged } = saved.metadata
    const same = identity === resume.identity || (identity !== undefined && identity === resume.formerly)
    if (!same && !(slower && diverged !== undefined && apart !== undefined && apart === resume.apart)) return { losses: [], rates: start }
    const state = new Map([...saved.tensors.keys()].map((name) => [name, saved.float32(name)]))
    const losses = [...state.get('losses')!]
    state.delete('losses')
    const best = new Map<string, Float32Array>()
    for (const [name, data] of state) if (name.startsWith(BEST)) best.set(name.slice(BEST.length), data)
    for (const name of best.keys()) state.delete(`${BEST}${name}`)
    if (judging) {
      judging.values = z.array(z.number()).parse(JSON.parse(judged ?? '[]'))
      judging.weights = best.size ? best : undefined
    }
    trainer.restore(state, from + losses.length)
    return { losses, rates: slower ? [...rates, [from + losses.length, resume.lr]] : rates.length ? rates : start }
  } finally {
    saved.close()
  }
}

/** The loss curve of a saved state; empty if there is none. */
export function savedLosses(file: string): number[] {
  if (!existsSync(file)) return []
  const saved = openSafetensors(file)
  try {
    return saved.metadata['format'] === FORMAT ? [...saved.float32('losses')] : []
  } finally {
    saved.close()
  }
}
