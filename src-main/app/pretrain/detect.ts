/** `dashi pretrain detect`: the nano detector. */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { preprocessSchema } from '../../engine/data/index.ts'
import { Detecting } from '../../engine/detection/index.ts'
import { architectureOf, nanoDetectConfig, nanoPreprocessor, openModel, towerStart } from '../../engine/models/index.ts'
import { detectorStart, detectRecipe, pretrainDetector } from '../../engine/pretrain/index.ts'
import { ANYTHING } from '../../engine/regions/index.ts'
import { copyCompanions, fingerprint, fromMemory, writeJson, writeSafetensors } from '../../engine/weights/index.ts'
import type { AppContext } from '../context.ts'
import { sceneDrawer } from './compose.ts'
import { sceneConcepts, trainingSprites } from './detect-data.ts'
import { madeIn, type OnProgress, partnersOf, recordMade, writeCurve } from './made.ts'

const RECIPE = 'pretrain-detect'
/** Averaged into one query for each word; part of the model. */
const TEMPLATES = ['{}', 'a picture of {}', 'an icon of {}']

export interface NanoDetectResult {
  readonly steps: number
  readonly seconds: number
}

/** Trains the nano detector from Nano: a folder in the layout of OWL-ViT. `figures` measures it. */
export const makeNanoDetector = (
  app: AppContext,
  dir: string,
  { steps = detectRecipe.steps, threads }: { readonly steps?: number; readonly threads?: number },
  onProgress: OnProgress,
): Promise<NanoDetectResult> => madeIn(dir, RECIPE, (beside) => makeIn(app, beside, { steps, threads }, onProgress))

async function makeIn(
  app: AppContext,
  dir: string,
  { steps, threads }: { readonly steps: number; readonly threads: number | undefined },
  onProgress: OnProgress,
): Promise<NanoDetectResult> {
  const started = Date.now()
  const { start, config } = await startFrom(app.nano)
  const model = architectureOf(config)
  const shapes = model.tensors.shapes()
  const stateDir = path.join(app.cache, 'pretrain-detect')
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
    start,
    identity: [config, sprites.length],
    anything: await anythingIn(dir),
    scene: sceneDrawer('detect', detectRecipe.seed, sprites, size, preprocess),
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
  const base = { path: 'nano', fingerprint: await fingerprint(app.nano) }
  const settings = { ...detectRecipe, steps }
  await recordMade(dir, { base, recipe: RECIPE, settings, metrics: {}, templates: TEMPLATES, partners: partnersOf({ names: app.nano }) })
  return { steps: losses.length, seconds: (Date.now() - started) / 1000 }
}

/** The weights that training starts from, and the configuration. */
async function startFrom(nano: string) {
  const clip = await openModel(nano)
  try {
    const text = clip.text!
    const config = nanoDetectConfig(text.vocabulary, clip.tokenizer.endId)
    const start = detectorStart(
      architectureOf(config).tensors.shapes(),
      towerStart(config, detectRecipe.seed),
      (name) => clip.weights.float32(name),
      detectRecipe.seed,
    )
    return { start, config }
  } finally {
    clip.close()
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
