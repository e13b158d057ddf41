/** Long operations on a project that run in a thread of their own: requests and results. */
import { z } from 'zod'
import { exportOptions, exportReport, importOptions, importReport } from './exchange.ts'
import { checkedFiles, facets } from './facets.ts'
import { mediaFilter } from './project.ts'
import { folderSurvey, setUpOptions, setUpReport } from './survey.ts'
import { scanResult } from './scan.ts'

export const workTask = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('import'), path: z.string().min(1), options: importOptions }),
  z.object({ kind: z.literal('export'), path: z.string().min(1), options: exportOptions }),
  /** Adds the images below a folder, then determines their sizes. */
  z.object({ kind: z.literal('scan'), folder: z.string().min(1), followLinks: z.boolean().default(false) }),
  /** Adds individually named images, then determines their sizes. */
  z.object({ kind: z.literal('add'), files: z.array(z.string().min(1)).min(1) }),
  /** Rechecks unreadable files, and checks those never checked. */
  z.object({ kind: z.literal('check') }),
  /** Surveys a folder. */
  z.object({ kind: z.literal('survey'), folder: z.string().min(1) }),
  /** Imports the user's selection from a survey. */
  setUpOptions.extend({ kind: z.literal('set-up') }),
  /** Exact counts, whatever the number of images. */
  z.object({ kind: z.literal('facets'), filter: mediaFilter }),
  /** Searches a folder recursively for the files of images whose files are missing. */
  z.object({ kind: z.literal('link'), folder: z.string().min(1) }),
  /** Writes a model of open_clip or of OpenAI as a folder that Dashi opens. It is no part of the project. */
  z.object({ kind: z.literal('convert'), source: z.string().min(1), out: z.string().min(1), quickGelu: z.boolean().optional() }),
])
export type WorkTask = z.input<typeof workTask>

export const workResults = {
  import: importReport,
  export: exportReport,
  scan: scanResult,
  add: scanResult,
  check: checkedFiles,
  facets,
  survey: folderSurvey,
  'set-up': setUpReport,
  link: z.object({ linked: z.number().int(), missing: z.number().int() }),
  convert: z.object({ family: z.string(), tensors: z.int(), tokenizer: z.boolean() }),
}
export type WorkResult<K extends keyof typeof workResults> = z.infer<(typeof workResults)[K]>

export const workRequest = z.object({
  /** The project's folder; the thread opens its own connection besides that of the process, which holds the lock. */
  folder: z.string().min(1),
  /** Identifies the file that the process has open: the path may now refer to another. */
  identity: z.string().nullable(),
  user: z.string().min(1),
  readOnly: z.boolean(),
  task: workTask,
})
export type WorkRequest = z.infer<typeof workRequest>
