/** A label set as a file, and project-wide operations on labels. */
import { z } from 'zod'
import { attributeDefinitions } from './attribute.ts'
import { colour, label } from './label.ts'
import { id } from './media.ts'
import { limits } from './limits.ts'
import { tag } from './media.ts'
import { text } from './text.ts'

const name = label.shape.name

/** Labels refer to each other by name, because ids differ between projects. */
export const schemaLabel = z.object({
  name,
  colour: colour.optional(),
  key: label.shape.key.optional(),
  synonyms: label.shape.synonyms.default([]),
  prompts: label.shape.prompts.default([]),
  /** The parent label's name. */
  parent: name.nullable().default(null),
  attributes: attributeDefinitions.default([]),
  /** Absent: the file says nothing about it. */
  skeleton: label.shape.skeleton,
})
export type SchemaLabel = z.infer<typeof schemaLabel>

export const labelSchemaFile = z
  .object({ format: z.literal('dashi-labels'), version: z.literal(1), labels: z.array(schemaLabel).max(100_000) })
  .superRefine(({ labels }, context) => {
    const refuse = (i: number, field: string, message: string) => context.addIssue({ code: 'custom', path: ['labels', i, field], message })
    const parents = new Map<string, string | null>()
    for (const [i, l] of labels.entries()) {
      if (parents.has(l.name)) refuse(i, 'name', `${JSON.stringify(l.name)} occurs twice`)
      parents.set(l.name, l.parent)
    }
    for (const [i, l] of labels.entries()) {
      const seen = new Set([l.name])
      for (let above = l.parent; above != null; above = parents.get(above) ?? null) {
        if (seen.has(above)) {
          refuse(i, 'parent', `${JSON.stringify(l.name)} is its own ancestor`)
          break
        }
        seen.add(above)
      }
    }
  })
export type LabelSchemaFile = z.infer<typeof labelSchemaFile>

/** merge: the project's labels only gain what they lack. replace: the file's fields replace the project's. */
export const schemaImportMode = z.enum(['merge', 'replace'])
export type SchemaImportMode = z.infer<typeof schemaImportMode>

export const schemaImportReport = z.object({
  added: z.array(z.string()),
  /** Labels with the fields that change. */
  changed: z.array(z.object({ name: z.string(), fields: z.array(z.string()) })),
  unchanged: z.number().int(),
  /** What was not taken from the file, one line each. */
  kept: z.array(z.string()),
})
export type SchemaImportReport = z.infer<typeof schemaImportReport>

/**
 * Which of a label's annotations go to a part of a split. All given conditions must hold; image labels have only
 * tags.
 */
export const splitCondition = z.object({
  attribute: z
    .object({ name: text().min(1).max(limits.name), value: z.union([text().max(limits.value), z.number(), z.boolean()]) })
    .optional(),
  tag: tag.optional(),
  kind: z.enum(['box', 'rotated-box', 'polygon', 'mask', 'polyline', 'keypoints']).optional(),
})
export type SplitCondition = z.infer<typeof splitCondition>

export const labelOperation = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('rename'), id, name }),
  /** Moves their annotations to `into` and removes the labels. */
  z.object({
    kind: z.literal('merge'),
    ids: z
      .array(id)
      .min(1)
      .transform((given) => [...new Set(given)]),
    into: id,
  }),
  /** An annotation goes to the first matching part, or stays. A part's label is created if missing. */
  z.object({
    kind: z.literal('split'),
    id,
    parts: z
      .array(z.object({ name, where: splitCondition }))
      .min(1)
      .max(1000),
  }),
])
export type LabelOperation = z.infer<typeof labelOperation>

export const labelEffect = z.object({
  /** The label that annotations move to, or the new name. */
  label: z.string(),
  /** Whether it will be created. */
  fresh: z.boolean(),
  regions: z.number().int(),
  imageLabels: z.number().int(),
})
export const labelPreview = z.object({
  regions: z.number().int(),
  imageLabels: z.number().int(),
  /** Images with any of these annotations. */
  images: z.number().int(),
  effects: z.array(labelEffect),
  /** Labels that will be removed. */
  removed: z.array(z.string()),
})
export type LabelPreview = z.infer<typeof labelPreview>
