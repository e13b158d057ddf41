import { EngineClient } from '../../src-main/engine/client.ts'
import { startChild } from '../../src-main/files/child.ts'
import { program } from './programs.ts'

/** The engine from the current sources, in its own process. `threads`: other programs for its job and question threads. */
export async function engine(...threads: (URL | undefined)[]): Promise<EngineClient> {
  const file = await program('engine-process')
  return new EngineClient(() =>
    startChild(
      file,
      threads.map((url, i) => url?.href ?? `./${['engine', 'lane'][i]}-worker.js`),
    ),
  )
}
