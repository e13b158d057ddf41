import { cpSync, existsSync, readdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { userError } from '#shared/errors.ts'
import { taskStyle } from '#shared/model/sample.ts'
import { preprocessSchema, Tokenizer, trainBpe, writeTokenizer } from '../../engine/data/index.ts'
import { architectureOf, nanoConfig, nanoPreprocessor } from '../../engine/models/index.ts'
import { pretrain, recipe, zeroShotAccuracy } from '../../engine/pretrain/index.ts'
import { findRecord, fingerprint, fromMemory, sizesIn, writeJson, writeRecord, writeSafetensors } from '../../engine/weights/index.ts'
import type { Proof } from '../../files/owned.ts'
import { lstat } from '../../files/places.ts'
import { replaceFolder } from '../../files/replace.ts'
import type { AppContext } from '../context.ts'
import { concepts as allConcepts } from '../sample/concepts.ts'
import pkg from '../../../package.json' with { type: 'json' }
import { lossCurve } from './curve.ts'
import { captionsFor, fillTemplate, tokenizerTexts, zeroShotTemplates } from './captions.ts'
import { pretrainPictures, redrawnPictures, renderAll } from './pictures.ts'

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

type OnProgress = (phase: string, done: number, total: number, note?: string) => void

/** Only a Nano with its original weights is replaced; other files in its folder are kept. */
const proveNano: Proof = async (dir, name) => {
  const record = lstat(dir)?.isDirectory() ? findRecord(dir) : undefined
  if (record?.recipe?.name !== 'pretrain' || record.fingerprint !== (await fingerprint(dir)))
    throw userError(`${name}: was not made by pretrain, so it is not replaced; choose another folder`)
}

/**
 * Pre-trains Nano from scratch: tokenizer, training, and a checkpoint folder with its record, loss curve and zero-shot
 * accuracy on a style never seen in training. Resumes an interrupted run.
 */
export async function makeNano(app: AppContext, dir: string, epochs: number = recipe.epochs, onProgress: OnProgress): Promise<NanoResult> {
  let result: NanoResult | undefined
  const fill = async (beside: string) => {
    result = await makeIn(app, beside, epochs, onProgress)
    if (existsSync(dir))
      for (const name of readdirSync(dir))
        if (!existsSync(path.join(beside, name)))
          cpSync(path.join(dir, name), path.join(beside, name), { recursive: true, verbatimSymlinks: true })
  }
  await replaceFolder(dir, fill, { proof: proveNano })
  return result!
}

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
  writeFileSync(path.join(dir, 'curve.svg'), lossCurve(losses))
  writeFileSync(path.join(dir, 'curve.json'), JSON.stringify(losses.map((x) => Number(x.toFixed(4)))))
  await writeRecord(dir, {
    format: 1,
    dashi: pkg.version,
    created: new Date().toISOString(),
    fingerprint: await fingerprint(dir),
    base: null,
    recipe: { name: 'pretrain', settings: { ...recipe, epochs } },
    seed: recipe.seed,
    dataHash: null,
    device: 'cpu',
    metrics: { zeroShotConcepts: zeroShot, zeroShotRedrawn },
    templates: [...zeroShotTemplates],
    classes: [],
    files: sizesIn(dir),
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
