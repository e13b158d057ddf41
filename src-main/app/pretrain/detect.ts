/** `dashi pretrain detect` and `refine`: the nano detector, and the model that looks at its boxes again. */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { preprocessSchema } from '../../engine/data/index.ts'
import { Detecting } from '../../engine/detection/index.ts'
import { architectureOf, nanoDetectConfig, nanoPreprocessor, nanoRefineConfig, openModel, towerStart } from '../../engine/models/index.ts'
import { type DrawScene, detectorStart, detectRecipe, pretrainDetector, refinerStart, refineRecipe } from '../../engine/pretrain/index.ts'
import { ANYTHING } from '../../engine/regions/index.ts'
import { copyCompanions, fingerprint, fromMemory, writeJson, writeSafetensors } from '../../engine/weights/index.ts'
import type { AppContext } from '../context.ts'
import { type Normalisation, sceneDrawer } from './compose.ts'
import { sceneConcepts, trainingSprites } from './detect-data.ts'
import { madeIn, type OnProgress, partnersOf, recordMade, writeCurve } from './made.ts'
import { windowDrawer } from './windows.ts'

/** Averaged into one query for each word; part of the model. */
const TEMPLATES = ['{}', 'a picture of {}', 'an icon of {}']

export interface NanoDetectResult {
  readonly steps: number
  readonly seconds: number
}

interface Lengths {
  readonly steps?: number
  readonly threads?: number
}

type Sprites = Awaited<ReturnType<typeof trainingSprites>>

interface Start {
  readonly base: { readonly path: string; readonly fingerprint: string }
  readonly config: ReturnType<typeof nanoDetectConfig> | ReturnType<typeof nanoRefineConfig>
  readonly weights: Map<string, Float32Array>
}

/** Of the two models, what makes them differ. */
interface Kind {
  readonly name: string
  readonly recipe: typeof detectRecipe | typeof refineRecipe
  start(nano: string): Promise<Start>
  scenes(sprites: Sprites, size: number, preprocess: Normalisation, onProgress: OnProgress): DrawScene
}

/** Trains the nano detector from Nano: a folder in the layout of OWL-ViT. `figures` measures it. */
export const makeNanoDetector = (app: AppContext, dir: string, lengths: Lengths, onProgress: OnProgress): Promise<NanoDetectResult> =>
  makeKind(app, dir, detector, lengths, onProgress)

/** Trains the model that mends the nano detector's boxes; in the same layout. */
export const makeRefiner = (app: AppContext, dir: string, lengths: Lengths, onProgress: OnProgress): Promise<NanoDetectResult> =>
  makeKind(app, dir, refiner, lengths, onProgress)

const detector: Kind = {
  name: 'pretrain-detect',
  recipe: detectRecipe,
  start: fromNano,
  scenes: (sprites, size, preprocess) => sceneDrawer('detect', detectRecipe.seed, sprites, size, preprocess),
}
const refiner: Kind = {
  name: 'pretrain-refine',
  recipe: refineRecipe,
  start: fromDetector,
  scenes: (sprites, size, preprocess, onProgress) =>
    windowDrawer('refine', refineRecipe, sprites, size, preprocess, (done, of) => onProgress('windows', done, of)),
}

const makeKind = (app: AppContext, dir: string, kind: Kind, lengths: Lengths, onProgress: OnProgress) =>
  madeIn(dir, kind.name, (beside) => makeIn(app, beside, kind, lengths, onProgress))

async function makeIn(
  app: AppContext,
  dir: string,
  { name, recipe, start: startOf, scenes }: Kind,
  { steps = recipe.steps, threads }: Lengths,
  onProgress: OnProgress,
): Promise<NanoDetectResult> {
  const started = Date.now()
  const { weights: start, config, base } = await startOf(app.nano)
  const model = architectureOf(config)
  const shapes = model.tensors.shapes()
  const stateDir = path.join(app.cache, name)
  mkdirSync(stateDir, { recursive: true })
  const write = async (weights: ReadonlyMap<string, Float32Array>) => {
    await writeSafetensors(
      path.join(dir, 'model.safetensors'),
      fromMemory(new Map([...shapes].map(([name, shape]) => [name, { shape, data: weights.get(name)! }])), 'F16'),
    )
  }
  copyCompanions(app.nano, dir)
  await writeJson(path.join(dir, 'config.json'), config)
  const { size } = model.image
  const preprocess = preprocessSchema.parse({ size: { height: size, width: size }, do_center_crop: false })
  const { crop_size: _, ...said } = nanoPreprocessor(preprocess) as Record<string, unknown>
  await writeJson(path.join(dir, 'preprocessor_config.json'), {
    ...said,
    image_processor_type: 'OwlViTImageProcessor',
    processor_class: 'OwlViTProcessor',
  })
  await write(start)

  const concepts = sceneConcepts()
  const sprites = await trainingSprites(concepts, (done, of) => onProgress('drawing', done, of))
  const { losses, weights } = await pretrainDetector({
    model,
    recipe,
    start,
    identity: [config, sprites.length, base.fingerprint],
    anything: await anythingIn(dir),
    scene: scenes(sprites, size, preprocess, onProgress),
    steps,
    threads,
    stateDir,
    onMetrics: (step, of, { loss, focal, distance, giou, score }) =>
      onProgress(
        'pre-training',
        step,
        of,
        [
          ['loss', loss],
          ['focal', focal!],
          ['L1', distance!],
          ['GIoU', giou!],
          ['score', score!],
        ]
          .map(([name, x]) => `${name} ${Number(x).toFixed(3)}`)
          .join(', '),
      ),
  })
  await write(new Map([...start, ...weights]))
  writeCurve(dir, losses, 3)
  const settings = { ...recipe, steps }
  await recordMade(dir, { base, recipe: name, settings, metrics: {}, templates: TEMPLATES, partners: partnersOf({ names: app.nano }) })
  return { steps: losses.length, seconds: (Date.now() - started) / 1000 }
}

/** The detector's start: Nano's texts, and an untrained image tower. */
async function fromNano(nano: string): Promise<Start> {
  const clip = await openModel(nano)
  try {
    const config = nanoDetectConfig(clip.text!.vocabulary, clip.tokenizer.endId)
    const shapes = architectureOf(config).tensors.shapes()
    const { seed } = detectRecipe
    const weights = detectorStart(shapes, towerStart(config, seed), (name) => clip.weights.float32(name), seed)
    return { base: { path: 'nano', fingerprint: await fingerprint(nano) }, config, weights }
  } finally {
    clip.close()
  }
}

/** The start of the model that looks again: the nano detector beside Nano. */
async function fromDetector(nano: string): Promise<Start> {
  const dir = path.join(nano, '..', 'nano-detect')
  const detector = await openModel(dir)
  try {
    const config = nanoRefineConfig(detector.text!.vocabulary, detector.tokenizer.endId)
    const weights = refinerStart(architectureOf(config).tensors.shapes(), (name) => detector.weights.float32(name))
    return { base: { path: 'nano-detect', fingerprint: await fingerprint(dir) }, config, weights }
  } finally {
    detector.close()
  }
}

/** The query of each word for anything, as it is asked for. */
async function anythingIn(dir: string): Promise<Float32Array[]> {
  const model = await openModel(dir)
  const detecting = Detecting.with(model, 'pretrain detect')
  try {
    const { width } = model.detector!
    const queries = await detecting.queries(
      ANYTHING.map((name) => ({ name })),
      TEMPLATES,
    )
    return ANYTHING.map((_, i) => queries.slice(i * width, (i + 1) * width))
  } finally {
    await detecting.release()
    model.close()
  }
}
