/** Import and export: which formats there are, what may be asked of them, and what they report. */
import { z } from 'zod'
import { annotationState } from './author.ts'
import { limits } from './limits.ts'
import { mediaFilter } from './project.ts'
import { skippedFiles } from './scan.ts'
import { text } from './text.ts'
import { wordsSchema } from './words.ts'

/** The id of a format's record; which there are is the application's to know. */
export const formatName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/)
export type FormatName = z.infer<typeof formatName>

/** What a format lets choose, by name; each format checks its own. */
const settings = z.record(z.string(), z.json()).default({})

/** One thing that was not taken as it stood. `changed`: taken after a repair. */
export const finding = z.object({
  file: z.string(),
  /** From 1, where the format has lines. */
  line: z.number().int().positive().optional(),
  level: z.enum(['changed', 'left out']),
  reason: z.string(),
})
export type Finding = z.infer<typeof finding>

export const importOptions = z.object({
  format: formatName.or(z.literal('auto')).default('auto'),
  /** Where the images lie, if not where the format has them. */
  images: text().optional(),
  /** Images a transaction; without it all are one transaction: all or nothing, and one undo. */
  batch: z.number().int().positive().optional(),
  /** The person agrees to links that lead out of the folder of images, now and later. */
  followLinks: z.boolean().default(false),
  /** Content hashes of the images; an image that the project has under another folder, same path and content, is then known again. */
  hash: z.boolean().default(true),
  /** The split of everything imported, instead of the one that the format tells. */
  split: text().min(1).max(64).optional(),
  settings,
  /**
   * Where several people annotated one image: the ground truth or else the first that was not cancelled, or all of them with their names.
   */
  annotators: z.enum(['first', 'all']).default('first'),
  /** Whether the images' files are decoded once, so that it is known which cannot be read. */
  check: z.boolean().default(true),
  /**
   * All of it is what this person says of the project's images: it lies beside what is there as proposals, and takes part in nothing
   * until it is accepted. Splits, tags and images that the project does not have are left out.
   */
  secondOpinion: text().trim().min(1).max(limits.name).optional(),
  /** As what the journal names the importing person's action. */
  action: text().optional(),
})
export type ImportOptions = z.input<typeof importOptions>

export const exportOptions = z.object({
  format: formatName,
  /** copy: the images beside the annotations. Without it what the format's readers expect. */
  images: z.enum(['copy', 'none']).optional(),
  filter: mediaFilter.optional(),
  /** Which annotations; a checkpoint's proposals are left out unless asked for. */
  states: z.array(annotationState).default(['accepted']),
  settings,
  /** Replaces what is there. */
  overwrite: z.boolean().default(false),
})
export type ExportOptions = z.input<typeof exportOptions>

/** What a dataset holds that not every format can say. */
export const feature = z.enum([
  'boxes',
  'rotated boxes',
  'polygons',
  'holes',
  'parts',
  'masks',
  'polylines',
  'keypoints',
  'unlabelled regions',
  'attributes',
  'attribute definitions',
  'tracks',
  'parent labels',
  'skeletons',
  'drawing order',
  'image labels',
  'several labels an image',
  'captions',
  'several captions an image',
  'region captions',
  'grounded captions',
  'caption languages',
  'tags',
  'splits',
  'authors',
  'review states',
  'comments',
  'proposals left out',
  'images without annotations',
])
export type Feature = z.infer<typeof feature>

export const summary = z.object({
  images: z.number().int(),
  /** In the project's order; those in use or not. */
  labels: z.array(z.string()),
  splits: z.array(z.string()),
  counts: z.partialRecord(feature, z.number().int()),
})
export type Summary = z.infer<typeof summary>

/** What becomes of a feature that the format cannot hold. */
export const loss = z.object({ feature, count: z.number().int(), becomes: wordsSchema })
export type Loss = z.infer<typeof loss>

export const ingestCounts = z.object({
  added: z.number().int(),
  merged: z.number().int(),
  unchanged: z.number().int(),
  labels: z.number().int(),
  regions: z.number().int(),
  imageLabels: z.number().int(),
  captions: z.number().int(),
  tags: z.number().int(),
})

const findings = {
  /** The first 1000. */
  findings: z.array(finding),
  /** What was assumed or chosen for the whole. */
  notes: z.array(z.string()).default([]),
  changed: z.number().int(),
  leftOut: z.number().int(),
}

/** Files that lie in what was imported and that nobody read. */
export const unreadFile = z.object({
  /** One file, or with several of a kind the folder and their ending: `labels/*.txt`. */
  file: z.string(),
  files: z.number().int().positive(),
  /** What it looks like, in words. */
  looks: z.string(),
  /** The format that would read it. */
  reader: formatName.nullable(),
  /** Does it look as if it held annotations? A configuration or a list of names does not. */
  likely: z.boolean(),
})
export type UnreadFile = z.infer<typeof unreadFile>

export const importReport = z.object({
  format: formatName,
  /** The folder that the images' paths are relative to. */
  root: z.string(),
  images: z.number().int(),
  /** What the project got. */
  counts: ingestCounts,
  /** Regions, labels and captions that were taken, known before or not. */
  annotations: z.object({ regions: z.number().int(), labels: z.number().int(), captions: z.number().int() }),
  /** Images whose file was not found: their annotations wait for it. */
  missing: z.number().int(),
  /** Images in the folder that no annotation mentions. */
  unmentioned: z.number().int(),
  /** The first 50 kinds. */
  unread: z.array(unreadFile),
  unreadFiles: z.number().int(),
  /** Files lie here that hold annotations, and none was taken: no success. */
  nothingTaken: z.boolean(),
  /** Files that are neither images nor could hold annotations, by ending. */
  skipped: skippedFiles.default([]),
  /** Images of the folder whose files cannot be decoded, the first thousand; filled in when the files were looked at. */
  unreadable: z.array(z.object({ file: z.string(), reason: z.string() })).default([]),
  unreadableImages: z.number().int().default(0),
  ...findings,
  seconds: z.number(),
})
export type ImportReport = z.infer<typeof importReport>

export const exportReport = z.object({
  format: formatName,
  path: z.string(),
  images: z.number().int(),
  files: z.number().int(),
  losses: z.array(loss),
  ...findings,
  seconds: z.number(),
})
export type ExportReport = z.infer<typeof exportReport>
