import { createHash } from 'node:crypto'
import path from 'node:path'
import { z } from 'zod'
import { DashiError } from '#shared/errors.ts'
import type { ModelFacts } from '#shared/model/question.ts'
import { CONFIG_FILE } from '../weights/checkpoint.ts'
import { sidecars } from '../weights/fingerprint.ts'
import { elements } from '../weights/header.ts'
import { readJson } from '../weights/json.ts'
import { openSafetensors } from '../weights/safetensors.ts'
import { openWeights, openWeightsFile } from '../weights/source.ts'

const configSchema = z.looseObject({ architectures: z.unknown(), text_config: z.unknown(), vision_config: z.unknown(), projection_dim: z.unknown() })

/** Of a checkpoint folder, from the headers of its files; null where there is none that can be read. */
export function modelFacts(dir: string): ModelFacts | null {
  try {
    const config = readJson(path.join(dir, CONFIG_FILE), configSchema)
    const kind = createHash('sha256').update(JSON.stringify([config.architectures, config.text_config, config.vision_config, config.projection_dim]))
    let [parameters, bytes] = [0, 0]
    for (const file of [null, ...sidecars(dir)]) {
      const weights = file === null ? openWeights(dir) : openWeightsFile(path.join(dir, file))
      const tensors = weights.names().map((name) => weights.info(name))
      weights.close()
      kind.update(`\n${file ?? ''}`)
      if (file !== null) kind.update(classesOf(path.join(dir, file)))
      for (const { name, shape, length } of tensors) {
        kind.update(`\n${name} ${shape.join()}`)
        parameters += elements(shape)
        bytes += length
      }
    }
    return { parameters, bytes, family: kind.digest('hex').slice(0, 16) }
  } catch (e) {
    if (e instanceof DashiError) return null
    throw e
  }
}

function classesOf(file: string): string {
  const open = openSafetensors(file)
  open.close()
  return open.metadata['classes'] ?? ''
}
