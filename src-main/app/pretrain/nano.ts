import path from 'node:path'
import { taskStyle } from '#shared/model/sample.ts'
import { preprocessSchema, Tokenizer, trainBpe, writeTokenizer } from '../../engine/data/index.ts'
import { architectureOf, nanoConfig, nanoPreprocessor } from '../../engine/models/index.ts'
import { pretrain, recipe, zeroShotAccuracy } from '../../engine/pretrain/index.ts'
import { fromMemory, writeJson, writeSafetensors } from '../../engine/weights/index.ts'
import type { AppContext } from '../context.ts'
import { concepts as allConcepts } from '../sample/concepts.ts'
import { captionsFor, fillTemplate, tokenizerTexts, zeroShotTemplates } from './captions.ts'
import { madeIn, type OnProgress, recordMade, writeCurve } from './made.ts'
import { pretrainPictures, redrawnPictures, renderAll } from './pictures.ts'

const RECIPE = 'pretrain'

const percent = (x = 0) => `${(100 * x).toFixed(0)}%`

export interface NanoResult {
  /** Zero-shot accuracy on the unseen style `fluent-emoji-flat`. */
  zeroShot: number
  /** Zero-shot accuracy on those pictures of the unseen style `noto-v1` that differ from `noto`'s. */
  zeroShotRedrawn: number
  concepts: number
  pictures: number
  steps: number
  seconds: number
}

/**
 * Pre-trains Nano from scratch: tokenizer, training, and a checkpoint folder with its record, loss curve and zero-shot
 * accuracy on a style never seen in training. Resumes an interrupted run.
 */
export const makeNano = (app: AppContext, dir: string, epochs: number = recipe.epochs, onProgress: OnProgress): Promise<NanoResult> =>
  madeIn(dir, RECIPE, (beside) => makeIn(app, beside, epochs, onProgress))

async function makeIn(app: AppContext, dir: string, epochs: number, onProgress: OnProgress): Promise<NanoResult> {
  const started = Date.now()
  const concepts = allConcepts()
  await writeTokenizer(dir, trainBpe(tokenizerTexts(), recipe.vocabulary), recipe.contextLength)
  const tokenizer = await Tokenizer.load(dir)
  const raw = nanoConfig(tokenizer.vocabSize, tokenizer.endId)
  const model = architectureOf(raw)
  const pictures = await pretrainPictures(concepts, recipe.renderSize, (done, of) => onProgress('drawing', done, of))
  const unseen = await renderAll(concepts, [taskStyle], recipe.renderSize)
  const { losses, weights } = await pretrain({
    model,
    config: raw,
    captions: concepts.map(captionsFor),
    pictures,
    tokenizer,
    epochs,
    stateDir: path.join(app.cache, 'pretrain'),
    onMetrics: (step, steps, { loss, image, text }) =>
      onProgress('pre-training', step, steps, `loss ${loss.toFixed(2)}, concept of image ${percent(image)}, of caption ${percent(text)}`),
  })
  const shapes = model.tensors.shapes()
  await writeSafetensors(
    path.join(dir, 'model.safetensors'),
    fromMemory(new Map([...weights].map(([name, data]) => [name, { shape: shapes.get(name)!, data }])), 'F16'),
  )
  await writeJson(path.join(dir, 'config.json'), raw)
  const { size } = model.image
  const preprocess = preprocessSchema.parse({ size: { shortest_edge: size }, crop_size: { height: size, width: size } })
  await writeJson(path.join(dir, 'preprocessor_config.json'), nanoPreprocessor(preprocess))
  const prompts = concepts.map(({ name }) => zeroShotTemplates.map((template) => fillTemplate(template, name)))
  const zeroShot = await zeroShotAccuracy(model, weights, tokenizer, prompts, unseen)
  const redrawn = await redrawnPictures(concepts, pictures, recipe.renderSize)
  const zeroShotRedrawn = await zeroShotAccuracy(model, weights, tokenizer, prompts, redrawn)
  writeCurve(dir, losses)
  await recordMade(dir, {
    base: null,
    recipe: RECIPE,
    settings: { ...recipe, epochs },
    metrics: { zeroShotConcepts: zeroShot, zeroShotRedrawn },
    templates: zeroShotTemplates,
  })
  return {
    zeroShot,
    zeroShotRedrawn,
    concepts: concepts.length,
    pictures: pictures.length,
    steps: losses.length,
    seconds: (Date.now() - started) / 1000,
  }
}
