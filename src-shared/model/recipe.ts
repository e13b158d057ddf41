import { z } from 'zod'
import type { Capability } from './capability.ts'
import { seeingShape } from './seeing.ts'

/*
 * What a fine-tuning recipe can be told. Every setting has a default and a description, so that forms and `--set key=value`
 * are made from these schemas alone. The recipes themselves are in engine/recipes, one short file each.
 */

const epochs = (n: number) => z.int().min(1).max(10_000).default(n).describe('Passes over the training images')
const batchSize = (n: number) => z.int().min(1).max(4096).default(n).describe('Images a step')
const rate = (lr: number) => z.number().positive().max(10).default(lr).describe('Peak learning rate')
const warmup = z.number().min(0).max(1).default(0.1).describe('Share of the steps in which the rate rises')
const decay = (wd: number) => z.number().min(0).max(1).default(wd).describe('Weight decay')

export const augmentations = ['none', 'light', 'strong'] as const

/** Full fine-tuning of the image tower and a classifier head, as model-soups and wise-ft do it. */
const tuning = (lr: number) => ({
  epochs: epochs(10),
  batchSize: batchSize(32),
  lr: rate(lr),
  warmup,
  weightDecay: decay(0.1),
  clipNorm: z.number().positive().default(1).describe('Largest gradient norm'),
  labelSmoothing: z.number().min(0).max(0.9).default(0).describe('Label smoothing'),
  augmentation: z.enum(augmentations).default('light').describe('How much training pictures are varied'),
  accumulate: z.int().min(1).max(1024).default(1).describe('Batches whose gradients are averaged before an update'),
  ema: z.number().min(0).max(0.99999).default(0).describe('Decay of a moving average of the weights, which is then kept (0: none)'),
})

/** Linear probe: L2 logistic regression over cached features, with a sweep of its strength C. */
const probing = {
  cMin: z.number().positive().default(1e-4).describe('Smallest C (inverse strength of the L2 penalty)'),
  cMax: z.number().positive().default(1e5).describe('Largest C'),
  cCount: z.int().min(1).max(200).default(28).describe('How many, in equal ratios'),
  iterations: z.int().min(1).max(100_000).default(1000).describe('Most L-BFGS iterations for each C'),
}

export const recipeSchemas = {
  'zero-shot': z.strictObject(seeingShape),
  lp: z.strictObject({ ...probing, ...seeingShape }),
  ft: z.strictObject({
    ...tuning(3e-5),
    ...seeingShape,
    head: z
      .enum(['zero-shot', 'random'])
      .default('zero-shot')
      .describe('What the classifier starts from; at random where the model reads no texts'),
  }),
  'lp-ft': z.strictObject({ ...tuning(1e-5), ...probing, ...seeingShape }),
  coop: z.strictObject({
    contextLength: z.int().min(1).max(64).default(4).describe('Learned tokens before the class name'),
    init: z.enum(['words', 'random']).default('words').describe('Start from the words "a picture of a", or from noise'),
    epochs: epochs(50),
    batchSize: batchSize(32),
    lr: rate(0.002),
    warmup: warmup.default(0.02),
    momentum: z.number().min(0).max(0.999).default(0.9).describe('SGD momentum'),
    weightDecay: decay(5e-4),
    ...seeingShape,
  }),
} as const

export type RecipeName = keyof typeof recipeSchemas
export type RecipeSettings<R extends RecipeName = RecipeName> = z.output<(typeof recipeSchemas)[R]>
/** What a recipe asks of the model that it starts from. */
export const recipeNeeds: Readonly<Record<RecipeName, readonly Capability[]>> = {
  'zero-shot': ['embedImage', 'embedText'],
  lp: ['embedImage'],
  ft: ['embedImage'],
  'lp-ft': ['embedImage'],
  coop: ['embedImage', 'embedText'],
}
export const recipeNames = Object.keys(recipeSchemas) as RecipeName[]
export const recipeNameSchema = z.enum(recipeNames as [RecipeName, ...RecipeName[]])
