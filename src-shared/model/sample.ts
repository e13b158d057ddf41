import { z } from 'zod'

/** The six styles: icon sets that draw the same concepts. */
export const styles = ['noto', 'twemoji', 'openmoji', 'emojione', 'fluent-emoji-flat', 'noto-v1'] as const
export const styleSchema = z.enum(styles)
export type Style = z.infer<typeof styleSchema>

/** Styles that pre-training sees. */
export const pretrainStyles = ['noto', 'twemoji', 'openmoji', 'emojione'] as const satisfies readonly Style[]
/** The style that the user labels and fine-tunes on; its test set is in distribution. */
export const taskStyle = 'fluent-emoji-flat' as const satisfies Style
/** Used in neither: out of distribution. */
export const oodStyle = 'noto-v1' as const satisfies Style

/** A depicted concept, independent of the icon set. */
export const conceptSchema = z.object({
  /** Unicode code points in upper-case hex, joined by '-', without the variation selector FE0F. */
  id: z.string().regex(/^[0-9A-F]+(-[0-9A-F]+)*$/),
  name: z.string().min(1),
  tags: z.array(z.string().min(1)),
  group: z.string().min(1),
  subgroup: z.string().min(1),
  /** The icon of each set that depicts it. */
  styles: z.partialRecord(styleSchema, z.string().min(1)),
})
export type Concept = z.infer<typeof conceptSchema>

/**
 * Use of the images. `train`, `val`, `heldOut` (for soups) and `id` (the in-distribution test) are disjoint sets of
 * concepts in the task's style; `ood` and `forgotten` are the concepts of `id` in other styles.
 */
export const sampleSplits = ['train', 'val', 'heldOut', 'id', 'ood', 'forgotten'] as const
export const sampleSplitSchema = z.enum(sampleSplits)
export type SampleSplit = z.infer<typeof sampleSplitSchema>

export const samplePictureSchema = z.object({
  /** Relative to the sample's folder, with '/'. */
  file: z.string().min(1),
  concept: conceptSchema.shape.id,
  name: z.string().min(1),
  style: styleSchema,
  /** An index into `classes`. */
  class: z.int().nonnegative(),
  split: sampleSplitSchema,
})
export type SamplePicture = z.infer<typeof samplePictureSchema>

/** `index.json` of the sample's folder. */
export const sampleIndexSchema = z.object({
  version: z.int(),
  /** Side of the square pictures, in px. */
  size: z.int().positive(),
  classes: z.array(z.object({ name: z.string().min(1), subgroup: z.string().min(1) })),
  pictures: z.array(samplePictureSchema),
  /** noto-v1 images left out of `ood` because they nearly equal noto's: pHash distance in bits of 64. */
  leftOut: z.array(z.object({ concept: conceptSchema.shape.id, name: z.string(), distance: z.int() })),
  /** COCO files of the scenes, relative to the sample's folder. */
  scenes: z.object({ instances: z.string(), captions: z.string() }),
})
export type SampleIndex = z.infer<typeof sampleIndexSchema>

/** `scenes/instances.json`: COCO, plus what each object depicts. */
export const sceneInstancesSchema = z.object({
  info: z.object({ description: z.string(), version: z.string() }),
  images: z.array(
    z.object({
      id: z.int(),
      file_name: z.string(),
      width: z.int(),
      height: z.int(),
      split: z.enum(['train', 'val', 'test']),
    }),
  ),
  categories: z.array(z.object({ id: z.int().positive(), name: z.string(), supercategory: z.string() })),
  annotations: z.array(
    z.object({
      id: z.int(),
      image_id: z.int(),
      category_id: z.int(),
      /** x, y, width, height in px, the tight box of the visible pixels. */
      bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
      /** Visible pixels. */
      area: z.number(),
      iscrowd: z.literal(0),
      /** Compressed COCO RLE of the visible pixels. */
      segmentation: z.object({ size: z.tuple([z.int(), z.int()]), counts: z.string() }),
      caption: z.string(),
      concept: conceptSchema.shape.id,
      name: z.string(),
      style: styleSchema,
    }),
  ),
})
export type SceneInstances = z.infer<typeof sceneInstancesSchema>

/** `scenes/captions.json`: COCO captions of the whole pictures. */
export const sceneCaptionsSchema = z.object({
  info: sceneInstancesSchema.shape.info,
  images: sceneInstancesSchema.shape.images,
  annotations: z.array(z.object({ id: z.int(), image_id: z.int(), caption: z.string() })),
})
export type SceneCaptions = z.infer<typeof sceneCaptionsSchema>
