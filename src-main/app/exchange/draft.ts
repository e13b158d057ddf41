/** What a reader makes of one image, before it meets the image itself. */
import type { AttributeDefinition } from '#shared/model/attribute.ts'
import type { Skeleton } from '#shared/model/skeleton.ts'
import type { RecordCaption, RecordLabel, RecordRegion } from '#shared/model/record.ts'
import type { ReviewState } from '#shared/model/media.ts'
import type { z } from 'zod'
import type { importOptions } from '#shared/model/exchange.ts'
import type { Findings, Where } from './findings.ts'
import type { Found, Tree } from './tree.ts'

export interface Size {
  width: number
  height: number
}

export type DraftRegion = RecordRegion & { line?: number | undefined }

export interface Draft {
  image: Found
  /** The folder that the image's path is relative to, absolute, where that is not the tree of images: it was unpacked. */
  root?: string
  where: Where
  /** As the annotation says. */
  size?: { width?: number | undefined; height?: number | undefined } | undefined
  /**
   * In pixels of the size annotated; a function where the format measures in parts of the image. It may throw: an Error's message is the
   * reason.
   */
  regions?: DraftRegion[] | ((size: Size) => DraftRegion[])
  labels?: RecordLabel[]
  captions?: RecordCaption[]
  split?: string | null | undefined
  tags?: string[]
  review?: ReviewState
}

export interface DraftLabel {
  name: string
  synonyms?: string[]
  prompts?: string[]
  colour?: string
  key?: string | null
  /** The name of the label that it lies below. */
  parent?: string | null
  attributes?: AttributeDefinition[]
  skeleton?: Skeleton | null | undefined
}

/** Everything a reader needs. */
export interface Source {
  tree: Tree
  /** Where images are looked for: the tree itself, or the folder that the user named. */
  images: Tree
  /** The one file to be read, relative to the tree; null: the whole folder. */
  file: string | null
  findings: Findings
  options: z.output<typeof importOptions>
  /** Where files may be unpacked to (of a tar); a draft then names this folder as its root. */
  unpackTo: (name: string) => string
  /**
   * Says that a file of the tree was used: those that nobody took are listed. What `tree.text` or `tree.absolute` opened, and where a
   * draft comes from, is known.
   */
  took: (file: string) => void
  /** Class names in their order, for labels that no image uses and for the order itself. */
  declareLabels: (labels: readonly (string | DraftLabel)[]) => void
}
