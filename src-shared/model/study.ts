/** The study: a sample on which differences between ways to fine-tune can be told from chance. */
import { z } from 'zod'
import { conceptSchema, styleSchema } from './sample.ts'

/**
 * Use of the pictures. All but `outside` show the classes. `train`, `val`, `heldOut` (for soups) and `id` are compositions in the
 * task's style; `ood` is another studio's, `sketch` outlines of the task's drawings, `corrupted` worsened compositions.
 * `outside` shows other concepts, in the styles of pre-training: what may be forgotten.
 */
export const studySplits = ['train', 'val', 'heldOut', 'id', 'ood', 'sketch', 'corrupted', 'outside'] as const
export const studySplitSchema = z.enum(studySplits)
export type StudySplit = z.infer<typeof studySplitSchema>

export const corruptions = ['noise', 'blur', 'contrast', 'jpeg'] as const
export const corruptionSchema = z.object({ kind: z.enum(corruptions), strength: z.int().min(1).max(5) })
export type Corruption = z.infer<typeof corruptionSchema>

const conceptClass = z.object({ id: conceptSchema.shape.id, name: conceptSchema.shape.name })

/** `index.json` of the study's folder. */
export const studyIndexSchema = z.object({
  version: z.int(),
  /** Side of the square pictures, in px. */
  size: z.int().positive(),
  classes: z.array(conceptClass),
  outside: z.array(conceptClass),
  pictures: z.array(
    z.object({
      /** Relative to the study's folder, with '/'. */
      file: z.string().min(1),
      /** An index into `classes`; for the split `outside` into `outside`. */
      class: z.int().nonnegative(),
      style: styleSchema,
      split: studySplitSchema,
      corruption: corruptionSchema.optional(),
    }),
  ),
})
export type StudyIndex = z.infer<typeof studyIndexSchema>
