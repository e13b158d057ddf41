/** A comparison of models as plain data: input of the HTML report and of `findings`. */
import { z } from 'zod'
import { scoreSchema } from './evaluation.ts'

/** The test sets in display order; `forgotten`: concepts that are no classes, on which tuning can only lose. */
export const splitNames = ['id', 'ood', 'sketch', 'corrupted', 'heldOut', 'forgotten'] as const
/** Those out of distribution: shifts of the images whose classes are those that are trained. */
export const shiftNames = ['ood', 'sketch', 'corrupted'] as const satisfies readonly (typeof splitNames)[number][]

/**
 * `outcomes`: for each image, in the set's order, how many of the seeds were right: "0" or "1" of a single one. Allows paired
 * tests. `seeds`: the accuracy of each seed, if there are several; `accuracy` is their mean.
 */
export const reportScoreSchema = scoreSchema
  .extend({
    outcomes: z
      .string()
      .regex(/^[0-9]+$/, 'expected a text of digits')
      .optional(),
    seeds: z.array(z.number().min(0).max(1)).min(2).max(9).optional(),
    /** By the ids of the metrics' records. */
    metrics: z.record(z.string(), z.number()).optional(),
  })
  .refine((s) => s.outcomes === undefined || s.outcomes.length === s.n, {
    path: ['outcomes'],
    message: 'expected one character for each of n pictures',
  })
  .refine((s) => s.outcomes === undefined || [...s.outcomes].every((x) => Number(x) <= (s.seeds?.length ?? 1)), {
    path: ['outcomes'],
    message: 'expected no more right answers than seeds',
  })

/** One value per step. Non-finite values of a diverged run are null, as in JSON. */
const series = z.array(z.number().nullable())

export const reportRowSchema = z.object({
  name: z.string().min(1),
  /** The recipe's id, or `sweep` for one of many similar trials, or `soup`. */
  kind: z.string().min(1),
  /** How a soup was made: "uniform", "greedy" … */
  method: z.string().optional(),
  /** Of WiSE-FT, the share of the fine-tuned weights. */
  alpha: z.number().min(0).max(1).optional(),
  id: reportScoreSchema.optional(),
  ood: reportScoreSchema.optional(),
  sketch: reportScoreSchema.optional(),
  corrupted: reportScoreSchema.optional(),
  heldOut: reportScoreSchema.optional(),
  forgotten: reportScoreSchema.optional(),
  seconds: z.number().min(0).optional(),
  checkpoint: z.string().optional(),
  /** Settings, e.g. { lr: "3e-5", epochs: "10" }. */
  settings: z.record(z.string(), z.string()).optional(),
  curve: z.object({ loss: series, lr: series.optional() }).optional(),
})

export const reportLedgerSchema = z.object({
  title: z.string(),
  /** In the order of trial; `name` is that of the row tried. Scores are held-out accuracies. */
  entries: z.array(z.object({ name: z.string(), heldOut: z.number(), score: z.number(), accepted: z.boolean(), margin: z.number() })),
})

export const reportPictureSchema = z.object({
  dataUri: z.string().regex(/^data:image\//, 'expected a data: address of an image'),
  truth: z.string(),
  set: z.enum(splitNames),
  predictions: z.array(z.object({ row: z.string(), top: z.array(z.object({ label: z.string(), p: z.number().min(0).max(1) })).min(1) })),
})

export const findingSchema = z.object({
  /** The pattern reported in the literature, or null for a plain observation. */
  pattern: z.string().nullable(),
  source: z.string().nullable(),
  verdict: z.enum(['shows', 'unclear', 'reversed', 'note']),
  text: z.string(),
})

export const reportSchema = z.object({
  title: z.string(),
  subtitle: z.string().optional(),
  created: z.iso.datetime(),
  setting: z.object({
    model: z.string(),
    device: z.string(),
    seeds: z.array(z.int()).min(1),
    dataHash: z.string(),
    classes: z.int().positive(),
    /** Numbers of images by purpose. */
    data: z.array(z.object({ name: z.string(), n: z.int().min(0) })),
    versions: z.record(z.string(), z.string()),
    /** A description of each test set, for its caption. */
    sets: z.partialRecord(z.enum(splitNames), z.string()).default({}),
    /** The command that reproduces this report. */
    command: z.string().optional(),
  }),
  rows: z
    .array(reportRowSchema)
    .min(1)
    .refine((rows) => new Set(rows.map((r) => r.name)).size === rows.length, 'expected a name of its own for each row'),
  ledgers: z.array(reportLedgerSchema).default([]),
  pictures: z.array(reportPictureSchema).default([]),
  findings: z.array(findingSchema).default([]),
})

export type SplitName = (typeof splitNames)[number]
export type ReportScore = z.infer<typeof reportScoreSchema>
export type ReportRow = z.infer<typeof reportRowSchema>
export type ReportLedger = z.infer<typeof reportLedgerSchema>
export type ReportPicture = z.infer<typeof reportPictureSchema>
export type Finding = z.infer<typeof findingSchema>
export type ReportInput = z.input<typeof reportSchema>
export type Report = z.infer<typeof reportSchema>
