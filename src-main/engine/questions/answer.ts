/** Answers questions one at a time. The last model stays open for the next question. */
import { statSync } from 'node:fs'
import path from 'node:path'
import type { ClassSpec } from '#shared/model/job.ts'
import { FOREIGN_MANIFEST, FOREIGN_MODEL } from '#shared/model/foreign.ts'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Mask, Segment } from '#shared/model/preview.ts'
import type { AnswerTo, EncodingsPlace, Question } from '#shared/model/question.ts'
import { Encodings } from '../data/encodings.ts'
import { Detecting } from '../detection/detecting.ts'
import { isForeign } from '../foreign/index.ts'
import { openModel } from '../models/checkpoint.ts'
import type { Model } from '../models/model.ts'
import { Assembled } from '../regions/index.ts'
import { bundledProviders } from '../runtime/session.ts'
import { Prompting } from '../segmentation/prompting.ts'
import { Segmenting } from '../segmentation/segmenting.ts'
import { outlineOf } from '../rehearsal/outline.ts'
import { textFeatures } from '../tasks/embed.ts'
import { CONFIG_FILE } from '../weights/checkpoint.ts'
import type { Head } from '../weights/head.ts'
import { WEIGHTS_FILE } from '../weights/source.ts'
import { classifierOf, classify } from './classify.ts'
import { Comparing } from './comparing.ts'
import { modelFacts } from './facts.ts'
import { OpenForeign } from './foreign.ts'
import { Pairs } from './pairs.ts'
import { reportOn } from './report.ts'
import { countTokens, openReader, type Reader } from './tokens.ts'

let reader: { version: string; is: Reader } | undefined
let kept: { version: string; is: Model } | undefined
let detecting: Detecting | Assembled | undefined
let segmenting: Segmenting | Assembled | undefined
let prompting: Prompting | undefined
/** Each is made when it is first needed, and stays as long as the model is open. */
const workers = {
  detect: (open: Model) => (detecting ??= Assembled.of(open, 'detect') ?? Detecting.with(open, 'detect')),
  segment: (open: Model) => (segmenting ??= Assembled.of(open, 'segment') ?? Segmenting.with(open, 'segment')),
  prompt: (open: Model) => (prompting ??= Prompting.with(open, 'mask')),
}
let comparing: Comparing | undefined
const pairs = new Pairs(versionOf)
const foreign = new OpenForeign(versionOf)
let classifier: { key: string; is: Head } | undefined

/** @throws a data fault if the model's folder is invalid */
export async function answer(question: Question): Promise<AnswerTo<Question>> {
  if (question.kind === 'devices') return bundledProviders()
  const { model } = question
  if ('regions' in question && question.regions && isForeign(model)) throw userError(sentence('foreign.alone'))
  switch (question.kind) {
    case 'facts':
      return modelFacts(model)
    case 'report':
      return reportOn(model)
    case 'tokens': {
      const version = versionOf(model)
      if (reader?.version !== version) reader = { version, is: await openReader(model) }
      return countTokens(reader.is, question.texts)
    }
    case 'classify': {
      const open = await opened(model)
      return classify(open, await classifierFor(open, question.classes), question.file)
    }
    case 'detect': {
      if (isForeign(model)) return (await foreign.of(model, 'detect')).find(question.file, question.prompt, question.settings)
      const open = await opened(model)
      if (question.regions)
        return (await pairs.of(open, question.regions, 'detect')).find(question.file, question.prompt, question.settings)
      return workers.detect(open).find(question.file, question.prompt, question.settings)
    }
    case 'segment': {
      if (isForeign(model)) {
        const found = await (await foreign.of(model, 'segment')).find(question.file, question.prompt, question.settings)
        return found as Segment[] // a segmenter's have masks
      }
      const open = await opened(model)
      if (question.regions) {
        const pair = await pairs.of(open, question.regions, 'segment')
        return (await pair.find(question.file, question.prompt, question.settings)) as Segment[] // pairs for masks have them
      }
      return (await workers.segment(open).find(question.file, question.prompt, question.settings)) as Segment[] // a segmenter's have masks
    }
    case 'mask': {
      const open = await opened(model)
      return workers.prompt(open).find(question.file, question.clicks, question.box)
    }
    case 'masks': {
      const found = await workers.prompt(await opened(model)).inBoxes(question.file, question.boxes)
      return found.map((f): Mask | null => (f ? { score: f.score, box: [f.box.x, f.box.y, f.box.w, f.box.h], mask: f.mask } : null))
    }
    case 'encode': {
      const open = await opened(model)
      const worker = workers[question.task](open)
      const began = performance.now()
      return { milliseconds: (await worker.prepare(question.file, encodingsIn(question.kept))) ? performance.now() - began : null }
    }
    case 'embed-classes':
      return (await comparingWith(model)).classes(question.classes)
    case 'embed-image':
      return (await comparingWith(model)).image(question.file)
    case 'similarity':
      return (await comparingWith(model)).similarity(question.file, question.region, question.texts)
    case 'outline':
      return outlineOf(await opened(model), question)
    case 'embed':
      return textFeatures(await opened(model), [question.text])
  }
}

let encodings: { readonly key: string; readonly is: Encodings } | undefined

function encodingsIn(place: EncodingsPlace | undefined): Encodings | undefined {
  if (!place) return undefined
  const key = JSON.stringify(place)
  if (encodings?.key !== key) encodings = { key, is: new Encodings(place) }
  return encodings.is
}

/** Changes when the folder is replaced; checkpoints are always replaced as a whole. */
function versionOf(model: string): string {
  const files = [CONFIG_FILE, WEIGHTS_FILE, FOREIGN_MANIFEST, FOREIGN_MODEL].map((name) =>
    statSync(path.join(model, name), { throwIfNoEntry: false }),
  )
  return JSON.stringify([model, ...files.map((s) => s && [s.ino, s.size, s.mtimeMs])])
}

async function opened(model: string): Promise<Model> {
  const version = versionOf(model)
  if (kept?.version !== version) {
    const is = await openModel(model)
    for (const busy of [detecting, segmenting, prompting, comparing, pairs]) await busy?.release()
    kept?.is.close()
    classifier = detecting = segmenting = prompting = comparing = undefined
    kept = { version, is }
  }
  return kept.is
}

async function comparingWith(model: string): Promise<Comparing> {
  const open = await opened(model)
  return (comparing ??= Comparing.with(open, 'comparing images with words'))
}

async function classifierFor(open: Model, classes: readonly ClassSpec[]): Promise<Head> {
  const key = JSON.stringify(classes)
  if (classifier?.key !== key) classifier = { key, is: await classifierOf(open, classes) }
  return classifier.is
}
