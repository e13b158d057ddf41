/** Long operations on a project that run in a thread of their own: what is asked for, and what comes back. */
import { z } from 'zod'
import { exportOptions, exportReport, importOptions, importReport } from './exchange.ts'
import { checkedFiles, facets } from './facets.ts'
import { mediaFilter } from './project.ts'
import { folderSurvey, setUpOptions, setUpReport } from './survey.ts'
import { scanResult } from './scan.ts'

export const workTask = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('import'), path: z.string().min(1), options: importOptions }),
  z.object({ kind: z.literal('export'), path: z.string().min(1), options: exportOptions }),
  /** Takes in the images below a folder, then their sizes. */
  z.object({ kind: z.literal('scan'), folder: z.string().min(1), followLinks: z.boolean().default(false) }),
  /** Takes in images that are named one by one, then their sizes. */
  z.object({ kind: z.literal('add'), files: z.array(z.string().min(1)).min(1) }),
  /** Looks again at the files that cannot be read, and at those that nobody looked at. */
  z.object({ kind: z.literal('check') }),
  /** Looks at what lies in a folder. */
  z.object({ kind: z.literal('survey'), folder: z.string().min(1) }),
  /** Makes of a folder what a person chose of what was found. */
  setUpOptions.extend({ kind: z.literal('set-up') }),
  /** Counts exactly, however many images there are. */
  z.object({ kind: z.literal('facets'), filter: mediaFilter }),
  /** Looks below a folder for the files of images that have none. */
  z.object({ kind: z.literal('link'), folder: z.string().min(1) }),
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
}
export type WorkResult<K extends keyof typeof workResults> = z.infer<(typeof workResults)[K]>

export const workRequest = z.object({
  /** The project's folder; the thread opens a connection of its own beside that of the process, which holds the lock. */
  folder: z.string().min(1),
  /** Which file the process has open: what lies at its path now may be another. */
  identity: z.string().nullable(),
  user: z.string().min(1),
  readOnly: z.boolean(),
  task: workTask,
})
export type WorkRequest = z.infer<typeof workRequest>
