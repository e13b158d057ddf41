import { existsSync } from 'node:fs'
import path from 'node:path'
import { dataError, DashiError, saidBy } from '#shared/errors.ts'
import type { ModelReport } from '#shared/model/hub.ts'
import { sentence } from '#shared/sentences/table.ts'
import { noPreprocessConfig } from '../data/preprocess.ts'
import { noTokenizer, TOKENIZER_FILES } from '../data/tokenizer.ts'
import { foreignManifest, isForeign } from '../foreign/index.ts'
import { architectureIn, findPreprocessIn } from '../models/families.ts'
import type { Architecture } from '../models/model.ts'
import { CONFIG_FILE } from '../weights/checkpoint.ts'
import { mistakenFolder, strangeNames } from '../weights/folder.ts'
import { HEAD_FILE } from '../weights/head.ts'
import { openWeights } from '../weights/source.ts'

/** What kind of model a folder holds, and the first thing that is missing or wrong, from its configuration and file headers. */
export function reportOn(dir: string): ModelReport {
  let described: Architecture | undefined
  try {
    if (isForeign(dir)) return { family: 'ONNX', can: [foreignManifest(dir).detect ? 'detect' : 'segment'], problem: null }
    const mistaken = mistakenFolder(dir)
    if (existsSync(path.join(dir, CONFIG_FILE))) described = architectureIn(dir)
    if (mistaken) throw mistaken
    if (!described) throw dataError(path.join(dir, CONFIG_FILE), sentence('system.enoent'))
    checkTensors(dir, described)
    if ((described.text ?? described.grounding) && !TOKENIZER_FILES.some((name) => existsSync(path.join(dir, name)))) throw noTokenizer(dir)
    if (!findPreprocessIn(dir, described.family)) throw noPreprocessConfig(dir)
    const classifies = existsSync(path.join(dir, HEAD_FILE)) || described.classifier
    return { family: described.family.name, can: [...described.family.can, ...(classifies ? (['classify'] as const) : [])], problem: null }
  } catch (e) {
    if (!(e instanceof DashiError)) throw e
    const said = saidBy(e)
    const problem = typeof said === 'string' ? sentence('in-file', { file: dir, problem: said }) : said
    return { family: described?.family.name ?? null, can: described ? [...described.family.can] : [], problem }
  }
}

function checkTensors(dir: string, { family, tensors }: Architecture): void {
  const weights = openWeights(dir)
  try {
    const strange = strangeNames(weights.names(), family.landmarks, family.saves)
    if (strange) throw dataError(weights.listing, strange)
    weights.expectTensors(tensors.shapes(), family.buffers)
  } finally {
    weights.close()
  }
}
