/** How far two authors agree on the images that both annotated, and where they do not. */
import { z } from 'zod'
import { id } from './media.ts'
import { text } from './text.ts'

const count = z.number().int().nonnegative()
const share = z.number().min(0).max(1)
const perhaps = share.nullable()

/** An author as annotations store it: a person by name, a checkpoint by id. */
export const authorRef = z.object({ kind: z.enum(['person', 'checkpoint']), name: text().min(1).max(4096) })
export type AuthorRef = z.infer<typeof authorRef>

/** How much an author annotated, whatever became of it. */
export const authorCount = authorRef.extend({ images: count, regions: count, imageLabels: count, captions: count })
export type AuthorCount = z.infer<typeof authorCount>

export const agreementQuery = z.object({
  a: authorRef,
  b: authorRef,
  /** From this IoU on two regions count as marking the same thing. */
  threshold: z.number().min(0.05).max(1).default(0.5),
  /**
   * Regions are compared on images where both authors drew some, image labels where both gave some. `either`: regions also where only
   * one drew some; what the other left out counts as missed.
   */
  images: z.enum(['both', 'either']).default('both'),
})
export type AgreementQuery = z.input<typeof agreementQuery>

/** Cohen (1960), see kappa.ts. `kappa` is null where it is not defined: nothing compared, or agreement by chance is certain. */
export const kappa = z.object({
  n: count,
  observed: perhaps,
  expected: perhaps,
  kappa: z.number().min(-1).max(1).nullable(),
})
export type Kappa = z.infer<typeof kappa>

/**
 * `counts[i][j]`: how often a said `labels[i]` where b said `labels[j]`. A null label is a region without one; the last row and column
 * count what only one of them marked.
 */
export const countsMatrix = z.object({ labels: z.array(id.nullable()), counts: z.array(z.array(count)) })
export type CountsMatrix = z.infer<typeof countsMatrix>

const regionCounts = {
  a: count,
  b: count,
  /** Pairs of the same label from the threshold on. */
  matched: count,
  /** Pairs from the threshold on whose labels differ. */
  labelDiffers: count,
  /** Pairs of the same label that overlap below it. */
  lowIou: count,
  onlyA: count,
  onlyB: count,
  /** matched / b, matched / a, and 2 matched / (a + b), the last being the same both ways. */
  precision: perhaps,
  recall: perhaps,
  f1: perhaps,
  /** Over the matched pairs. */
  meanIou: perhaps,
}

export const agreementReport = z.object({
  a: authorRef,
  b: authorRef,
  threshold: z.number(),
  images: z.object({ a: count, b: count, both: count, compared: count }),
  regions: z.object({
    ...regionCounts,
    /** Lines and points, left out because they have no area. */
    withoutArea: count,
  }),
  labels: z.array(
    z.object({
      labelId: id.nullable(),
      ...regionCounts,
      /** Over images that both labelled as a whole: does it have this label, yes or no? */
      image: kappa.extend({ both: count, onlyA: count, onlyB: count, neither: count }).nullable(),
    }),
  ),
  /** With a last row and column for regions that only one of them marked. */
  matrix: countsMatrix,
  /** Images to which both gave exactly one label. */
  classes: kappa.extend({ matrix: countsMatrix }),
  disagreements: z.object({ missed: count, label: count, iou: count, class: count, open: count }),
  seconds: z.number(),
})
export type AgreementReport = z.infer<typeof agreementReport>

export const disagreementKind = z.enum(['missed', 'label', 'iou', 'class'])
export type DisagreementKind = z.infer<typeof disagreementKind>

const ids = z.array(id).max(1000)
/** Of regions, or image labels for `class`; for `missed` one side is empty. */
export const disagreement = z.object({
  kind: disagreementKind,
  mediaId: id,
  path: z.string(),
  a: ids,
  b: ids,
  labelsA: z.array(id.nullable()),
  labelsB: z.array(id.nullable()),
  iou: perhaps,
  /** Somebody has settled it. */
  decided: z.boolean(),
})
export type Disagreement = z.infer<typeof disagreement>

export const take = z.enum(['a', 'b', 'both'])
export type Take = z.infer<typeof take>
export const decision = disagreement.pick({ kind: true, mediaId: true, a: true, b: true }).extend({ take })
export type Decision = z.infer<typeof decision>
