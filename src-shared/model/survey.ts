/** What a folder opened for the first time contains, and what can be made of it. */
import { z } from 'zod'
import { formatName, ingestCounts } from './exchange.ts'
import { skippedFiles } from './scan.ts'
import { text } from './text.ts'

const count = z.number().int()
const counted = z.object({ name: z.string(), images: count })

export const folderSurvey = z.object({
  folder: z.string(),
  images: count,
  /** Folders that look like classes, the largest first: at most 200 of them. */
  classes: z.array(counted),
  classCount: count,
  /** Images in a folder of a class. */
  inClasses: count,
  /** Folders named like splits. */
  splits: z.array(counted),
  /** Annotation files by the format that reads them, the most likely format of the folder first. */
  annotations: z.array(
    z.object({
      format: formatName,
      files: count,
      example: z.string(),
      /** Imported unless the person decides otherwise. */ meant: z.boolean(),
    }),
  ),
  /** Whether the folders rather than the annotation files say what the images show. */
  byFolders: z.boolean(),
  skipped: skippedFiles,
  /** Why folders do not count as classes, a line each. */
  notes: z.array(z.string()),
})
export type FolderSurvey = z.infer<typeof folderSurvey>

/** What to import of it, as one step of undo. */
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
  /** Images that got a label from their folder, and a split. */
  labelled: count,
  divided: count,
  /** What was changed or left out when reading annotation files. */
  findings: count,
})
export type SetUpReport = z.infer<typeof setUpReport>

/** How large the images are and which look alike, as far as they were checked. */
export const mediaOverview = z.object({
  /** Images by their longer side: from `from` px up to the next one's. */
  sizes: z.array(z.object({ from: count, images: count })),
  /** Images that look the same as another one that is kept. */
  alike: count,
  unreadable: count,
  unchecked: count,
})
export type MediaOverview = z.infer<typeof mediaOverview>
