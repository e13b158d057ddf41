/** Agreement of two authors on the images that both annotated, and their disagreements. */
import { z } from 'zod'
import { id } from './media.ts'
import { text } from './text.ts'

const count = z.number().int().nonnegative()
const share = z.number().min(0).max(1)
const perhaps = share.nullable()

/** An author as annotations store it: a person by name, a checkpoint by id. */
export const authorRef = z.object({ kind: z.enum(['person', 'checkpoint']), name: text().min(1).max(4096) })
export type AuthorRef = z.infer<typeof authorRef>

/** How much an author annotated, in any state. */
export const authorCount = authorRef.extend({ images: count, regions: count, imageLabels: count, captions: count })
export type AuthorCount = z.infer<typeof authorCount>

export const agreementQuery = z.object({
  a: authorRef,
  b: authorRef,
  /** Minimum IoU at which two regions count as marking the same object. */
  threshold: z.number().min(0.05).max(1).default(0.5),
  /**
   * Regions are compared on images where both authors drew some, and image labels where both assigned some. `either`:
   * regions also where only one author drew some; those of the other count as missed.
   */
  images: z.enum(['both', 'either']).default('both'),
})
export type AgreementQuery = z.input<typeof agreementQuery>

/** Cohen (1960), see kappa.ts. `kappa` is null if undefined: nothing was compared, or chance agreement is certain. */
export const kappa = z.object({
  n: count,
  observed: perhaps,
  expected: perhaps,
  kappa: z.number().min(-1).max(1).nullable(),
})
export type Kappa = z.infer<typeof kappa>

/**
 * `counts[i][j]`: how often a said `labels[i]` where b said `labels[j]`. A null label is a region without one; the
 * last row and column count regions that only one of them marked.
 */
export const countsMatrix = z.object({ labels: z.array(id.nullable()), counts: z.array(z.array(count)) })
export type CountsMatrix = z.infer<typeof countsMatrix>

const regionCounts = {
  a: count,
  b: count,
  /** Pairs with equal labels and an IoU at or above the threshold. */
  matched: count,
  /** Pairs at or above the threshold with different labels. */
  labelDiffers: count,
  /** Pairs with equal labels and an IoU below the threshold. */
  lowIou: count,
  onlyA: count,
  onlyB: count,
  /** matched / b, matched / a, and 2 matched / (a + b), which is symmetric. */
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
    /** Lines and points, which have no area. */
    withoutArea: count,
  }),
  labels: z.array(
    z.object({
      labelId: id.nullable(),
      ...regionCounts,
      /** Over images that both labelled as a whole: presence of this label. */
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
/** Of regions, or of image labels for `class`; for `missed` one side is empty. */
export const disagreement = z.object({
  kind: disagreementKind,
  mediaId: id,
  path: z.string(),
  a: ids,
  b: ids,
  labelsA: z.array(id.nullable()),
  labelsB: z.array(id.nullable()),
  iou: perhaps,
  /** Whether somebody has resolved it. */
  decided: z.boolean(),
})
export type Disagreement = z.infer<typeof disagreement>

export const take = z.enum(['a', 'b', 'both'])
export type Take = z.infer<typeof take>
export const decision = disagreement.pick({ kind: true, mediaId: true, a: true, b: true }).extend({ take })
export type Decision = z.infer<typeof decision>
