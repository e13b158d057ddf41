import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import path from 'node:path'
import { DashiError } from '#shared/errors.ts'
import { FOREIGN_MODEL } from '#shared/model/foreign.ts'
import type { ModelFacts } from '#shared/model/question.ts'
import { foreignManifest, isForeign } from '../foreign/index.ts'
import { effectiveConfig } from '../merge/config.ts'
import { isBuffer } from '../merge/ingredients.ts'
import { capabilitiesIn } from '../models/families.ts'
import { CONFIG_FILE } from '../weights/checkpoint.ts'
import { sidecars } from '../weights/fingerprint.ts'
import { HEAD_FILE } from '../weights/head.ts'
import { elements } from '../weights/header.ts'
import { openSafetensors } from '../weights/safetensors.ts'
import { openWeights, openWeightsFile } from '../weights/source.ts'

/** Dashi writes at most two; a folder with many is not read. */
const MOST_SIDECARS = 8

/** Facts about a checkpoint folder, read from its file headers; null if it cannot be read. */
export function modelFacts(dir: string): ModelFacts | null {
  try {
    if (isForeign(dir)) return foreignFacts(dir)
    const kind = createHash('sha256').update(JSON.stringify(effectiveConfig(path.join(dir, CONFIG_FILE))))
    let [parameters, bytes] = [0, 0]
    const others = sidecars(dir)
    if (others.length > MOST_SIDECARS) return null
    for (const file of [null, ...others]) {
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
    return { parameters, bytes, mergeKey: kind.digest('hex').slice(0, 16), can: capabilitiesIn(dir, others.includes(HEAD_FILE)) }
  } catch (e) {
    if (e instanceof DashiError) return null
    throw e
  }
}

/** It cannot be merged with anything but a copy of itself, and its weights are not counted. */
function foreignFacts(dir: string): ModelFacts {
  const { detect } = foreignManifest(dir)
  const { size } = statSync(path.join(dir, FOREIGN_MODEL))
  const mergeKey = createHash('sha256').update(`foreign\n${dir}`).digest('hex').slice(0, 16)
  return { parameters: 0, bytes: size, mergeKey, can: [detect ? 'detect' : 'segment'] }
}

function classesOf(file: string): string {
  const open = openSafetensors(file)
  open.close()
  return open.metadata['classes'] ?? ''
}
