/** What a metric says of itself, as the window, the report and the terminal list it. */
import { z } from 'zod'
import { wordsSchema } from './words.ts'

/** What is measured: classes of images, pairs of images and texts, or boxes. */
export const measuredTaskSchema = z.enum(['classify', 'contrast', 'detect'])

export const metricEntrySchema = z.object({
  /** As evaluations and the terminal's JSON name it. */
  id: z.string(),
  /** The head of its column: a word or two. */
  title: wordsSchema,
  /** What it measures, in a sentence. */
  about: wordsSchema,
  /** Authors, year, title, where. */
  citation: z.string(),
  task: measuredTaskSchema,
  better: z.enum(['higher', 'lower']),
  /** Its least and its greatest value; null where it has no bound. */
  range: z.tuple([z.number(), z.number().nullable()]),
  format: z.enum(['percent', 'number']),
})

export type MeasuredTask = z.infer<typeof measuredTaskSchema>
export type MetricEntry = z.infer<typeof metricEntrySchema>
