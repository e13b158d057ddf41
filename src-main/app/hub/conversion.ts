/** Converting weights of open_clip or of OpenAI: where the model is written, among the downloaded ones. */
import fs from 'node:fs'
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import { type ConversionPlan, convertedName } from '#shared/model/hub.ts'
import { sentence } from '#shared/sentences/table.ts'
import { planOpenClip } from '../../engine/models/index.ts'
import type { HubPlace } from '../context.ts'

/**
 * @param name of the new folder; by default after the source, with a number if there is one already
 * @throws one line on what cannot be converted, or that the folder is there
 */
export function planConversion({ folder }: HubPlace, source: string, name?: string): ConversionPlan {
  const at = path.resolve(source)
  const plan = planOpenClip(at)
  const isThere = (wanted: string) => fs.existsSync(path.join(folder, wanted))
  if (name !== undefined && isThere(name)) throw userError(sentence('open-clip.there', { folder: path.join(folder, name) }))
  const chosen = name ?? free(named(at, plan.file), isThere)
  return { ...plan, name: chosen, folder: path.join(folder, chosen) }
}

/** The name of the folder or, of a file that is not called as all are, its own. */
function named(source: string, file: string): string {
  const own = path.basename(source) === path.basename(file) ? path.basename(file, path.extname(file)) : path.basename(source)
  const said = /^(open_clip_)?(model|pytorch_model)$/.test(own) ? path.basename(path.dirname(file)) : own
  return convertedName.safeParse(said.slice(0, 90)).data ?? 'converted'
}

function free(wanted: string, isThere: (name: string) => boolean): string {
  for (let n = 1; ; n++) {
    const name = n === 1 ? wanted : `${wanted}-${n}`
    if (!isThere(name)) return name
  }
}
