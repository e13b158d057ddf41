/** What is kept of a training whose numbers run away: never a state that is spoilt, and with it the step at which it happened. */
import fs from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import type { Fault } from '../../../src-main/engine/runtime/fault.ts'
import { runLoop, savedLosses } from '../../../src-main/engine/runtime/loop.ts'
import type { Trainer } from '../../../src-main/engine/runtime/train.ts'
import { openSafetensors } from '../../../src-main/engine/weights/safetensors.ts'
import { temporaryFolder } from '../../helpers/pictures.ts'

/** The third of five steps goes wrong. @returns the file of the state */
async function diverges(kind: Fault['kind'], { weight = 1, everySeconds = 1e6 } = {}): Promise<string> {
  let steps = 0
  const trainer = {
    fault: undefined as Fault | undefined,
    async step() {
      if (++steps === 3) this.fault = { kind, tensor: 'a', bad: 1, of: 2 }
      return { loss: 1 }
    },
    snapshot: async () => new Map([['w:a', Float32Array.of(weight)]]),
  }
  const file = path.join(temporaryFolder(), 'state.safetensors')
  const plan = { trainer: trainer as unknown as Trainer, steps: 5, imagesPerStep: 1, schedule: () => 1, batch: async () => ({}) }
  await expect(runLoop(plan, { resume: { file, everySeconds, identity: 'mine' } })).rejects.toThrow(/step 3/)
  return file
}
const divergedAt = (file: string) => {
  const open = openSafetensors(file)
  open.close()
  return open.metadata['diverged']
}

test('the state before a bad gradient is saved', async () => {
  const file = await diverges('gradient')
  expect([savedLosses(file).length, divergedAt(file)]).toEqual([2, '2'])
})

test('a weight that is bad already is not saved; a state from before stays, and says when it went wrong', async () => {
  expect(fs.existsSync(await diverges('weight'))).toBe(false)
  const file = await diverges('weight', { everySeconds: 0 })
  expect([savedLosses(file).length, divergedAt(file)]).toEqual([2, '2'])
})

test('nor is a state with a number that is none', async () => {
  expect(fs.existsSync(await diverges('gradient', { weight: NaN }))).toBe(false)
})
