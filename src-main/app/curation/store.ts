/** Results of curation, stored with the project: one file per kind. */
import { statSync } from 'node:fs'
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
import { nextImage, nextSummary } from '#shared/model/next.ts'
import type { Source } from '../../db/curated.ts'
import { type Project, readResult, resultsFolder, writeResult } from '../projects/index.ts'
import { stateOf } from './images.ts'

const ids = z.array(z.number().int().positive())
const kinds = {
  /** The first `kept` images of a group are kept. */
  duplicates: {
    summary: duplicateSummary,
    details: z.array(z.object({ id: z.number(), ids, kept: z.number().int().positive(), by: z.array(likeness) })),
    of: ['images'],
  },
  /** Split → ids of its images. */
  split: { summary: splitReport, details: z.record(z.string(), ids), of: ['images', 'labels', 'splits', 'groups'] },
  captions: { summary: captionReport, details: z.array(captionFinding), of: ['images', 'captions'] },
  doubts: { summary: doubtSummary, details: z.array(doubt.omit({ path: true })), of: ['images', 'imageLabels'] },
  map: { summary: mapSummary, details: mapPoints, of: ['images'] },
  next: { summary: nextSummary, details: z.array(nextImage), of: ['images', 'imageLabels'] },
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

const fileOf = (project: Project, kind: Kind) => path.join(resultsFolder(project), `${kind}.json`)
/** Parsed results by project and kind, so that a large result is not parsed again for every page. */
const read = new WeakMap<Project, Map<Kind, { modified: number; stored: unknown }>>()

/** Replaces the previous result. @returns the given result */
export function keepResult<K extends Kind>(project: Project, kind: K, found: Found<K>, seconds: number): Found<K> {
  const stored = { version: 1, at: Date.now(), seconds, state: stateOf(project, kinds[kind].of), ...found }
  writeResult(fileOf(project, kind), stored, anyResult)
  return found
}

/** Null if there is no result, or only one of another version. */
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

/** A result of any version. */
const anyResult = z.looseObject({ version: z.number(), at: z.number(), seconds: z.number(), state: z.string() })

function parse(file: string, kind: Kind): unknown {
  const { summary, details } = kinds[kind]
  return readResult(file, z.object({ version: z.literal(1), at: z.number(), seconds: z.number(), state: z.string(), summary, details }))
}
