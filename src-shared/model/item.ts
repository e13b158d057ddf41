/** What jobs learn from and are measured on: labelled images, and classes. */
import { z } from 'zod'
import { box, rle } from './shape.ts'

const classIndex = z.int().nonnegative()

/**
 * A labelled image. `hash` is its content hash, if known; `label` is an index into the classes. For tasks of regions it
 * and of captions it is 0, and the accepted regions are in `boxes` or `masks`.
 */
export const itemSchema = z.object({
  file: z.string().min(1),
  label: classIndex,
  boxes: z.array(z.object({ class: classIndex, box })).optional(),
  masks: z.array(z.object({ class: classIndex, mask: rle })).optional(),
  /** The accepted captions of the image, for tasks of captions. */
  captions: z.array(z.string().min(1)).optional(),
  /** Of captions with phrases that are tied to regions: the same with two phrases in each other's place. */
  swaps: z.array(z.object({ caption: z.string().min(1), swapped: z.string().min(1) })).optional(),
  /** Of an image with captions: whether `label` says something of it too. */
  labelled: z.boolean().optional(),
  hash: z.string().nullish(),
  /** Display name. */ name: z.string().optional(),
})
export type Item = z.infer<typeof itemSchema>

/** The classes of an image, or of its regions; an image with captions alone has none. */
export const classesOf = ({
  label,
  boxes,
  masks,
  captions,
  labelled,
}: Pick<Item, 'label' | 'boxes' | 'masks' | 'captions' | 'labelled'>): number[] =>
  (boxes ?? masks)?.map((r) => r.class) ?? (captions && !labelled ? [] : [label])

/** An unreadable image that a job leaves out. */
export const leftOutSchema = z.object({ file: z.string(), reason: z.string() })
export type LeftOut = z.infer<typeof leftOutSchema>

const someTexts = z.array(z.string().min(1)).min(1).nullish()

/** A class: its name, and its form in sentences ("an apple"), which replaces `{}` in templates if given. */
export const classSchema = z.object({
  name: z.string().min(1),
  phrase: z.string().min(1).nullish(),
  /** Several forms in sentences instead of one: the class is the mean over them. */
  phrases: someTexts,
  /** Its own templates, instead of the checkpoint's. */
  templates: someTexts,
})
export type ClassSpec = z.infer<typeof classSchema>
