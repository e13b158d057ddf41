import type { z } from 'zod'
import type { exportOptions, Feature, FormatName, Loss, Summary } from '#shared/model/exchange.ts'
import type { Reader } from './draft.ts'
import type { Peek } from './peek.ts'
import type { Item, Target } from './target.ts'

export interface Format {
  readonly name: FormatName
  /** As its makers write it; a locale may have words of its own for it. */
  readonly title: string
  /** Is this file one of its annotations? Asked in the order of the list in formats.ts, the narrower before the wider. */
  readonly recognises?: (file: Peek) => boolean
  /** Its annotations lie beside their images at any depth, so that no folder around them is only a wrapping. */
  readonly beside?: true
  /** Folders of annotations alone: a file in one belongs to the folder above. */
  readonly apart?: readonly string[]
  readonly read?: Reader
  readonly write?: (items: Iterable<Item>, target: Target) => void | Promise<void>
  /** Does it go with the images beside it? */
  readonly images?: 'copy' | 'none'
  /** What becomes of what it cannot hold. */
  readonly losses?: Losses
  /** Of formats that write files of several kinds: what each kind loses besides, and which kind will be written. */
  readonly tasks?: { readonly losses: Readonly<Record<string, Losses>>; readonly of: (summary: Summary, options: ExportChoice) => string }
}

type Losses = Partial<Record<Feature, string>>
export type ExportChoice = Pick<z.output<typeof exportOptions>, 'task'>

/** What a format will lose of a dataset, in words: holes, rotations, captions, attributes, … */
export function losses({ losses, tasks }: Format, summary: Summary, options: ExportChoice): Loss[] {
  return Object.entries({ ...losses, ...tasks?.losses[tasks.of(summary, options)] }).flatMap(([feature, becomes]) => {
    const count = summary.counts[feature as Feature] ?? 0
    return count > 0 ? [{ feature: feature as Feature, count, becomes }] : []
  })
}

/** Of labels, what formats that only know their names have no place for. */
export const ofLabels = {
  'attribute definitions': 'are left out',
  'parent labels': 'lie beside the others',
  skeletons: 'are left out',
} as const satisfies Losses

/** What most formats have no place for. */
export const usualLosses = {
  ...ofLabels,
  'drawing order': 'is the order of the objects in the file',
  'image labels': 'are left out',
  captions: 'are left out',
  'region captions': 'are left out',
  'grounded captions': 'are left out',
  'caption languages': 'are left out',
  tags: 'are left out',
  authors: 'are left out',
  'review states': 'are left out',
  comments: 'are left out',
  'proposals left out': 'are not exported unless asked for (states)',
} as const satisfies Partial<Record<Feature, string>>
