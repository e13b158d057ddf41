import { z } from 'zod'
import { attributeDefinitions } from './attribute.ts'
import { limits } from './limits.ts'
import { id } from './media.ts'
import { skeleton } from './skeleton.ts'
import { text } from './text.ts'

export const colour = z.string().regex(/^#[0-9a-f]{6}$/, 'expected a colour such as #1f77b4')

export const label = z.object({
  id,
  name: text().min(1).max(500),
  colour,
  /** The key that assigns it while labelling; one character. */
  key: text().length(1).nullable(),
  synonyms: z.array(text().min(1).max(limits.name)).max(limits.list),
  /** Text prompts for an open-vocabulary model, used instead of the name. */
  prompts: z.array(text().min(1).max(limits.value)).max(limits.list),
  parentId: id.nullable(),
  /** Attributes of its regions and of those of its descendants. */
  attributes: attributeDefinitions,
  /** The named points of its keypoint regions; null or absent if none. */
  skeleton: skeleton.nullish(),
})
export type Label = z.infer<typeof label>

/**
 * Colours assigned to labels in order: nine of d3's category10, then each as far as possible in OKLab (Ottosson 2020)
 * from all previous ones, among colours visible on both light and dark images (lightness 0.48 to 0.86, chroma from
 * 0.07).
 */
export const palette = [
  '#1f77b4',
  '#ff7f0e',
  '#2ca02c',
  '#d62728',
  '#9467bd',
  '#8c564b',
  '#e377c2',
  '#bcbd22',
  '#17becf',
  '#4b00ff',
  '#d200ff',
  '#00f000',
  '#d2c3ff',
  '#a50078',
  '#4bf0c3',
  '#a5873c',
  '#00785a',
  '#5a96ff',
  '#8700d2',
  '#ff0087',
  '#ffc387',
  '#0069ff',
  '#5a4bb4',
  '#c36978',
  '#4b9696',
  '#4bc378',
  '#ff5aff',
  '#b487ff',
  '#d21eb4',
  '#f09696',
  '#964bff',
  '#78e1ff',
  '#ff96ff',
  '#ff5a69',
  '#786900',
  '#a5c396',
  '#874b87',
  '#87e169',
  '#96b4e1',
  '#00c300',
  '#c35ae1',
  '#d2691e',
  '#d20069',
  '#a587b4',
  '#a52d00',
  '#d2a569',
  '#ff00d2',
  '#87a53c',
  '#a53cc3',
  '#007800',
  '#b44b96',
  '#6987c3',
  '#6969e1',
  '#69874b',
  '#ffb4d2',
  '#ffa500',
  '#e1d25a',
  '#d2a5d2',
  '#781eff',
  '#005ac3',
  '#5a5a87',
  '#ff2d00',
  '#966987',
  '#00b4ff',
] as const

/** The first unused colour of the palette; if all are used, the least used one. */
export function nextColour(used: Iterable<string>): string {
  const counts = new Map<string, number>(palette.map((c) => [c, 0]))
  for (const c of used) if (counts.has(c)) counts.set(c, counts.get(c)! + 1)
  return [...counts].reduce((best, entry) => (entry[1] < best[1] ? entry : best))[0]
}
