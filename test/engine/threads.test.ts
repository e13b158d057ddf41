/** The number of threads in the settings reaches the sessions of an engine that runs. */
import { expect, test } from 'vitest'
import { EngineClient } from '../../src-main/engine/client.ts'
import { startChild } from '../../src-main/files/child.ts'
import { program } from '../helpers/programs.ts'

test('threads are as the settings say when a job is asked for', async () => {
  let threads = 0
  const file = await program('engine-process')
  const client = new EngineClient(
    () => startChild(file, []),
    undefined,
    () => threads,
  )
  try {
    const used = async () => (await client.run({ kind: 'devices', bench: false }).result).checked.threads
    const usual = await used()
    threads = usual + 1
    expect(await used()).toBe(usual + 1)
    threads = 0
    expect(await used()).toBe(usual)
  } finally {
    await client.close()
  }
})
