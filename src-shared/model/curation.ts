/** Curation: options and results. */
import { z } from 'zod'
import { id, split, tag } from './media.ts'

const count = z.number().int().nonnegative()
const share = z.number().min(0).max(1)
const seed = z.number().int().nonnegative().default(0)
/** How many images there are, and how many were left out because their file is missing or cannot be decoded. */
const examined = { images: count, unreadable: count }
/** Checkpoint folder whose image embeddings are used; by default the bundled model. */
const model = z.string().min(1).optional()

/** Facts about every stored result. */
export const resultInfo = z.object({
  /** Milliseconds since 1970. */
  at: z.number().int(),
  seconds: z.number(),
  /** The data that it was computed from has changed. */
  stale: z.boolean(),
})
export type ResultInfo = z.infer<typeof resultInfo>

// Near-duplicates

/** Criterion by which two images count as the same: their bytes, their perceptual hashes, their embeddings. */
export const likeness = z.enum(['exact', 'phash', 'embedding'])
export type Likeness = z.infer<typeof likeness>

export const duplicateOptions = z.object({
  method: likeness.or(z.literal('all')).default('all'),
  /** Maximum number of differing bits (of 64) between two perceptual hashes. */
  hamming: z.number().int().min(0).max(15).default(4),
  /** Minimum cosine at which two embeddings count as the same: SemDeDup's 1 − ε. */
  similarity: z.number().min(0.5).max(1).default(0.97),
  /**
   * Which image of a group SemDeDup keeps: the farthest from its cluster's centroid, as in the paper, or the closest.
   */
  keep: z.enum(['farthest', 'closest']).default('farthest'),
  model,
  seed,
})
export type DuplicateOptions = z.input<typeof duplicateOptions>

/**
 * Images that are alike, directly or transitively; those to keep come first, labelled ones before others. More than
 * one is kept if a chain of small differences connects images that are not alike.
 */
export const duplicateGroup = z.object({
  id,
  images: z.array(z.object({ mediaId: id, path: z.string(), keep: z.boolean() })).min(2),
  /** The criteria by which they are alike. */
  by: z.array(likeness).min(1),
})
export type DuplicateGroup = z.infer<typeof duplicateGroup>

export const duplicateSummary = z.object({
  ...examined,
  groups: count,
  /** Number of images not to keep. */
  duplicates: count,
  /** Number of pairs found by each criterion. */
  pairs: z.record(likeness, count),
})
export type DuplicateSummary = z.infer<typeof duplicateSummary>

/**
 * What to do with images that are not kept: tag them, or remove them from the project. Files are never touched, and
 * it can be undone.
 */
export const duplicateAction = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('tag'), tag: tag.default('duplicate') }),
  z.object({ kind: z.literal('remove') }),
])
export type DuplicateAction = z.input<typeof duplicateAction>

// Splits

export const splitOptions = z.object({
  /** Split → fraction of the images; sums to 1. */
  shares: z
    .record(split, z.number().positive().max(1))
    .refine((s) => Math.abs(Object.values(s).reduce((a, b) => a + b, 0) - 1) < 1e-6, 'expected shares that sum to 1'),
  /** Each split gets its share of every label. */
  stratify: z.boolean().default(true),
  /** Known near-duplicates stay together; exact duplicates always do. */
  duplicates: z.boolean().default(true),
  /** Images of one folder, or with a tag in common, stay together too. */
  groupBy: z.enum(['none', 'folder', 'tag']).default('none'),
  /** Only tags with this prefix group images: `patient:` for `patient:17`. */
  tagPrefix: z.string().default(''),
  /** Images already in a split stay there, and the rest of their group follows them. */
  keepAssigned: z.boolean().default(false),
  /** Images without a label are left unchanged. */
  labelledOnly: z.boolean().default(false),
  seed,
})
export type SplitOptions = z.input<typeof splitOptions>

