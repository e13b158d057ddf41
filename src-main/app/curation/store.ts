/** Results that were found out once and are looked at many times: a file each in the project's `curation` folder. */
import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { z } from 'zod'
import {
  captionFinding,
  captionReport,
  doubt,
  doubtSummary,
  duplicateSummary,
  likeness,
  mapPoints,
  mapSummary,
  splitReport,
  type ResultInfo,
} from '#shared/model/curation.ts'
import type { Source } from '../../db/curated.ts'
import { replaceText } from '../../files/atomic.ts'
import type { Project } from '../projects/index.ts'
import { stateOf } from './images.ts'

const ids = z.array(z.number().int().positive())
const kinds = {
  /** Of a group the first `kept` are to be kept. */
  duplicates: {
    summary: duplicateSummary,
    details: z.array(z.object({ id: z.number(), ids, kept: z.number().int().positive(), by: z.array(likeness) })),
    of: ['images'],
  },
  /** Split → the images that get it. */
  split: { summary: splitReport, details: z.record(z.string(), ids), of: ['images', 'labels', 'splits', 'groups'] },
  captions: { summary: captionReport, details: z.array(captionFinding), of: ['images', 'captions'] },
  doubts: { summary: doubtSummary, details: z.array(doubt.omit({ path: true })), of: ['images', 'imageLabels'] },
  map: { summary: mapSummary, details: mapPoints, of: ['images'] },
} as const satisfies Record<string, { summary: z.ZodType; details: z.ZodType; of: readonly Source[] }>

export type Kind = keyof typeof kinds
export type Summary<K extends Kind> = z.infer<(typeof kinds)[K]['summary']>
export type Details<K extends Kind> = z.infer<(typeof kinds)[K]['details']>
export interface Found<K extends Kind> {
  readonly summary: Summary<K>
  readonly details: Details<K>
}
export interface Kept<K extends Kind> extends Found<K> {
  readonly info: ResultInfo
}

const fileOf = (project: Project, kind: Kind) => path.join(project.folder, 'curation', `${kind}.json`)
/** The file last read of each project and kind: a quarter of a million points are not parsed for every page. */
const read = new WeakMap<Project, Map<Kind, { modified: number; stored: unknown }>>()

/** In the place of the one before. @returns what was found */
export function keepResult<K extends Kind>(project: Project, kind: K, found: Found<K>, seconds: number): Found<K> {
  const stored = { version: 1, at: Date.now(), seconds, state: stateOf(project, kinds[kind].of), ...found }
  replaceText(fileOf(project, kind), JSON.stringify(stored), { isOurs: isResult })
  return found
}

/** Null where nothing was found out yet, or by another version. */
export function keptResult<K extends Kind>(project: Project, kind: K): Kept<K> | null {
  const file = fileOf(project, kind)
  const modified = statSync(file, { throwIfNoEntry: false })?.mtimeMs
  if (modified === undefined) return null
  let known = read.get(project)
  if (!known) read.set(project, (known = new Map()))
  if (known.get(kind)?.modified !== modified) known.set(kind, { modified, stored: parse(file, kind) })
  const stored = known.get(kind)!.stored as (Found<K> & { at: number; seconds: number; state: string }) | null
  if (!stored) return null
  const { at, seconds, state, summary, details } = stored
  return { info: { at, seconds, stale: state !== stateOf(project, kinds[kind].of) }, summary, details }
}

/** Of any version. A project's folder is often one that somebody had before, with a `curation` of their own. */
function isResult(text: string): boolean {
  try {
    return z.looseObject({ version: z.number(), at: z.number(), seconds: z.number(), state: z.string() }).safeParse(JSON.parse(text))
      .success
  } catch {
    return false
  }
}

function parse(file: string, kind: Kind): unknown {
  try {
    const { summary, details } = kinds[kind]
    return z
      .object({ version: z.literal(1), at: z.number(), seconds: z.number(), state: z.string(), summary, details })
      .parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch {
    return null
  }
}
