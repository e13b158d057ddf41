import type { Concept } from '#shared/model/sample.ts'
import { augment, augmentSchema } from '../../engine/data/augment.ts'
import { preprocessSchema } from '../../engine/data/preprocess.ts'
import { Rng } from '../../engine/data/rng.ts'
import type { Tokenizer } from '../../engine/data/tokenizer.ts'
import { clipTensors, eosIndex, imageEmbedding, textEmbedding } from '../../engine/models/clip.ts'
import type { ClipConfig } from '../../engine/models/clip-config.ts'
import { Params, tensorsInMemory } from '../../engine/nn/params.ts'
import { l2Normalize } from '../../engine/ops/index.ts'
import { BatchSession } from '../../engine/runtime/infer.ts'
import { fillTemplate, zeroShotTemplates } from './captions.ts'
import type { Picture } from './pictures.ts'

/** Top-1 accuracy of naming each picture's concept among all concepts, by the average embedding of their templates. */
export async function zeroShotAccuracy(
  config: ClipConfig,
  weights: ReadonlyMap<string, Float32Array>,
  tokenizer: Tokenizer,
  concepts: readonly Concept[],
  pictures: readonly Picture[],
  side: number,
): Promise<number> {
  const source = tensorsInMemory('Nano', clipTensors(config).shapes(), (name) => weights.get(name)!)
  const length = config.text_config.max_position_embeddings
  const size = config.vision_config.image_size
  const d = config.projection_dim
  const texts = await BatchSession.create(128, ['ids', 'eos'], (g, b) => ({
    y: l2Normalize(textEmbedding(new Params(g, source), config, g.input('ids', 'int32', [b, length]), g.input('eos', 'int32', [b]))),
  }))
  const t = zeroShotTemplates.length
  const { y: byTemplate } = await texts.run(concepts.length * t, (row, { ids, eos }, slot) => {
    const encoded = tokenizer.encode(fillTemplate(zeroShotTemplates[row % t]!, concepts[Math.floor(row / t)]!.name), length)
    ;(ids as Int32Array).set(encoded, slot * length)
    ;(eos as Int32Array)[slot] = eosIndex(encoded, config.text_config.eos_token_id)
  })
  await texts.release()
  const classes = concepts.map((_, c) => {
    const mean = new Float32Array(d)
    for (let k = 0; k < t; k++) for (let i = 0; i < d; i++) mean[i]! += byTemplate![(c * t + k) * d + i]!
    const norm = Math.hypot(...mean)
    return mean.map((x) => x / norm)
  })
  const images = await BatchSession.create(128, ['pixels'], (g, b) => ({
    y: l2Normalize(imageEmbedding(new Params(g, source), config, g.input('pixels', 'float32', [b, 3, size, size]))),
  }))
  const plain = augmentSchema.parse({})
  const { y: found } = await images.run(pictures.length, (row, { pixels }, slot) => {
    const image = { width: side, height: side, channels: 4 as const, data: pictures[row]!.rgba }
    augment(
      image,
      { width: size, height: size },
      plain,
      preprocessSchema.parse({}),
      Rng.of(0),
      pixels as Float32Array,
      slot * 3 * size * size,
    )
  })
  await images.release()
  let right = 0
  pictures.forEach((picture, row) => {
    let best = 0
    let bestScore = -Infinity
    classes.forEach((c, i) => {
      let score = 0
      for (let k = 0; k < d; k++) score += c[k]! * found![row * d + k]!
      if (score > bestScore) [best, bestScore] = [i, score]
    })
    right += Number(best === picture.concept)
  })
  return right / pictures.length
}
