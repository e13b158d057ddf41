/** What lies in a folder that is opened for the first time, and what can be made of it. */
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
  /** Images that lie in a folder of a class. */
  inClasses: count,
  /** Folders that are named as splits are. */
  splits: z.array(counted),
  /** Files of annotations, by the format that reads them, what the whole looks like first. */
  annotations: z.array(
    z.object({
      format: formatName,
      files: count,
      example: z.string(),
      /** To be taken unless the person says otherwise. */ meant: z.boolean(),
    }),
  ),
  /** Is what the folders say what the images are, rather than the files of annotations? */
  byFolders: z.boolean(),
  skipped: skippedFiles,
  /** Why folders were not taken as classes, a line each. */
  notes: z.array(z.string()),
})
export type FolderSurvey = z.infer<typeof folderSurvey>

/** What of it is to be done, as one step of undo. */
export const setUpOptions = z.object({
  folder: text().min(1).max(4096),
  labels: z.boolean(),
  splits: z.boolean(),
  /** Images that are known to be unreadable are taken out of the project. */
  leaveOut: z.boolean().default(false),
  formats: z.array(formatName).max(200),
})
export type SetUpOptions = z.input<typeof setUpOptions>

export const setUpReport = z.object({
  /** Images of which something became known, or that were new. */
  images: count,
  counts: ingestCounts,
  /** Images that were given a label by their folder, and a split. */
  labelled: count,
  divided: count,
  /** What was changed or left out of files of annotations. */
  findings: count,
})
export type SetUpReport = z.infer<typeof setUpReport>

/** How large the images are and which look alike, as far as they were looked at. */
export const mediaOverview = z.object({
  /** Images by their longer side: from `from` px up to the next one's. */
  sizes: z.array(z.object({ from: count, images: count })),
  /** Images that look the same as another one that stays. */
  alike: count,
  unreadable: count,
  unchecked: count,
})
export type MediaOverview = z.infer<typeof mediaOverview>
