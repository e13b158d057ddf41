import { z } from 'zod'
import { text } from './text.ts'

/** 64 hexadecimal digits that identify the content of the dataset, independent of the order of edits. */
export const datasetHash = z.string().regex(/^[0-9a-f]{64}$/)

export const projectInfo = z.object({
  name: z.string(),
  folder: z.string(),
  created: z.number().int(),
  schemaVersion: z.number().int(),
  datasetHash,
  media: z.number().int(),
  labels: z.number().int(),
  regions: z.number().int(),
  captions: z.number().int(),
  imageLabels: z.number().int(),
  splits: z.record(z.string(), z.number().int()),
  /** Images whose files are known to be undecodable; and those not checked yet. */
  unreadable: z.number().int(),
  unchecked: z.number().int(),
  runs: z.number().int(),
  checkpoints: z.number().int(),
  snapshots: z.array(z.string()),
})
export type ProjectInfo = z.infer<typeof projectInfo>

/** The name of a new snapshot. */
export const snapshotName = text().min(1).max(200)
export const snapshot = z.object({
  name: z.string().min(1).max(200),
  /** Journal position: the state after this entry. */
  seq: z.number().int().nonnegative(),
  datasetHash,
  by: z.string(),
  at: z.number().int(),
})
export type Snapshot = z.infer<typeof snapshot>

const counts = z.object({ added: z.number().int(), changed: z.number().int(), removed: z.number().int() })
/** Differences between two states; `ids` lists at most the first 1000 of each. */
export const diffOf = counts.extend({
  ids: z.object({ added: z.array(z.number()), changed: z.array(z.number()), removed: z.array(z.number()) }),
})
export const snapshotDiff = z.object({
  from: z.number().int(),
  to: z.number().int(),
  media: diffOf,
  labels: diffOf,
  imageLabels: diffOf,
  regions: diffOf,
  captions: diffOf,
  tags: diffOf,
})
export type SnapshotDiff = z.infer<typeof snapshotDiff>

const json: z.ZodType<Json> = z.lazy(() => z.union([text(), z.number(), z.boolean(), z.null(), z.array(json), z.record(text(), json)]))
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json }
export const jsonObject = z.record(text(), json)

export const runStatus = z.enum(['queued', 'running', 'done', 'failed', 'cancelled'])
/** One execution of a recipe, merge or evaluation, traceable to the dataset it saw. */
export const runRecord = z.object({
  id: text().min(1),
  /** train, merge, evaluate, propose, … */
  kind: text().min(1),
  recipe: text().nullable(),
  settings: jsonObject,
  datasetHash,
  /** Journal position when the run started. */
  seq: z.number().int().nonnegative(),
  status: runStatus,
  metrics: jsonObject,
  /** Its folder; relative to the project's if inside it. */
  folder: text().nullable(),
  error: text().nullable(),
  created: z.number().int(),
  finished: z.number().int().nullable(),
})
export type RunRecord = z.infer<typeof runRecord>

/** A checkpoint known to the project; its own description is the `dashi.json` in its folder. */
export const checkpointRecord = z.object({
  id: z.string().min(1),
  name: text().min(1),
  kind: text().min(1),
  runId: text().nullable(),
  folder: text(),
  metrics: jsonObject,
  created: z.number().int(),
})
export type CheckpointRecord = z.infer<typeof checkpointRecord>

export const checkProblem = z.object({
  kind: z.enum(['integrity', 'foreign-key', 'missing-file', 'dataset-hash', 'journal', 'counter', 'search-index', 'row', 'log']),
  message: z.string(),
  repaired: z.boolean(),
})
export const checkReport = z.object({
  ok: z.boolean(),
  checked: z.record(z.string(), z.number().int()),
  problems: z.array(checkProblem),
  /** The first hundred regions that lack a required attribute: not an error, but unfinished work. */
  incomplete: z.object({
    count: z.number().int(),
    regions: z.array(z.object({ id: z.number().int(), path: z.string(), label: z.string(), missing: z.array(z.string()) })),
  }),
})
export type CheckProblem = z.infer<typeof checkProblem>
export type CheckReport = z.infer<typeof checkReport>

export type MediaSort = 'id' | 'path'
/** All given conditions must hold; the region conditions (label … state) must hold on one and the same annotation. */
export const mediaFilter = z.object({
  /** Any region or image label with one of these label ids. */
  labelIds: z.array(z.number().int()).optional(),
  /** A person's name or a checkpoint's id. */
  author: z.object({ kind: z.enum(['person', 'checkpoint']), name: text().optional() }).optional(),
  /** Score of a checkpoint's annotation, inclusive. */
  score: z.object({ min: z.number().optional(), max: z.number().optional() }).optional(),
  state: z.enum(['proposed', 'accepted', 'rejected']).optional(),
  /** null: in no split. */
  split: text().nullable().optional(),
  review: z.enum(['unreviewed', 'in-review', 'approved', 'rejected']).optional(),
  tag: text().optional(),
  /** Part of a caption, case-insensitive. */
  captionText: text().min(1).optional(),
  /** Part of the path, case-insensitive. */
  pathText: text().min(1).optional(),
  /** exact: same content hash as another; near: in a duplicate group. */
  duplicates: z.enum(['exact', 'near']).optional(),
  /** true: with unresolved comments. */
  openComments: z.literal(true).optional(),
  /** true: no accepted region or image label. */
  unlabelled: z.boolean().optional(),
  /** true: its file was checked and cannot be decoded. */
  unreadable: z.boolean().optional(),
  /** true: one of its regions lacks a required attribute. */
  incomplete: z.boolean().optional(),
  /** In this folder of a root or below; without leading or trailing slashes, '' for the root itself. */
  folder: z.object({ rootId: z.number().int(), path: text() }).optional(),
})
export type MediaFilter = z.infer<typeof mediaFilter>
