/**
 * Upper limits for user input, far beyond legitimate use, so that a field filled by mistake or malice is refused by
 * name on entry instead of causing a failure later.
 */
export const limits = {
  /** Characters of a caption or comment. */
  text: 1_000_000,
  /** Characters of a name: an attribute's, an author's, a synonym. */
  name: 500,
  /** Characters of an attribute's value. */
  value: 20_000,
  /** Attributes of a region; synonyms or prompts of a label. */
  list: 1_000,
  /** Spans of a caption, and regions of a span. */
  spans: 10_000,
  /** The largest distance of a coordinate from the origin in pixels, whatever the image. */
  coordinate: 2 ** 27,
  /** A mask's side, and its area, in pixels. */
  side: 2 ** 26,
  area: 2 ** 31,
  /** Numbers of a ring or a line; parts of a polygon, or rings of a part. */
  ring: 2 ** 20,
  parts: 10_000,
  keypoints: 10_000,
  edges: 100_000,
} as const
