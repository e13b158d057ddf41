/** A reader's description of one image, before the image itself is examined. */
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
  /** Absolute folder that the image's path is relative to, if the image was unpacked and is not in the image tree. */
  root?: string
  where: Where
  /** The size according to the annotation. */
  size?: { width?: number | undefined; height?: number | undefined } | undefined
  /**
   * In pixels of the annotated size; a function if the format uses relative coordinates. The function may throw an
   * Error whose message is the reason.
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
  /** Name of the parent label. */
  parent?: string | null
  attributes?: AttributeDefinition[]
  skeleton?: Skeleton | null | undefined
}

/** What a reader works with. */
export interface Source {
  tree: Tree
  /** Where images are looked for: the tree itself, or the folder named by the user. */
  images: Tree
  /** The file to read, relative to the tree; null for the whole folder. */
  file: string | null
  findings: Findings
  options: z.output<typeof importOptions>
  /** Returns a folder to unpack files to (e.g. from a tar); a draft then names that folder as its root. */
  unpackTo: (name: string) => string
  /**
   * Marks a file of the tree as used; unused ones are reported. Files opened through `tree.text` or `tree.absolute`,
   * and those named in a draft's `where`, are marked already.
   */
  took: (file: string) => void
  /** Declares class names in order, including labels that no image uses. */
  declareLabels: (labels: readonly (string | DraftLabel)[]) => void
}
