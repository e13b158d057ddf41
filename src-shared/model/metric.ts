/** Descriptions of metrics for the window, the report and the terminal. */
import { z } from 'zod'
import { wordsSchema } from './words.ts'

/** What is measured: classes of images, pairs of images and texts, boxes, or masks. */
export const measuredTaskSchema = z.enum(['classify', 'contrast', 'detect', 'segment'])

export const metricEntrySchema = z.object({
  /** Its name in evaluations and in the terminal's JSON. */
  id: z.string(),
  /** Column heading: a word or two. */
  title: wordsSchema,
  /** What it measures, in one sentence. */
  about: wordsSchema,
  /** Authors, year, title, venue. */
  citation: z.string(),
  task: measuredTaskSchema,
  better: z.enum(['higher', 'lower']),
  /** Minimum and maximum value; null if unbounded. */
  range: z.tuple([z.number(), z.number().nullable()]),
  format: z.enum(['percent', 'number']),
})

export type MeasuredTask = z.infer<typeof measuredTaskSchema>
export type MetricEntry = z.infer<typeof metricEntrySchema>
