import { augment, augmentSchema } from '../data/augment.ts'
import { preprocessSchema } from '../data/preprocess.ts'
import { Rng } from '../data/rng.ts'
import type { Tokenizer } from '../data/tokenizer.ts'
import { textTower } from '../models/families.ts'
import type { Architecture } from '../models/model.ts'
import { Params, tensorsInMemory } from '../nn/params.ts'
import { l2Normalize } from '../ops/index.ts'
import { BatchSession } from '../runtime/infer.ts'
import type { Picture } from './picture.ts'
import { recipe } from './recipe.ts'

/**
 * Top-1 accuracy of classifying each image among all concepts by the mean embedding of their prompts.
 * @param prompts of each concept; the same number for all
 */
export async function zeroShotAccuracy(
  model: Architecture,
  weights: ReadonlyMap<string, Float32Array>,
  tokenizer: Tokenizer,
  prompts: readonly (readonly string[])[],
  pictures: readonly Picture[],
): Promise<number> {
  const source = tensorsInMemory('a trained model', model.tensors.shapes(), (name) => weights.get(name)!)
  const classes = await classEmbeddings(model, source, tokenizer, prompts)
  const found = await pictureEmbeddings(model, weights, pictures)
  const d = model.dim
  let right = 0
  pictures.forEach((picture, row) => {
    let best = 0
    let bestScore = -Infinity
    classes.forEach((c, i) => {
      let score = 0
      for (let k = 0; k < d; k++) score += c[k]! * found[row * d + k]!
      if (score > bestScore) [best, bestScore] = [i, score]
    })
    right += Number(best === picture.concept)
  })
  return right / pictures.length
}

/** What the image tower makes of each picture by itself, on white: [pictures, dim], of length 1. */
export async function pictureEmbeddings(
  model: Architecture,
  weights: ReadonlyMap<string, Float32Array>,
  pictures: readonly Pick<Picture, 'rgba'>[],
): Promise<Float32Array> {
  const source = tensorsInMemory('a trained model', model.tensors.shapes(), (name) => weights.get(name)!)
  const { size } = model.image
  const images = await BatchSession.create(128, ['pixels'], (g, b) => ({
    y: l2Normalize(model.image.embed(new Params(g, source), g.input('pixels', 'float32', [b, 3, size, size]))),
  }))
  const plain = augmentSchema.parse({})
  const normalisation = preprocessSchema.parse({})
  const { y } = await images.run(pictures.length, (row, { pixels }, slot) => {
    const image = { width: recipe.renderSize, height: recipe.renderSize, channels: 4 as const, data: pictures[row]!.rgba }
    const into = pixels as Float32Array
    augment(image, { width: size, height: size }, plain, normalisation, Rng.of(0), into, slot * 3 * size * size)
  })
  await images.release()
  return y!
}

/** The normalised mean of each concept's normalised prompt embeddings. */
async function classEmbeddings(
  model: Architecture,
  source: ReturnType<typeof tensorsInMemory>,
  tokenizer: Tokenizer,
  prompts: readonly (readonly string[])[],
): Promise<Float32Array[]> {
  const text = textTower(model, 'zero-shot accuracy')
  const length = text.context
  const session = await BatchSession.create(128, ['ids', 'eos'], (g, b) => {
    const p = new Params(g, source)
    return { y: l2Normalize(text.embed(p, text.tokens(p, g.input('ids', 'int32', [b, length])), g.input('eos', 'int32', [b]))) }
  })
  const all = prompts.flat()
  const { y } = await session.run(all.length, (row, { ids, eos }, slot) => {
    const encoded = tokenizer.encode(all[row]!, length)
    ;(ids as Int32Array).set(encoded, slot * length)
    ;(eos as Int32Array)[slot] = text.at(encoded)
  })
  await session.release()
  const d = model.dim
  let from = 0
  return prompts.map((own) => {
    const mean = new Float32Array(d)
    for (let k = 0; k < own.length; k++) for (let i = 0; i < d; i++) mean[i]! += y![(from + k) * d + i]!
    from += own.length
    const norm = Math.hypot(...mean)
    return mean.map((x) => x / norm)
  })
}
