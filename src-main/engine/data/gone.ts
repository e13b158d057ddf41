import { existsSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Awaited as Waits } from '#shared/model/progress.ts'

/** The topmost folder of a file that is not there: a drive was unplugged, or it was moved. Undefined if the folder is there. */
export function goneFolder(file: string): Waits | undefined {
  let gone: string | undefined
  for (let at = dirname(file); !existsSync(at) && dirname(at) !== at; at = dirname(at)) gone = at
  return gone === undefined ? undefined : { for: 'folder', path: gone }
}
