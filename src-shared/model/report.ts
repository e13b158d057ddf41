/** A comparison of models as plain data: input of the HTML report and of `findings`. */
import { z } from 'zod'
import { scoreSchema } from './evaluation.ts'

/** The test sets in display order; `forgotten`: the styles of pre-training, on which tuning can only lose. */
export const splitNames = ['id', 'ood', 'heldOut', 'forgotten'] as const

/** `outcomes`: "1" for each correct image, "0" for each wrong one, in the set's order; allows paired tests. */
export const reportScoreSchema = scoreSchema
  .extend({
    outcomes: z
      .string()
      .regex(/^[01]+$/, 'expected a text of 0 and 1')
      .optional(),
    /** By the ids of the metrics' records. */
    metrics: z.record(z.string(), z.number()).optional(),
  })
  .refine((s) => s.outcomes === undefined || s.outcomes.length === s.n, {
    path: ['outcomes'],
    message: 'expected one character for each of n pictures',
  })

/** One value per step. Non-finite values of a diverged run are null, as in JSON. */
const series = z.array(z.number().nullable())

export const reportRowSchema = z.object({
  name: z.string().min(1),
  /** The recipe's id, or `sweep` for one of many similar trials, or `soup`. */
  kind: z.string().min(1),
  /** How a soup was made: "uniform", "greedy" … */
  method: z.string().optional(),
  id: reportScoreSchema.optional(),
  ood: reportScoreSchema.optional(),
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
  set: z.enum(['id', 'ood']),
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
    seed: z.int(),
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
