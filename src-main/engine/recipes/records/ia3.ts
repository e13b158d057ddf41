/**
 * (IA)³ (Liu et al. 2022, §3.3; peft/tuners/ia3): trained factors, 1 at the start, of the keys, the values and the hidden
 * units of each MLP. A projection's outputs Wx + b are multiplied (rows of W, and b), of an MLP's second layer the inputs
 * (columns of W). The adapter is saved in PEFT's layout and also merged into the weights.
 */
import path from 'node:path'
import { z } from 'zod'
import { biasOf, roleOf, sizesOf, weightOf } from '../../models/modules.ts'
import type { Model } from '../../models/model.ts'
import { mul, reshape } from '../../ops/index.ts'
import type { OwnTensor } from '../overlay.ts'
import { nothingOf, peftFiles, peftName, readPeft, tuningAdapter, withoutEffect } from '../peft.ts'
import { defineRecipe } from '../recipe.ts'
import { type Reparametrisation, tuneReparametrised } from '../reparametrise.ts'
import { seeing, startingHead } from '../settings.ts'
import { demandsOfTowers, modulesAt, targeting } from '../targets.ts'
import { tuned } from '../tune.ts'

const settings = z.strictObject({ ...targeting('k, v, fc2'), ...tuningAdapter(1e-2), ...seeing, ...startingHead })

export default defineRecipe({
  id: 'ia3',
  order: 6.2,
  title: { en: 'Scaled activations, (IA)³', ja: '活性値の拡大縮小（(IA)³）' },
  about: {
    en: 'Trains a factor for each key, value and hidden unit of a tower, and the classifier; keeps a PEFT adapter.',
    ja: 'タワーのキー、バリュー、隠れユニットごとの倍率と分類器を学習し、PEFT のアダプターも残します。',
  },
  when: {
    en: 'Choose it with very few images, or for the smallest adapter: a tenth of LoRA’s or less.',
    ja: '画像がごく少ないときや、アダプターをできるだけ小さくしたいとき（LoRA の 10 分の 1 以下）に。',
  },
  citation: 'Liu et al. 2022, Few-shot parameter-efficient fine-tuning is better and cheaper than in-context learning, arXiv:2205.05638',
  ...tuned,
  demands: demandsOfTowers,
  settings,
  mark: { label: '(IA)³', shape: 'tee', light: '#8a5a1c', dark: '#e3b878' },
  async run(run, s) {
    const { model } = run
    const adapter = s.adapter ? readIa3(path.resolve(s.adapter), model) : newIa3(model, modulesAt(model, s, 'ia3'))
    const { modules, tensors } = adapter
    const config = { peft_type: 'IA3', feedforward_modules: modules.filter(scalesInputs(tensors)), init_ia3_weights: true }
    const saved = (found: Tensors) => peftFiles(model, modules, config, found)
    const trained = await tuneReparametrised(run, s, adapter, { recipe: 'ia3', saved })
    return { ...trained, notes: { ...trained.notes, modules: modules.length } }
  },
})

type Tensors = ReadonlyMap<string, OwnTensor>
const nameOf = (module: string) => peftName(module, 'ia3_l')
/** The factors of outputs stand in a column [out, 1], those of inputs in a row [1, into]. */
const shapeOf = ([out, into]: readonly [number, number], ofInputs: boolean) => (ofInputs ? [1, into] : [out, 1])
const scalesInputs = (tensors: Tensors) => (module: string) => tensors.get(nameOf(module))!.shape[1] !== 1

interface Ia3 extends Reparametrisation {
  readonly modules: readonly string[]
}

function newIa3({ tensors: list }: Model, modules: readonly string[]): Ia3 {
  const tensors = modules.map((module): [string, OwnTensor] => {
    const shape = shapeOf(sizesOf(list, module), roleOf(module) === 'fc2')
    return [nameOf(module), { shape, data: new Float32Array(Math.max(...shape)).fill(1) }]
  })
  return ia3(list, modules, new Map(tensors))
}

function ia3(list: Model['tensors'], modules: readonly string[], tensors: Tensors): Ia3 {
  const outputs = modules.filter((module) => !scalesInputs(tensors)(module))
  const changed = [
    ...modules.map((module) => [weightOf(module), nameOf(module)] as const),
    ...outputs.filter((module) => list.has(biasOf(module))).map((module) => [biasOf(module), nameOf(module)] as const),
  ]
  const factors = new Map(changed)
  return {
    ...{ modules, tensors, changes: [...factors.keys()] },
    adapt(name, value, own) {
      const factor = factors.get(name)
      if (factor === undefined) return value
      return mul(value, value.shape.length === 1 ? reshape(own(factor), value.shape) : own(factor))
    },
    merge(name, w, own) {
      const l = own(factors.get(name)!)
      const into = list.get(name)!.shape[1] ?? 1
      const ofInputs = tensors.get(factors.get(name)!)!.shape[1] !== 1
      for (let i = 0; i < w.length; i++) w[i] = w[i]! * l[ofInputs ? i % into : Math.floor(i / into)]!
    },
  }
}

const configSchema = z.object({
  peft_type: z.literal('IA3'),
  feedforward_modules: z.array(z.string()).nullish(),
  exclude_modules: nothingOf,
  ...withoutEffect,
})

/** An adapter that PEFT saved. @throws a data fault naming the file and the field or tensor that does not fit */
export function readIa3(dir: string, model: Model): Ia3 {
  const { modules, tensors } = readPeft(dir, model, configSchema, (module, sizes, { feedforward_modules: names }) => {
    const ofInputs = names?.some((name) => module === name || module.endsWith(`.${name}`)) ?? false
    return [[nameOf(module), shapeOf(sizes, ofInputs)]]
  })
  return ia3(model.tensors, modules, tensors)
}
