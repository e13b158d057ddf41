/** The contents of a folder opened for the first time, and what they can be imported as. */
import { z } from 'zod'
import { formatName, ingestCounts } from './exchange.ts'
import { skippedFiles } from './scan.ts'
import { text } from './text.ts'

const count = z.number().int()
const counted = z.object({ name: z.string(), images: count })

export const folderSurvey = z.object({
  folder: z.string(),
  images: count,
  /** Folders that look like classes, largest first, at most 200. */
  classes: z.array(counted),
  classCount: count,
  /** Number of images in class folders. */
  inClasses: count,
  /** Folders named like splits. */
  splits: z.array(counted),
  /** Annotation files by format, the most likely format first. */
  annotations: z.array(
    z.object({
      format: formatName,
      files: count,
      example: z.string(),
      /** Imported by default. */ meant: z.boolean(),
    }),
  ),
  /** Whether labels come from folder names rather than annotation files. */
  byFolders: z.boolean(),
  skipped: skippedFiles,
  /** Reasons why folders are not classes, one line each. */
  notes: z.array(z.string()),
})
export type FolderSurvey = z.infer<typeof folderSurvey>

/** What to import, as one undo step. */
export const setUpOptions = z.object({
  folder: text().min(1).max(4096),
  labels: z.boolean(),
  splits: z.boolean(),
  /** Remove images that are known to be unreadable from the project. */
  leaveOut: z.boolean().default(false),
  formats: z.array(formatName).max(200),
})
export type SetUpOptions = z.input<typeof setUpOptions>

export const setUpReport = z.object({
  /** Images that were new or gained something. */
  images: count,
  counts: ingestCounts,
  /** Images that got a label and a split from their folder. */
  labelled: count,
  divided: count,
  /** Number of problems found in annotation files. */
  findings: count,
})
export type SetUpReport = z.infer<typeof setUpReport>

/** Image sizes and duplicates, as far as checked. */
export const mediaOverview = z.object({
  /** Images by longer side: from `from` px up to the next entry's. */
  sizes: z.array(z.object({ from: count, images: count })),
  /** Images that look the same as one that is kept. */
  alike: count,
  unreadable: count,
  unchecked: count,
})
export type MediaOverview = z.infer<typeof mediaOverview>
