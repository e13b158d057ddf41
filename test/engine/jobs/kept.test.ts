/** What is left of a job whose process ended, and what is tidied up after it. */
import fs from 'node:fs'
import path from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Job } from '#shared/model/job.ts'
import { say } from '#shared/sentences/table.ts'
import { kept as keptOf, removeEmpty, savedLosses, stateOf, sweepJob } from '../../../src-main/engine/jobs/kept.ts'
import { writeSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { fromMemory } from '../../../src-main/engine/weights/tensors.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'
import { tiny } from '../weights/helpers.ts'

let out: string
beforeEach(() => void (out = path.join(temporaryFolder(), 'out')))
const job = (kind: Job['kind']) => ({ kind, out }) as unknown as Job
const kept = (of: Job, began: number) => say(keptOf(of, began))
const saveState = (losses: number[], format = 'dashi-run') => {
  fs.mkdirSync(stateOf(out).dir, { recursive: true })
  return writeSafetensors(
    stateOf(out).file,
    fromMemory(new Map([['losses', { shape: [losses.length], data: Float32Array.from(losses) }]])),
    { format },
  )
}

describe('what is kept', () => {
  test.each(['evaluate', 'curate', 'merge'] as const)('of one that only reads, or writes at its end: nothing was changed (%s)', (kind) => {
    expect(kept(job(kind), 0)).toBe('nothing was changed')
  })
  test('of a training: its state, told by the steps that need not be made again', async () => {
    expect(stateOf(out)).toEqual({ dir: `${out}.run`, file: path.join(`${out}.run`, 'state.safetensors') })
    expect([savedLosses(out), kept(job('train'), 0)]).toEqual([[], 'nothing of this training was kept'])
    await saveState([3, 2, 1])
    expect(savedLosses(out)).toEqual([3, 2, 1])
    expect(kept(job('train'), 0)).toBe('the state after step 3 was kept, and the same training resumes from there')
    fs.writeFileSync(stateOf(out).file, 'damaged')
    expect(kept(job('train'), 0)).toBe('nothing of this training was kept')
  })
  test('of one that had written its checkpoint: that, unless it is an older one', async () => {
    await tiny(out, [1, 2, 3, 4])
    const record = path.join(out, 'dashi.json')
    const created = Date.parse((JSON.parse(fs.readFileSync(record, 'utf8')) as { created: string }).created)
    for (const [kind, words] of [
      ['train', 'the checkpoint was written, but not evaluated'],
      ['merge', 'the soup was written, but not evaluated'],
    ] as const) {
      expect([kept(job(kind), created), kept(job(kind), created - 1)]).toEqual([words, words])
      expect(kept(job(kind), created + 1)).toBe(kind === 'merge' ? 'nothing was changed' : 'nothing of this training was kept')
    }
    expect(kept(job('evaluate'), 0)).toBe('nothing was changed')
    fs.writeFileSync(record, '{')
    expect(kept(job('merge'), 0)).toBe('nothing was changed')
  })
})

describe('what is tidied up', () => {
  /** Of a process that is gone, and of this one, which may be writing yet. */
  const leftovers = (target: string) =>
    [2 ** 22 + 1, process.pid].map((pid) => {
      const file = path.join(path.dirname(target), `.${path.basename(target)}.${pid}-0123abcd.part`)
      fs.mkdirSync(path.dirname(file), { recursive: true })
      fs.writeFileSync(file, '')
      return file
    })
  const targets = () => [out, path.join(out, 'dashi.json'), stateOf(out).file]

  test.each(['train', 'merge'] as const)('are files half written by a process that is gone (%s)', (kind) => {
    const all = targets().map(leftovers)
    sweepJob(job(kind))
    expect(all.map((files) => files.map((file) => fs.existsSync(file)))).toEqual(all.map(() => [false, true]))
  })
  test.each(['evaluate', 'curate'] as const)('is nothing of a job that writes nothing (%s)', (kind) => {
    const all = targets().flatMap(leftovers)
    sweepJob(job(kind))
    expect(all.filter((file) => !fs.existsSync(file))).toEqual([])
  })
  test('is the folder of a state, where a training left it empty', () => {
    const { dir } = stateOf(out)
    fs.mkdirSync(dir)
    sweepJob(job('merge'))
    expect(fs.existsSync(dir)).toBe(true)
    sweepJob(job('train'))
    expect(fs.existsSync(dir)).toBe(false)
    fs.mkdirSync(dir)
    fs.writeFileSync(path.join(dir, 'notes.txt'), '')
    removeEmpty(dir)
    expect(fs.readdirSync(dir)).toEqual(['notes.txt'])
    removeEmpty(path.join(dir, 'nowhere'))
  })
  test('does not fail where it cannot', () => {
    fs.writeFileSync(`${out}.run`, 'a file where the folder would be')
    sweepJob(job('train'))
    sweepJob({ ...job('train'), out: path.join(out, 'no', 'where') } as Job)
    expect(fs.existsSync(`${out}.run`)).toBe(true)
  })
})
