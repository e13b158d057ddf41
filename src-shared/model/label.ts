import { z } from 'zod'
import { attributeDefinitions } from './attribute.ts'
import { limits } from './limits.ts'
import { id } from './media.ts'
import { text } from './text.ts'

export const colour = z.string().regex(/^#[0-9a-f]{6}$/, 'expected a colour such as #1f77b4')

export const label = z.object({
  id,
  name: text().min(1).max(500),
  colour,
  /** The key that assigns it while labelling; one character. */
  key: text().length(1).nullable(),
  synonyms: z.array(text().min(1).max(limits.name)).max(limits.list),
  /** Texts an open-vocabulary model is asked for instead of the name. */
  prompts: z.array(text().min(1).max(limits.value)).max(limits.list),
  parentId: id.nullable(),
  /** Of its regions, and of those of the labels below it. */
  attributes: attributeDefinitions,
})
export type Label = z.infer<typeof label>

/** Twenty distinguishable colours (d3 category10, then its paler pairs), given to labels in turn. */
export const palette = [
  '#1f77b4', '#ff7f0e', '#2ca02c', '#d62728', '#9467bd', '#8c564b', '#e377c2', '#7f7f7f', '#bcbd22', '#17becf',
  '#aec7e8', '#ffbb78', '#98df8a', '#ff9896', '#c5b0d5', '#c49c94', '#f7b6d2', '#c7c7c7', '#dbdb8d', '#9edae5',
] as const
