/** Curation: its options, and what it finds out about a dataset. */
import { z } from 'zod'
import { id, split, tag } from './media.ts'

const count = z.number().int().nonnegative()
const share = z.number().min(0).max(1)
const seed = z.number().int().nonnegative().default(0)
/** Folder of the checkpoint whose image embeddings are used; by default the bundled model. */
const model = z.string().min(1).optional()

/** What every kept result says about itself. */
export const resultInfo = z.object({
  /** Milliseconds since 1970. */
  at: z.number().int(),
  seconds: z.number(),
  /** The data that it was made from has changed since. */
  stale: z.boolean(),
})
export type ResultInfo = z.infer<typeof resultInfo>

// Near-duplicates

/** By what two images count as the same: their bytes, their perceptual hashes, their embeddings. */
export const likeness = z.enum(['exact', 'phash', 'embedding'])
export type Likeness = z.infer<typeof likeness>

export const duplicateOptions = z.object({
  method: likeness.or(z.literal('all')).default('all'),
  /** Bits of 64 in which two perceptual hashes may differ. */
  hamming: z.number().int().min(0).max(15).default(4),
  /** The cosine from which on two embeddings count as the same: SemDeDup's 1 − ε. */
  similarity: z.number().min(0.5).max(1).default(0.97),
  /** Which one SemDeDup keeps of a group: the farthest from its cluster's centroid, as in the paper, or the closest. */
  keep: z.enum(['farthest', 'closest']).default('farthest'),
  model,
  seed,
})
export type DuplicateOptions = z.input<typeof duplicateOptions>

/**
 * Images that are alike, directly or by way of one another; those to keep come first, labelled ones before others. More than one is
 * kept where a chain of small steps joins images that are not alike.
 */
export const duplicateGroup = z.object({
  id,
  images: z.array(z.object({ mediaId: id, path: z.string(), keep: z.boolean() })).min(2),
  /** By what they are alike. */
  by: z.array(likeness).min(1),
})
export type DuplicateGroup = z.infer<typeof duplicateGroup>

export const duplicateSummary = z.object({
  images: count,
  groups: count,
  /** Images that are not to be kept. */
  duplicates: count,
  /** Pairs found by each kind of likeness. */
  pairs: z.record(likeness, count),
  /** Images left out because their file is missing or cannot be decoded. */
  unreadable: count,
})
export type DuplicateSummary = z.infer<typeof duplicateSummary>

/** What happens to images that are not to be kept: a tag, or removal from the project. Files are never touched, and it can be undone. */
export const duplicateAction = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('tag'), tag: tag.default('duplicate') }),
  z.object({ kind: z.literal('remove') }),
])
export type DuplicateAction = z.input<typeof duplicateAction>

// Splits

export const splitOptions = z.object({
  /** Split → share of the images; together 1. */
  shares: z
    .record(split, z.number().positive().max(1))
    .refine((s) => Math.abs(Object.values(s).reduce((a, b) => a + b, 0) - 1) < 1e-6, 'expected shares that sum to 1'),
  /** Each split gets its share of every label. */
  stratify: z.boolean().default(true),
  /** Near-duplicates stay together, as far as they were searched for; exact duplicates always do. */
  duplicates: z.boolean().default(true),
  /** Images of one folder, or with a tag in common, stay together too. */
  groupBy: z.enum(['none', 'folder', 'tag']).default('none'),
  /** Only tags with this prefix group images: `patient:` for `patient:17`. */
  tagPrefix: z.string().default(''),
  /** Images already in a split stay there, and the rest of their group follows them. */
  keepAssigned: z.boolean().default(false),
  /** Images without a label are left as they are. */
  labelledOnly: z.boolean().default(false),
  seed,
})
export type SplitOptions = z.input<typeof splitOptions>

export const splitReport = z.object({
  images: count,
  splits: z.array(z.object({ name: split, wanted: share, share, images: count })),
  /** How often each label is in each split, in the order of `splits`; the rarest label first. */
  labels: z.array(z.object({ labelId: id, name: z.string(), images: count, counts: z.array(count) })),
  /** Groups of two or more, and the images of the largest. */
  groups: z.object({ count, largest: count }),
  /** Images whose split would change. */
  changes: count,
  /** What could not be met, as data for a sentence. */
  unmet: z.array(
    z.discriminatedUnion('kind', [
      /** A label with fewer images (groups) than there are splits: these splits have none of it. */
      z.object({ kind: z.literal('label-missing'), labelId: id, name: z.string(), images: count, splits: z.array(split) }),
      /** A split whose share is off by more than one percent point. */
      z.object({ kind: z.literal('share'), split, wanted: share, share }),
      /** A group whose images are already in several splits, which were to be kept. */
      z.object({ kind: z.literal('group-divided'), images: count, splits: z.array(split) }),
    ]),
  ),
})
export type SplitReport = z.infer<typeof splitReport>

// Class balance

export const balanceReport = z.object({
  images: count,
  /** Images with an accepted label, of the image or of a region on it. */
  labelled: count,
  /** Splits in use; null: in none. */
  splits: z.array(split.nullable()),
  labels: z.array(
    z.object({
      labelId: id,
      name: z.string(),
      /** Images with this label, of the image or of a region on it. */
      images: count,
      regions: count,
      /** Images, in the order of `splits`. */
      counts: z.array(count),
      /** (1 − βⁿ) / (1 − β) for n images: Cui et al. 2019, "Class-Balanced Loss Based on Effective Number of Samples". */
      effective: z.number(),
      /** Weight of the class-balanced loss, ∝ 1/effective, mean 1 over the labels in use; 0 for one not in use. */
      weight: z.number(),
    }),
  ),
  beta: z.number(),
  /** Images of the most frequent label by those of the rarest in use; null with fewer than two in use. */
  imbalance: z.number().nullable(),
  /** exp(entropy) of the labels' frequencies: how many equally frequent labels would be as diverse. */
  effectiveLabels: z.number(),
})
export type BalanceReport = z.infer<typeof balanceReport>

