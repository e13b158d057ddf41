/**
 * An exchange format is one record in its own file in `formats/`; listing, describing, detecting, reading and writing
 * formats all work from these records.
 */
import type { z } from 'zod'
import type { Feature, Loss, Summary } from '#shared/model/exchange.ts'
import type { ImageRecord } from '#shared/model/record.ts'
import type { Words } from '#shared/model/words.ts'
import type { Findings } from './findings.ts'
import type { Proof } from '../../files/owned.ts'
import type { Project } from '../projects/project.ts'
import type { Draft, DraftLabel, Source } from './draft.ts'
import type { Peek } from './peek.ts'
import type { RunOptions } from './progress.ts'
import type { Item, Target } from './target.ts'
import type { Tree } from './tree.ts'

/** What happens to the features that a format cannot store. */
export type Losses = Partial<Record<Feature, Words>>

export interface Format<I extends z.ZodObject = z.ZodObject, E extends z.ZodObject = z.ZodObject> {
  /** The name in the terminal, reports and the window. */
  readonly id: string
  /** Detection order: narrower formats before wider ones. */
  readonly order: number
  /** Spelled as its makers do. */
  readonly title: Words
  /** One line on what a dataset in this format looks like. */
  readonly about: Words
  /** Extensions of its annotation files. */
  readonly extensions: readonly string[]
  /** Where it is specified or described. */
  readonly reference: string
  /** Whether the file is one of its annotation files. */
  readonly recognises?: (file: Peek) => boolean
  /** Whether the folder is a dataset in this format even though no single file was recognised. */
  readonly recognisesFolder?: (folder: FolderPeek) => boolean
  /** Describes, in English, an unrecognised text file that may be an annotation of this format. */
  readonly looks?: (tree: Tree, file: string, text: string) => string | null
  /** Annotations are next to their images at any depth, so an enclosing folder is never skipped as a mere wrapper. */
  readonly beside?: true
  /** Names of folders that hold only annotations; their files belong to the folder above. */
  readonly apart?: readonly string[]
  /** Settings for import and export; each has a default and a description. */
  readonly importSettings?: I
  readonly exportSettings?: E
  read?(source: Source, settings: z.output<I>): Iterable<Draft> | AsyncIterable<Draft>
  write?(items: Iterable<Item>, target: Target, settings: z.output<E>): void | Promise<void>
  /** For formats that store a whole project in one file; replaces `read` and `write`. */
  readonly archive?: Archive
  /** Whether an export copies the images by default. */
  readonly images?: 'copy' | 'none'
  readonly losses?: Losses
  /** For formats with several kinds of files: which kind an export writes, and what each kind loses in addition. */
  readonly kinds?: Kinds<E>
}

interface Kinds<E extends z.ZodObject> {
  readonly losses: Readonly<Record<string, Losses>>
  of(summary: Summary, settings: z.output<E>): string
}

export interface Archive {
  /** Whether the folder is an unpacked archive of this kind. */
  holds(folder: string): boolean
  records(
    folder: string,
    findings: Findings,
    declare: (labels: DraftLabel[]) => void,
  ): Iterable<{ record: ImageRecord; /** an absolute path */ root: string }>
  pack(project: Project, file: string, findings: Findings, run: RunOptions): Promise<void>
  /** Proves that `pack` wrote the file and nobody changed it. */
  readonly proof: Proof
}

/** A folder in which no single file was recognised. */
export interface FolderPeek {
  readonly tree: Tree
  /** The names in it. */
  readonly names: readonly string[]
  /** Number of images in a sample of its files. */
  readonly images: number
  /** Paths and beginnings of some of its text files, class lists excluded. */
  readonly texts: readonly (readonly [file: string, text: string])[]
}

export const defineFormat = <I extends z.ZodObject = z.ZodObject, E extends z.ZodObject = z.ZodObject>(
  format: Format<I, E>,
): Format<I, E> => format

export const canImport = ({ read, archive }: Format): boolean => Boolean(read ?? archive)
export const canExport = ({ write, archive }: Format): boolean => Boolean(write ?? archive)

/** What an export with these settings would lose, with counts. */
export function losses({ losses, kinds }: Format, summary: Summary, settings: Record<string, unknown>): Loss[] {
  return Object.entries({ ...losses, ...kinds?.losses[kinds.of(summary, settings)] }).flatMap(([feature, becomes]) => {
    const count = summary.counts[feature as Feature] ?? 0
    return count > 0 ? [{ feature: feature as Feature, count, becomes }] : []
  })
}

/** Loss descriptions shared by several formats; a format's own are in its record. */
export const becomes = {
  leftOut: { en: 'are left out', ja: '含まれません' },
  onlyFirst: { en: 'are left out, except the first', ja: '最初の一つだけが残ります' },
  onRequest: { en: 'are exported only on request (states)', ja: '指定しない限り含まれません（states）' },
  topLevel: { en: 'become top-level labels', ja: '親子でなく並びます' },
  boxes: { en: 'become their boxes', ja: '外接矩形になります' },
  lostInBoxes: { en: 'are lost in the boxes', ja: '矩形になると失われます' },
  unrotated: { en: 'become rotated boxes with an angle of 0', ja: '角度 0 の回転矩形になります' },
  smallestRotated: { en: 'become the smallest rotated boxes around them', ja: 'それを囲む最小の回転矩形になります' },
  masks: { en: 'become masks', ja: 'マスクになります' },
  filledMasks: { en: 'become filled masks', ja: '塗りつぶしたマスクになります' },
  holesAsMasks: { en: 'are kept: polygons with holes become masks', ja: '保たれます。穴を持つ多角形はマスクになります' },
  topmost: {
    en: 'decides which object a pixel belongs to; what is covered is lost',
    ja: '上のものがピクセルを占め、下に重なる部分は失われます',
  },
  orderOfObjects: { en: 'becomes the order of the objects in the file', ja: 'ファイル内の物体の順になります' },
  orderOfRows: { en: 'becomes the order of the rows', ja: '行の順になります' },
  unlabelledClass: { en: 'get the class “unlabelled”', ja: 'クラス「unlabelled」になります' },
  unlabelledLabel: { en: 'get the label “unlabelled”', ja: 'ラベル「unlabelled」になります' },
} as const satisfies Record<string, Words>

/** Losses of formats without regions. */
export const withoutRegions = {
  boxes: becomes.leftOut,
  'rotated boxes': becomes.leftOut,
  polygons: becomes.leftOut,
  masks: becomes.leftOut,
  polylines: becomes.leftOut,
  keypoints: becomes.leftOut,
} as const satisfies Losses

/** Losses of formats that know labels only by name. */
export const ofLabels = {
  'attribute definitions': becomes.leftOut,
  'parent labels': becomes.topLevel,
  skeletons: becomes.leftOut,
} as const satisfies Losses

/** Losses of most formats. */
export const usualLosses = {
  ...ofLabels,
  'drawing order': becomes.orderOfObjects,
  'image labels': becomes.leftOut,
  captions: becomes.leftOut,
  'region captions': becomes.leftOut,
  'grounded captions': becomes.leftOut,
  'caption languages': becomes.leftOut,
  tags: becomes.leftOut,
  authors: becomes.leftOut,
  'review states': becomes.leftOut,
  comments: becomes.leftOut,
  'proposals left out': becomes.onRequest,
} as const satisfies Losses

/** The usual losses, except of the features that a format keeps or describes itself. */
export const usualExcept = (...kept: (keyof typeof usualLosses)[]): Losses =>
  Object.fromEntries(Object.entries(usualLosses).filter(([feature]) => !(kept as string[]).includes(feature)))
