/** The registry of model families, looked up by `model_type`. A new family is a file of its own and one line here. */
import path from 'node:path'
import { z } from 'zod'
import { dataError, userError } from '#shared/errors.ts'
import { sentence, type Param, type Sentence, type SentenceCode } from '#shared/sentences/table.ts'
import type { Capability } from '#shared/model/capability.ts'
import { findPreprocessConfig, noPreprocessConfig, type PreprocessConfig } from '../data/preprocess.ts'
import { Tokenizer } from '../data/tokenizer.ts'
import { CONFIG_FILE } from '../weights/checkpoint.ts'
import { readJson } from '../weights/json.ts'
import { isThere } from '../weights/regular.ts'
import { bottleneckSchema, withBottlenecks } from './bottleneck.ts'
import { clip } from './clip.ts'
import { clipseg } from './clipseg.ts'
import { dinov2 } from './dinov2.ts'
import { dualEncoder } from './dual-encoder.ts'
import { edgeTam } from './edgetam.ts'
import { groundingDino } from './grounding-dino.ts'
import { groupvit } from './groupvit.ts'
import type { AnyFamily, Architecture, TextTower } from './model.ts'
import { mobileSam } from './mobile-sam.ts'
import { owlv2 } from './owlv2.ts'
import { owlvit } from './owlvit.ts'
import { sam } from './sam.ts'
import { sam2 } from './sam2.ts'
import { siglip } from './siglip.ts'
import { siglip2 } from './siglip2.ts'
import { swin } from './swin-classifier.ts'
import { visualPromptsSchema, withVisualPrompts } from './visual-prompts.ts'
import { vit } from './vit.ts'

export const families: readonly AnyFamily[] = [
  clip,
  siglip,
  siglip2,
  vit,
  dinov2,
  dualEncoder,
  swin,
  clipseg,
  groupvit,
  sam,
  mobileSam,
  sam2,
  edgeTam,
  owlvit,
  owlv2,
  groundingDino,
]

const rawSchema = z.looseObject({ model_type: z.unknown().optional() })

const listed = (words: readonly string[], how: 'list.and' | 'list.or'): Param =>
  words.length > 1 ? sentence(how, { some: words.slice(0, -1).join(', '), last: words.at(-1)! }) : words.join()

/** The family that a configuration names; undefined if it is not supported. */
export function familyOf(raw: Readonly<Record<string, unknown>>): AnyFamily | undefined {
  const type = raw['model_type']
  return type === undefined ? families.find((f) => f.claims?.(raw)) : families.find((f) => f.types.includes(type as string))
}

/** With the learned tokens and the adapters of its image tower, if the configuration has any. */
function extendedBy(raw: Readonly<Record<string, unknown>>, architecture: Architecture, file?: string): Architecture {
  const read = <T>(schema: z.ZodType<T>): T => (file === undefined ? schema.parse(raw) : readJson(file, schema))
  let whole = architecture
  if ('visual_prompts' in raw) whole = { ...whole, ...withVisualPrompts(whole, read(visualPromptsSchema).visual_prompts) }
  if ('bottleneck_adapters' in raw) whole = { ...whole, ...withBottlenecks(whole, read(bottleneckSchema).bottleneck_adapters) }
  return whole
}

/** The architecture of a configuration written by this program. @throws if its family is unknown */
export function architectureOf(raw: Readonly<Record<string, unknown>>): Architecture {
  const family = familyOf(raw)
  if (!family) throw new Error(`no family for ${String(raw['model_type'])}`)
  return extendedBy(
    raw,
    family.architecture((schema) => schema.parse(raw)),
  )
}

/** The architecture described by the folder's `config.json`. @throws a data fault listing the supported families */
export function architectureIn(dir: string): Architecture {
  const file = path.join(dir, CONFIG_FILE)
  const raw = readJson(file, rawSchema)
  const family = familyOf(raw)
  if (!family) throw dataError(file, otherFamily(raw['model_type']))
  return extendedBy(
    raw,
    family.architecture((schema) => readJson(file, schema)),
    file,
  )
}

function otherFamily(type: unknown): Sentence {
  const whole = families.find((f) => Object.hasOwn(f.parts ?? {}, String(type)))
  const expected = whole ? whole.types : families.flatMap((f) => f.types)
  const found = type === undefined ? 'nothing' : JSON.stringify(type).slice(0, 60)
  const names = families.map((f) => f.name)
  const why = whole
    ? whole.parts![String(type)]!
    : names.length > 1
      ? sentence('model.families', { families: listed(names, 'list.and') })
      : sentence('model.only-family', { family: names[0]! })
  return sentence('model.other-family', {
    expected: listed(
      expected.map((t) => JSON.stringify(t)),
      'list.or',
    ),
    found,
    why,
  })
}

/** The family named by a folder's configuration; CLIP if none is. */
function familyIn(dir: string): AnyFamily {
  const file = path.join(dir, CONFIG_FILE)
  return (isThere(file) && familyOf(readJson(file, rawSchema))) || clip
}

/** The folder's tokenizer, of the family's kind. @throws a data fault naming file and field */
export const tokenizerIn = (dir: string, family = familyIn(dir)): Promise<Tokenizer> => Tokenizer.load(dir, family.tokenizer)

/** The folder's preprocessing, with the family's defaults; undefined if the folder has none. */
export const findPreprocessIn = (dir: string, family = familyIn(dir)): PreprocessConfig | undefined =>
  findPreprocessConfig(dir, family.processors)

export function preprocessIn(dir: string): PreprocessConfig {
  const found = findPreprocessIn(dir)
  if (!found) throw noPreprocessConfig(dir)
  return found
}

const WORDS = {
  embedImage: 'model.embed-image',
  embedText: 'model.embed-text',
  classify: 'model.classify',
  detect: 'model.detect',
  segment: 'model.segment',
  prompt: 'model.prompt',
  caption: 'model.caption',
} as const satisfies Record<Capability, SentenceCode>

/** The error for a missing capability, listing the families that have it. */
function cannot({ family }: Architecture, capability: Capability, wanted: string): Error {
  const able = families.filter((f) => f.can.includes(capability)).map((f) => f.name)
  return userError(
    sentence('model.cannot', { wanted, family: family.name, what: sentence(WORDS[capability]), families: listed(able, 'list.or') }),
  )
}

/**
 * @throws a user error if the model's family lacks a capability that `wanted` (a label such as the recipe's name)
 * needs
 */
export function need(model: Architecture, capabilities: readonly Capability[], wanted: string): void {
  const missing = capabilities.find((c) => !model.family.can.includes(c))
  if (missing) throw cannot(model, missing, wanted)
}

/** @throws as {@link need}, or a data fault if the folder is no model of a known family */
export const needIn = (dir: string, capability: Capability, wanted: string): void => need(architectureIn(dir), [capability], wanted)

/** The model's text tower. @throws a user error, starting with `wanted`, if the model has none */
export function textTower(model: Architecture, wanted: string): TextTower & Pick<Required<Architecture>, 'similarity'> {
  if (!model.text || !model.similarity) throw cannot(model, 'embedText', wanted)
  return { ...model.text, similarity: model.similarity }
}

/**
 * The capabilities of a folder's model: its family's, plus `classify` if it has a head. Empty for an unsupported
 * family.
 */
export function capabilitiesIn(dir: string, hasHead: boolean): Capability[] {
  const file = path.join(dir, CONFIG_FILE)
  const family = familyOf(readJson(file, rawSchema))
  if (!family) return []
  return hasHead || family.architecture((schema) => readJson(file, schema)).classifier ? [...family.can, 'classify'] : [...family.can]
}
