/** Long operations on a project that run in a thread of their own: what is asked for, and what comes back. */
import { z } from 'zod'
import { exchangeProgress, exportOptions, exportReport, formatName, importOptions, importReport } from './exchange.ts'
import { failureSchema } from './failure.ts'
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

/** The operation's own phases; a scan has two more. */
export const workProgress = exchangeProgress.extend({
  phase: exchangeProgress.shape.phase.or(z.enum(['scanning', 'measuring', 'checking'])),
  /** Of a job that reads several formats: which one it is at. */
  format: formatName.optional(),
})
export type WorkProgress = z.infer<typeof workProgress>

export const workRequest = z.object({
  /** The project's folder; the thread opens a connection of its own beside that of the process, which holds the lock. */
  folder: z.string().min(1),
  /** Which file the process has open: what lies at its path now may be another. */
  identity: z.string().nullable(),
  user: z.string().min(1),
  readOnly: z.boolean(),
  task: workTask,
  /** 1: give up. In shared memory, so that it is seen in the middle of a transaction too. */
  cancel: z.instanceof(SharedArrayBuffer),
})
export type WorkRequest = z.infer<typeof workRequest>

export const workMessage = z.discriminatedUnion('type', [
  z.object({ type: z.literal('progress'), progress: workProgress }),
  /** Something that others may look at now was committed. */
  z.object({ type: z.literal('changed') }),
  z.object({ type: z.literal('done'), result: z.unknown() }),
  failureSchema.extend({ type: z.literal('failed') }),
])
export type WorkMessage = z.infer<typeof workMessage>
