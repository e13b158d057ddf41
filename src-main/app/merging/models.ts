/** Which models a project can train from, compare and blend: the one in the box, and its own checkpoints. */
import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import path from 'node:path'
import type { ModelEntry } from '#shared/contract/rooms.ts'
import { effectiveConfig } from '../../engine/merge/config.ts'
import { isBuffer } from '../../engine/merge/ingredients.ts'
import { CONFIG_FILE } from '../../engine/weights/checkpoint.ts'
import { sidecars } from '../../engine/weights/fingerprint.ts'
import { elements } from '../../engine/weights/header.ts'
import { openSafetensors } from '../../engine/weights/safetensors.ts'
import { openWeights, openWeightsFile } from '../../engine/weights/source.ts'
import type { AppContext } from '../context.ts'
import { listCheckpoints, type Project } from '../projects/index.ts'

type Facts = Pick<ModelEntry, 'parameters' | 'bytes' | 'family'>

/** Of a checkpoint folder, from the headers of its files; null where there is none that can be read. */
export function modelFacts(dir: string): Facts | null {
  try {
    const kind = createHash('sha256').update(JSON.stringify(effectiveConfig(path.join(dir, CONFIG_FILE))))
    let [parameters, bytes] = [0, 0]
    for (const file of [null, ...sidecars(dir)]) {
      const weights = file === null ? openWeights(dir) : openWeightsFile(path.join(dir, file))
      const tensors = weights.names().map((name) => weights.info(name))
      weights.close()
      kind.update(`\n${file ?? ''}`)
      if (file !== null) kind.update(classesOf(path.join(dir, file)))
      for (const { name, shape, length, dtype } of tensors) {
        if (!isBuffer(name, dtype)) kind.update(`\n${name} ${elements(shape) === 1 ? '' : shape.join()}`)
        parameters += elements(shape)
        bytes += length
      }
    }
    return { parameters, bytes, family: kind.digest('hex').slice(0, 16) }
  } catch {
    return null
  }
}

function classesOf(file: string): string {
  const open = openSafetensors(file)
  open.close()
  return open.metadata['classes'] ?? ''
}

/** A folder's facts do not change while its record does not: written as a whole, replaced as a whole. */
const known = new Map<string, { written: number; facts: Facts | null }>()
function factsOf(dir: string): Facts | null {
  const written = statSync(path.join(dir, CONFIG_FILE), { throwIfNoEntry: false })?.ctimeMs ?? 0
  const kept = known.get(dir)
  if (kept?.written === written) return kept.facts
  const facts = written ? modelFacts(dir) : null
  known.set(dir, { written, facts })
  return facts
}

/** The newest first, each folder once, the model in the box at the end; what has gone from the disk is left out. */
export function listModels({ nano }: AppContext, project: Project): ModelEntry[] {
  const seen = new Set<string>()
  return [...listCheckpoints(project).map((c) => ({ name: c.name, folder: c.folder, checkpoint: c })), { name: 'Nano', folder: nano, checkpoint: null }].flatMap((entry) => {
    const dir = path.resolve(project.folder, entry.folder)
    if (seen.has(dir)) return []
    seen.add(dir)
    const facts = factsOf(dir)
    return facts ? [{ ...entry, ...facts }] : []
  })
}
