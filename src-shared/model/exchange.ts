/** Import and export: formats, options and reports. */
import { z } from 'zod'
import { sentenceSchema } from '../sentences/table.ts'
import { annotationState } from './author.ts'
import { limits } from './limits.ts'
import { mediaFilter } from './project.ts'
import { skippedFiles } from './scan.ts'
import { text } from './text.ts'
import { wordsSchema } from './words.ts'

/** The id of a format's record; the application knows which exist. */
export const formatName = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/)
export type FormatName = z.infer<typeof formatName>

/** Format-specific settings by name; each format validates its own. */
const settings = z.record(z.string(), z.json()).default({})

/** Something that was not imported or exported unchanged. `changed`: taken after a repair. */
export const finding = z.object({
  file: z.string(),
  /** 1-based, for formats with lines. */
  line: z.number().int().positive().optional(),
  level: z.enum(['changed', 'left out']),
  /** In English. */
  reason: z.string(),
  /** The reason in translatable form, if it has one; that of another version may be unknown here. */
  sentence: sentenceSchema.optional().catch(undefined),
})
export type Finding = z.infer<typeof finding>

export const importOptions = z.object({
  format: formatName.or(z.literal('auto')).default('auto'),
  /** Folder of the images, if not the format's usual place. */
  images: text().optional(),
  /** Images per transaction; without it everything is one transaction: all or nothing, and one undo step. */
  batch: z.number().int().positive().optional(),
  /** The user accepts links that lead out of the image folder, now and later. */
  followLinks: z.boolean().default(false),
  /**
   * Computes content hashes, by which an image that the project has under another root (same path and content) is
   * recognised.
   */
  hash: z.boolean().default(true),
  /** The split for everything imported, instead of the one given by the format. */
  split: text().min(1).max(64).optional(),
  settings,
  /**
   * If several people annotated one image: the ground truth, or else the first that was not cancelled; or all of them
   * under their names.
   */
  annotators: z.enum(['first', 'all']).default('first'),
  /** Whether to decode the images' files once, to find unreadable ones. */
  check: z.boolean().default(true),
  /**
   * Imports everything as this person's opinion on the project's images: it is added as proposals and has no effect
   * until accepted. Splits, tags and unknown images are ignored.
   */
  secondOpinion: text().trim().min(1).max(limits.name).optional(),
  /** Name of the action in the journal. */
  action: text().optional(),
})
export type ImportOptions = z.input<typeof importOptions>

export const exportOptions = z.object({
  format: formatName,
  /** copy: images next to the annotations. By default what the format's readers expect. */
  images: z.enum(['copy', 'none']).optional(),
  filter: mediaFilter.optional(),
  /** Which annotations to export; a checkpoint's proposals are excluded by default. */
  states: z.array(annotationState).default(['accepted']),
  settings,
  /** Replaces existing output. */
  overwrite: z.boolean().default(false),
})
export type ExportOptions = z.input<typeof exportOptions>

/** Features of a dataset that not every format can represent. */
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
  /** In the project's order; whether in use or not. */
  labels: z.array(z.string()),
  splits: z.array(z.string()),
  counts: z.partialRecord(feature, z.number().int()),
})
export type Summary = z.infer<typeof summary>

/** What happens to a feature that the format cannot represent. */
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

/** What every report says. */
const reported = {
  format: formatName,
  images: z.number().int(),
  /** The first 1000. */
  findings: z.array(finding),
  /** Assumptions and choices made for the whole import. */
  notes: z.array(z.string()).default([]),
  changed: z.number().int(),
  leftOut: z.number().int(),
  seconds: z.number(),
}

/** Files in the imported folder that were not read. */
export const unreadFile = z.object({
  /** One file or, for several of a kind, the folder and extension: `labels/*.txt`. */
  file: z.string(),
  files: z.number().int().positive(),
  /** What it looks like, in words. */
  looks: z.string(),
  /** The format that would read it. */
  reader: formatName.nullable(),
  /** Whether it probably contains annotations, unlike a configuration or a list of names. */
  likely: z.boolean(),
})
export type UnreadFile = z.infer<typeof unreadFile>

export const importReport = z.object({
  ...reported,
  /** The folder that the images' paths are relative to. */
  root: z.string(),
  /** What was added to the project. */
  counts: ingestCounts,
  /** Regions, labels and captions that were imported, whether already known or not. */
  annotations: z.object({ regions: z.number().int(), labels: z.number().int(), captions: z.number().int() }),
  /** Images whose file was not found; their annotations are kept. */
  missing: z.number().int(),
  /** Images in the folder that no annotation mentions. */
  unmentioned: z.number().int(),
  /** The first 50 kinds. */
  unread: z.array(unreadFile),
  unreadFiles: z.number().int(),
  /** The folder contains files with annotations but none was imported: not a success. */
  nothingTaken: z.boolean(),
  /** Files that are neither images nor possible annotations, by extension. */
  skipped: skippedFiles.default([]),
  /** Images whose files cannot be decoded (the first thousand); filled in if files were checked. */
  unreadable: z.array(z.object({ file: z.string(), reason: z.string() })).default([]),
  unreadableImages: z.number().int().default(0),
})
export type ImportReport = z.infer<typeof importReport>

export const exportReport = z.object({
  ...reported,
  path: z.string(),
  files: z.number().int(),
  losses: z.array(loss),
})
export type ExportReport = z.infer<typeof exportReport>