export const splitReport = z.object({
  images: count,
  splits: z.array(z.object({ name: split, wanted: share, share, images: count })),
  /** Number of images of each label per split, in the order of `splits`; rarest label first. */
  labels: z.array(z.object({ labelId: id, name: z.string(), images: count, counts: z.array(count) })),
  /** Number of groups of two or more, and the size of the largest. */
  groups: z.object({ count, largest: count }),
  /** Number of images whose split would change. */
  changes: count,
  /** Requirements that could not be met, as data for a sentence. */
  unmet: z.array(
    z.discriminatedUnion('kind', [
      /** A label with fewer images (groups) than there are splits: these splits have none of it. */
      z.object({ kind: z.literal('label-missing'), labelId: id, name: z.string(), images: count, splits: z.array(split) }),
      /** A split whose fraction is off by more than one percentage point. */
      z.object({ kind: z.literal('share'), split, wanted: share, share }),
      /** A group whose images are already in several splits that had to be kept. */
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
  /** Splits in use; null stands for no split. */
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
  /** Ratio of the image counts of the most frequent and the rarest label in use; null with fewer than two in use. */
  imbalance: z.number().nullable(),
  /** exp(entropy) of the label frequencies: the equivalent number of equally frequent labels. */
  effectiveLabels: z.number(),
})
export type BalanceReport = z.infer<typeof balanceReport>

// Captions

export const captionIssue = z.enum(['missing', 'empty', 'repeated', 'duplicated', 'wrong-language', 'too-long'])
export type CaptionIssue = z.infer<typeof captionIssue>

export const captionOptions = z.object({
  /** The model whose tokenizer and context length decide what is too long. */
  model,
  /** The expected language of all captions; by default each caption is compared with its own tag. */
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
  /** Maximum number of tokens that the model reads. */
  tokenLimit: count,
  /** Detected languages, most frequent first; null: too short to tell. */
  languages: z.array(z.object({ language: z.string().nullable(), captions: count })),
  vocabulary: count,
  /** The most frequent words. */
  words: z.array(z.object({ word: z.string(), count })),
  issues: z.record(captionIssue, count),
})
export type CaptionReport = z.infer<typeof captionReport>

/** A problem of a caption or, for `missing`, of an image. */
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
  /** Each image is predicted by a linear probe fitted without its fold. */
  folds: z.number().int().min(2).max(20).default(5),
  seed,
})
export type DoubtOptions = z.input<typeof doubtOptions>

export const doubtSummary = z.object({
  /** Images with exactly one accepted label; only those are examined. */
  images: count,
  labels: z.array(z.object({ labelId: id, name: z.string(), images: count, /** Of those with this label. */ issues: count })),
  /** Images whose given label is wrong according to confident learning. */
  issues: count,
  /** Accuracy of the out-of-sample predictions against the given labels. */
  accuracy: share,
  /** Estimated fraction of wrong labels, from the confident joint. */
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
  /** p(given) − max p(others): from −1 (surely wrong) to 1. */
  margin: z.number().min(-1).max(1),
  /** Whether it is off the diagonal of the confident joint. */
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

/** `missing`: the model's index has to be built first (`curation.make-index`). */
export const similarAnswer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('missing') }),
  z.object({
    status: z.literal('found'),
    /** Best first, without the query image. */
    images: z.array(z.object({ mediaId: id, similarity: z.number().min(-1).max(1) })),
    /** Images were added or removed since the index was made. */
    stale: z.boolean(),
  }),
])
export type SimilarAnswer = z.infer<typeof similarAnswer>

export const mapOptions = z.object({
  model,
  /** Above a limit, umap lays out a sample and places the other images next to their nearest neighbours. */
  method: z.enum(['pca', 'umap']).default('umap'),
  seed,
})
export type MapOptions = z.input<typeof mapOptions>

export const mapSummary = z.object({
  ...examined,
  method: z.enum(['pca', 'umap']),
  /** Images in the layout itself; the others were placed next to their nearest neighbours. */
  laidOut: count,
  /** pca: fraction of the variance explained by the two axes. */
  variance: share.nullable(),
})
export type MapSummary = z.infer<typeof mapSummary>

/**
 * Columns of equal length, to send a quarter of a million points in one answer. x and y are in [0, 1], scaled by the
 * longer side.
 */
export const mapPoints = z.object({ mediaIds: z.array(z.number()), x: z.array(z.number()), y: z.array(z.number()) })
export type MapPoints = z.infer<typeof mapPoints>