// Captions

export const captionIssue = z.enum(['missing', 'empty', 'repeated', 'duplicated', 'wrong-language', 'too-long'])
export type CaptionIssue = z.infer<typeof captionIssue>

export const captionOptions = z.object({
  /** Its tokenizer and text length decide what is too long. */
  model,
  /** The language that all captions should be in; by default each is compared with its own tag. */
  language: z.string().min(2).optional(),
})
export type CaptionOptions = z.input<typeof captionOptions>

const spread = z.object({ min: z.number(), median: z.number(), mean: z.number(), p95: z.number(), max: z.number() })
export type Spread = z.infer<typeof spread>

export const captionReport = z.object({
  images: count,
  captions: count,
  /** Images with a caption of the whole image. */
  captioned: count,
  ofRegions: count,
  /** Null without captions. `tokens` as the model counts them, start and end tokens included. */
  lengths: z.object({ characters: spread, words: spread, tokens: spread }).nullable(),
  /** The most tokens that the model reads. */
  tokenLimit: count,
  /** As detected, the most frequent first; null: too short to tell. */
  languages: z.array(z.object({ language: z.string().nullable(), captions: count })),
  vocabulary: count,
  /** The most frequent words. */
  words: z.array(z.object({ word: z.string(), count })),
  issues: z.record(captionIssue, count),
})
export type CaptionReport = z.infer<typeof captionReport>

/** A fault of a caption, or for `missing` of an image. */
export const captionFinding = z.object({
  issue: captionIssue,
  mediaId: id,
  captionId: id.nullable(),
  text: z.string(),
  /** wrong-language: the detected language. */
  language: z.string().optional(),
  /** too-long: its number of tokens. */
  tokens: count.optional(),
  /** duplicated, repeated: how often the text occurs. */
  times: count.optional(),
})
export type CaptionFinding = z.infer<typeof captionFinding>

// Doubtful labels

export const doubtOptions = z.object({
  model,
  /** Each image is judged by a linear probe that was fitted without its fold. */
  folds: z.number().int().min(2).max(20).default(5),
  seed,
})
export type DoubtOptions = z.input<typeof doubtOptions>

export const doubtSummary = z.object({
  /** Images with exactly one accepted label; only those are judged. */
  images: count,
  labels: z.array(z.object({ labelId: id, name: z.string(), images: count, /** Of those with this label. */ issues: count })),
  /** Images whose given label confident learning takes to be wrong. */
  issues: count,
  /** Accuracy of the out-of-sample predictions against the given labels. */
  accuracy: share,
  /** Share of wrong labels as the confident joint estimates it. */
  noise: share,
  /** given → suggested, the most frequent first; at most 100. */
  confusions: z.array(z.object({ given: id, suggested: id, images: count })),
  /** Images left out because they cannot be read or their label has fewer images than folds. */
  leftOut: count,
})
export type DoubtSummary = z.infer<typeof doubtSummary>

export const doubt = z.object({
  mediaId: id,
  path: z.string(),
  given: id,
  /** The model's best label. */
  suggested: id,
  /** Out-of-sample probability of the given label. */
  selfConfidence: share,
  /** p(given) − max p(others): from −1, surely wrong, to 1. */
  margin: z.number().min(-1).max(1),
  /** Whether it lies off the diagonal of the confident joint. */
  issue: z.boolean(),
})
export type Doubt = z.infer<typeof doubt>

// Similar images, and the map

export const similarQuery = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('image'), mediaId: id }),
  z.object({ kind: z.literal('text'), text: z.string().trim().min(1).max(2000) }),
])
export type SimilarQuery = z.input<typeof similarQuery>

export const indexSummary = z.object({ images: count, dimensions: count, unreadable: count })
export type IndexSummary = z.infer<typeof indexSummary>

/** `missing`: the model's index has to be made first (`curation.make-index`). */
export const similarAnswer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('missing') }),
  z.object({
    status: z.literal('found'),
    /** The best first; the image asked for is not among them. */
    images: z.array(z.object({ mediaId: id, similarity: z.number().min(-1).max(1) })),
    /** Images were added or removed since the index was made. */
    stale: z.boolean(),
  }),
])
export type SimilarAnswer = z.infer<typeof similarAnswer>

export const mapOptions = z.object({
  model,
  /** Beyond its limit of images, umap lays out a sample and places the rest beside their nearest neighbours. */
  method: z.enum(['pca', 'umap']).default('umap'),
  seed,
})
export type MapOptions = z.input<typeof mapOptions>

export const mapSummary = z.object({
  images: count,
  method: z.enum(['pca', 'umap']),
  /** Images in the layout itself; the others were placed beside their nearest neighbours. */
  laidOut: count,
  /** pca: share of the variance that the two axes explain. */
  variance: share.nullable(),
  unreadable: count,
})
export type MapSummary = z.infer<typeof mapSummary>

/** Columns of equal length: a quarter of a million points in one answer. x and y lie in [0, 1], at the scale of the longer one. */
export const mapPoints = z.object({ mediaIds: z.array(z.number()), x: z.array(z.number()), y: z.array(z.number()) })
export type MapPoints = z.infer<typeof mapPoints>
