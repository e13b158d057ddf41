/** `dashi pretrain names`: Nano, taught to know things by crops of scenes. */
import path from 'node:path'
import { preprocessSchema } from '../../engine/data/index.ts'
import { openModel } from '../../engine/models/index.ts'
import { between, namesRecipe as recipe, pictureEmbeddings, pretrainNames } from '../../engine/pretrain/index.ts'
import { zeroShotHead } from '../../engine/tasks/index.ts'
import { copyCompanions, fingerprint, fromMemory, writeSafetensors } from '../../engine/weights/index.ts'
import type { AppContext } from '../context.ts'
import { concepts as allConcepts } from '../sample/concepts.ts'
import { suitsScene } from '../sample/scenes.ts'
import { cropsOf } from './crops.ts'
import { isUnseen, sceneConcepts, trainingSprites } from './detect-data.ts'
import { madeIn, type OnProgress, recordMade, writeCurve } from './made.ts'
import { measureNames, type NamesFigures } from './names-measure.ts'

const RECIPE = 'pretrain-names'

export interface NamesResult {
  /** Of true boxes in scenes, in styles never seen: how many get their word. */
  readonly figures: NamesFigures
  /** Nano's own. */
  readonly before: NamesFigures
  readonly steps: number
  readonly seconds: number
}

/** Makes the model that names what the nano detector finds: Nano's texts, and its image tower fine-tuned on crops of scenes. */
export const makeNames = (
  app: AppContext,
  dir: string,
  { steps = recipe.steps, threads }: { readonly steps?: number; readonly threads?: number },
  onProgress: OnProgress,
): Promise<NamesResult> => madeIn(dir, RECIPE, (beside) => makeIn(app, beside, { steps, threads }, onProgress))

async function makeIn(
  app: AppContext,
  dir: string,
  { steps, threads }: { readonly steps: number; readonly threads: number | undefined },
  onProgress: OnProgress,
): Promise<NamesResult> {
  const started = Date.now()
  copyCompanions(app.nano, dir)
  const nano = await openModel(app.nano)
  const { templates } = nano
  const shapes = nano.tensors.shapes()
  const start = new Map([...shapes.keys()].map((name) => [name, Float32Array.from(nano.weights.float32(name))]))
  const { losses, weights } = await trained()
  nano.close()
  await writeSafetensors(
    path.join(dir, 'model.safetensors'),
    fromMemory(new Map([...shapes].map(([name, shape]) => [name, { shape, data: weights.get(name) ?? start.get(name)! }])), 'F16'),
  )
  writeCurve(dir, losses)
  const base = { path: 'nano', fingerprint: await fingerprint(app.nano) }
  const record = (metrics: Record<string, number>) =>
    recordMade(dir, { base, recipe: RECIPE, settings: { ...recipe, steps }, metrics, templates })
  await record({})
  const measured = (of: string, phase: string) => measureNames(of, sceneConcepts(), app.cache, (done, n) => onProgress(phase, done, n))
  const [figures, before] = [await measured(dir, 'measuring'), await measured(app.nano, 'measuring Nano')]
  await record({ seen: figures.seen, unseen: figures.unseen, 'nano.seen': before.seen, 'nano.unseen': before.unseen })
  return { figures, before, steps: losses.length, seconds: (Date.now() - started) / 1000 }

  async function trained() {
    // Words that are held out are no wrong answers either: that would drive the crops of everything away from them.
    const concepts = allConcepts().filter((c) => suitsScene(c) && !isUnseen(c))
    const sprites = await trainingSprites(concepts, (done, of) => onProgress('drawing', done, of), 'all')
    const { image } = nano
    const crops = cropsOf('names', recipe.seed, sprites, { scenes: recipe.scenes, side: image.size + recipe.margin }, (done, of) =>
      onProgress('scenes', done, of),
    )
    const { weight } = await zeroShotHead(nano, concepts, templates)
    const { image_mean: mean, image_std: std } = preprocessSchema.parse({})
    const made = await pretrainNames({
      ...{ model: nano, identity: sprites.length, start, crops, mean, std, steps, threads },
      wordOf: sprites.map(({ index }) => index),
      words: weight,
      pictures: await pictureEmbeddings(nano, start, sprites),
      stateDir: path.join(app.cache, 'pretrain-names'),
      onMetrics: (step, of, { loss, named, far, right }) =>
        onProgress(
          'training',
          step,
          of,
          `loss ${loss.toFixed(3)}, words ${named!.toFixed(3)}, far ${far!.toFixed(3)}, right ${right!.toFixed(2)}`,
        ),
    })
    return { losses: made.losses, weights: between(start, made.weights, recipe.share) }
  }
}
