import { z } from 'zod'
import { say, sentence, type Sentence } from '#shared/sentences/table.ts'
import { activationNames } from '../nn/activations.ts'
import { isFused } from '../nn/attention.ts'

/*
 * Limits far above any real model (the largest CLIP has 48 layers of width 1,664), so that a number in a config.json
 * cannot trigger an allocation before the configuration has been checked against the tensors.
 */
export const upTo = (max: number) =>
  z
    .int()
    .positive()
    .max(max, { error: (issue) => `expected at most ${max}, found ${String(issue.input)}` })
export const width = upTo(65_536)
export const layers = upTo(1024)
/** Per image or text: elements of the largest activation between two layers. 2²⁶ float32 take 256 MB. */
export const MAX_ACTIVATIONS = 2 ** 26

export const activation = z.enum(activationNames, {
  error: (issue) => `expected one of ${activationNames.join(', ')}, found ${JSON.stringify(issue.input)}`,
})
/** A setting that published models don't vary. */
export const only = <T extends number>(n: T) => z.literal(n, { error: (issue) => `expected ${n}, found ${String(issue.input)}` })
export const epsilon = z.number().nonnegative().max(1)

interface Tower {
  readonly hidden_size: number
  readonly intermediate_size: number
  readonly num_attention_heads: number
}

/** Elements of the largest activation between two layers of a tower, for one sequence of `tokens` tokens. */
export const activationsOf = (c: Tower, tokens: number): number =>
  tokens * Math.max(c.num_attention_heads * tokens, c.intermediate_size, 3 * c.hidden_size)

/** Number of tokens of an image: its whole patches plus `before` leading tokens (e.g. the class token). */
export const imageTokenCount = ({ patch_size: p }: { patch_size: number }, height: number, width: number, before = 1): number =>
  before + Math.floor(height / p) * Math.floor(width / p)

/** The reason why `tokens` tokens are too many; undefined if they are accepted. */
export const tooMany = (c: Tower, tokens: number, activations = activationsOf(c, tokens)): Sentence | undefined =>
  activations > MAX_ACTIVATIONS ? sentence('model.tokens', { tokens, heads: c.num_attention_heads }) : undefined

/**
 * {@link activationsOf} an image tower, whose attention has no mask and may be fused: no head's weights are held then, but
 * those of one still count, since a square number of tokens takes time too.
 */
const ofPicture = (c: Tower, tokens: number): number =>
  activationsOf(isFused(c.num_attention_heads, tokens, tokens) ? { ...c, num_attention_heads: 1 } : c, tokens)

/** Number of image channels. */
export const channels = z
  .int()
  .default(3)
  .refine((n) => n === 3, { error: (issue) => `expected 3 (red, green, blue), found ${String(issue.input)}` })
export const pictureSide = upTo(16_384)

/** Schema of an image tower, checking that heads divide the width and patches fit the image size. */
export const imageTower = <T extends z.ZodType<Tower & { patch_size: number; image_size: number }>>(schema: T, { before = 1 } = {}) =>
  tower(
    schema.refine((c) => c.patch_size <= c.image_size, { path: ['patch_size'], message: 'must not exceed image_size' }) as unknown as T,
    'image_size' as keyof z.output<T> & string,
    (c) => imageTokenCount(c, c.image_size, c.image_size, before),
    (c, tokens) => tooMany(c, tokens, ofPicture(c, tokens)),
  )

/** Activation size and limits of a tower for pictures of a given size in pixels. */
export const pictureCost = (c: Tower & { patch_size: number }, before = 1) => ({
  activations: (height: number, width: number) => ofPicture(c, imageTokenCount(c, height, width, before)),
  tooMany: (height: number, width: number) => {
    const tokens = imageTokenCount(c, height, width, before)
    return tooMany(c, tokens, ofPicture(c, tokens))
  },
})

export const tower = <T extends z.ZodType<Tower>>(
  schema: T,
  size: keyof z.output<T> & string,
  tokens: (c: z.output<T>) => number,
  problemOf: (c: z.output<T>, tokens: number) => Sentence | undefined = (c, n) => tooMany(c, n),
) =>
  schema
    .refine((c) => c.hidden_size % c.num_attention_heads === 0, { path: ['num_attention_heads'], message: 'must divide hidden_size' })
    .superRefine((c, issues) => {
      const problem = problemOf(c, tokens(c))
      if (problem) issues.addIssue({ code: 'custom', path: [size], message: say(problem) })
    })
