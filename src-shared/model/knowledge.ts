/** What a training gained, and what of its base model's knowledge it kept. Shares are in [0, 1]; intervals are 95%. */
import { z } from 'zod'
import { classSchema, itemSchema } from './item.ts'

/** What knowledge outside the training is measured on. Without any, only that the towers were left alone can be said. */
export const knowledgeSetSchema = z.object({
  /** Images of classes that are not trained on: the project's, or pictographs that the program draws. */
  outside: z
    .object({ of: z.enum(['project', 'pictographs']), classes: z.array(classSchema).min(2), items: z.array(itemSchema) })
    .optional(),
  /** Images with captions that are not trained on. */
  captions: z.array(itemSchema).optional(),
})
export type KnowledgeSet = z.infer<typeof knowledgeSetSchema>

const share = z.number().min(0).max(1)
const difference = z.number().min(-1).max(1)

/** A share of the same `n` examples before and after the training. `interval`: of the change, by the paired bootstrap. */
const changeSchema = z.object({
  n: z.int().positive(),
  before: share,
  after: share,
  change: difference,
  interval: z.tuple([difference, difference]),
})
export type Change = z.infer<typeof changeSchema>

export const knowledgeSchema = z.discriminatedUnion('kind', [
  /** Neither tower was changed, so that nothing was computed. */
  z.object({ kind: z.literal('unchanged') }),
  z.object({
    kind: z.literal('measured'),
    /** The task itself on one split: the base as a zero-shot classifier, and the result. */
    gain: changeSchema.extend({ split: z.string() }).optional(),
    /** Zero-shot accuracy on classes that were not trained on. */
    outside: changeSchema.extend({ of: z.enum(['project', 'pictographs']), classes: z.int().positive() }).optional(),
    /** Recall@1 of captions by images, and of images by captions. */
    texts: changeSchema.optional(),
    images: changeSchema.optional(),
  }),
  /** The training is whole; why this could not be measured. */
  z.object({ kind: z.literal('failed'), problem: z.string() }),
])
export type Knowledge = z.infer<typeof knowledgeSchema>

/** What was measured besides the task, in the order in which it is shown. */
export const knowledgeKinds = ['outside', 'texts', 'images'] as const
export type KnowledgeKind = (typeof knowledgeKinds)[number]

/** A loss this large is warned of, as a share. */
export const LARGE_LOSS = 0.05

/** Whether a loss is large: its whole interval lies below −5 points, so that it is not chance. */
export const isLargeLoss = ({ interval: [, high] }: Pick<Change, 'interval'>): boolean => high < -LARGE_LOSS

/** What was lost in large part. */
export const largeLosses = (knowledge: Knowledge | null): KnowledgeKind[] =>
  knowledge?.kind === 'measured' ? knowledgeKinds.filter((kind) => knowledge[kind] && isLargeLoss(knowledge[kind])) : []

/** Of a run's figures; null if it has none, as those of earlier versions. */
export const knowledgeOf = (metrics: Readonly<Record<string, unknown>>): Knowledge | null =>
  knowledgeSchema.safeParse(metrics['knowledge']).data ?? null

/** What stands for the others in tables: of zero-shot accuracy, else of captions. 0 where the towers were left alone. */
export function keptOf(knowledge: Knowledge | null): number | null {
  if (knowledge?.kind === 'unchanged') return 0
  return knowledge?.kind === 'measured' ? ((knowledge.outside ?? knowledge.texts)?.change ?? null) : null
}
