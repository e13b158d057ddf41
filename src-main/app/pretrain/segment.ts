/** `dashi pretrain segment` and `outline`: the nano segmenter, and the model that outlines one thing in a window. */
import { copyFileSync, existsSync } from 'node:fs'
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import { preprocessSchema } from '../../engine/data/index.ts'
import {
  type Architecture,
  architectureOf,
  type Model,
  nanoOutlineConfig,
  nanoSegmentConfig,
  openModel,
} from '../../engine/models/index.ts'
import { type DrawScene, outlineRecipe, pretrainSegment, rawTexts, segmentRecipe } from '../../engine/pretrain/index.ts'
import { ANYTHING } from '../../engine/regions/index.ts'
import { fromMemory, readRecord, writeJson, writeSafetensors } from '../../engine/weights/index.ts'
import type { AppContext } from '../context.ts'
import { zeroShotTemplates } from './captions.ts'
import { type Normalisation, sceneDrawer } from './compose.ts'
import { sceneConcepts, trainingSprites } from './detect-data.ts'
import { madeIn, type OnProgress, partnersOf, recordMade, writeCurve } from './made.ts'
import { windowDrawer } from './windows.ts'

export interface SegmentResult {
  readonly steps: number
  readonly seconds: number
}

const TOKENIZER = ['tokenizer.json', 'tokenizer_config.json', 'special_tokens_map.json', 'vocab.json', 'merges.txt']

interface Lengths {
  readonly steps?: number
  readonly threads?: number
}

/** Of the two models, what makes them differ. */
interface Kind {
  readonly name: string
  readonly recipe: typeof segmentRecipe | typeof outlineRecipe
  readonly configOf: typeof nanoSegmentConfig | typeof nanoOutlineConfig
  /** The model beside Nano in OWL-ViT's layout whose image tower it starts with. */
  readonly sees: string
  scenes(sprites: Sprites, size: number, preprocess: Normalisation, onProgress: OnProgress): DrawScene
}

type Sprites = Awaited<ReturnType<typeof trainingSprites>>

/** Trains the segmenter in the box from Nano and the nano detector. Resumes an interrupted run. */
export const makeSegmenter = (app: AppContext, dir: string, lengths: Lengths, onProgress: OnProgress): Promise<SegmentResult> =>
  makeKind(app, dir, segmenter, lengths, onProgress)

/** Trains the model that outlines what the refiner found, from that one's tower. Resumes an interrupted run. */
export const makeOutliner = (app: AppContext, dir: string, lengths: Lengths, onProgress: OnProgress): Promise<SegmentResult> =>
  makeKind(app, dir, outliner, lengths, onProgress)

const segmenter: Kind = {
  name: 'pretrain-segment',
  recipe: segmentRecipe,
  configOf: nanoSegmentConfig,
  sees: 'nano-detect',
  scenes: (sprites, size, preprocess) => sceneDrawer('segment', segmentRecipe.seed, sprites, size, preprocess),
}
const outliner: Kind = {
  name: 'pretrain-outline',
  recipe: outlineRecipe,
  configOf: nanoOutlineConfig,
  sees: 'nano-refine',
  scenes: (sprites, size, preprocess, onProgress) =>
    windowDrawer('outline', outlineRecipe, sprites, size, preprocess, (done, of) => onProgress('windows', done, of)),
}

const makeKind = (app: AppContext, dir: string, kind: Kind, lengths: Lengths, onProgress: OnProgress) =>
  madeIn(dir, kind.name, (beside) => makeIn(app, beside, kind, lengths, onProgress))

async function makeIn(
  app: AppContext,
  dir: string,
  { name, recipe, configOf, sees, scenes }: Kind,
  { steps = recipe.steps, threads }: Lengths,
  onProgress: OnProgress,
): Promise<SegmentResult> {
  const started = Date.now()
  const nano = await openModel(app.nano)
  const raw = configOf(nano.tokenizer.vocabSize, nano.tokenizer.endId)
  const model = architectureOf(raw)
  const anything = await rawTexts(nano, [...ANYTHING])
  const normalisation = preprocessSchema.parse({})
  const sprites = await trainingSprites(sceneConcepts(), (done, of) => onProgress('drawing', done, of))
  const tower = path.join(app.nano, '..', sees)
  const start = await startFrom(tower, nano, model, recipe.seed)
  scaleWords(start, anything)
  const { losses, weights } = await pretrainSegment({
    recipe,
    model,
    config: raw,
    start,
    anything,
    scene: scenes(sprites, model.image.size, normalisation, onProgress),
    steps,
    threads,
    stateDir: path.join(app.cache, name),
    onMetrics: (step, of, { loss, dice, pixelwise }) =>
      onProgress('training', step, of, `loss ${loss.toFixed(3)}, dice ${dice!.toFixed(3)}, pixels ${pixelwise!.toFixed(3)}`),
  })
  nano.close()
  const shapes = model.tensors.shapes()
  const made = new Map([...shapes].map(([name, shape]) => [name, { shape, data: weights.get(name) ?? start.get(name)! }]))
  await writeSafetensors(path.join(dir, 'model.safetensors'), fromMemory(made, 'F16'))
  await writeJson(path.join(dir, 'config.json'), raw)
  const { size } = model.image
  await writeJson(path.join(dir, 'preprocessor_config.json'), {
    image_processor_type: 'ViTImageProcessor',
    processor_class: 'CLIPSegProcessor',
    do_resize: true,
    size: { height: size, width: size },
    resample: 3,
    do_rescale: true,
    rescale_factor: normalisation.rescale_factor,
    do_normalize: true,
    image_mean: normalisation.image_mean,
    image_std: normalisation.image_std,
  })
  for (const file of TOKENIZER) copyFileSync(path.join(app.nano, file), path.join(dir, file))
  writeCurve(dir, losses)
  const { nano: names } = app
  await recordMade(dir, {
    ...{ base: { path: 'nano', fingerprint: readRecord(names).fingerprint }, recipe: name, settings: { ...recipe, steps }, metrics: {} },
    ...{ templates: zeroShotTemplates, partners: partnersOf({ names, boxes: path.join(app.nano, '..', 'nano-detect') }) },
  })
  return { steps: losses.length, seconds: (Date.now() - started) / 1000 }
}

/** The weights that training starts from: Nano's texts, a detector's image tower, and a decoder. */
async function startFrom(detector: string, nano: Model, model: Architecture, seed: number) {
  if (!existsSync(detector)) throw userError(`${detector}: missing; its image tower is what the training starts from, so train that first`)
  const start = model.initial!(seed)
  for (const name of nano.tensors.keys()) if (!nano.tensors.isOf(name, 'image')) start.set(`clip.${name}`, nano.weights.float32(name))
  const seeing = await openModel(detector)
  try {
    for (const name of start.keys())
      if (name.startsWith('clip.vision_model.'))
        start.set(name, seeing.weights.float32(name.replace('clip.', 'owlvit.').replace('pre_layrnorm', 'pre_layernorm')))
  } finally {
    seeing.close()
  }
  return start
}

/** Words modulate the decoder by factors of about 1 at the start, however long their embeddings are. */
function scaleWords(start: Map<string, Float32Array>, words: readonly Float32Array[]): void {
  const length = words.reduce((sum, w) => sum + Math.hypot(...w), 0) / words.length
  for (const name of ['decoder.film_mul.weight', 'decoder.film_add.weight'])
    start.set(
      name,
      start.get(name)!.map((x) => (x * Math.sqrt(words[0]!.length)) / length),
    )
}
