/**
 * SSF (Lian et al. 2022, §3.2; dongzelian/SSF models/vision_transformer.py): what leaves a linear layer, a norm or the patch
 * embedding, y, becomes γ ⊙ y + β with trained γ ~ N(1, 0.02) and β ~ N(0, 0.02) of its width. Merged (§3.3): γ ⊙ W and γ ⊙ b
 * + β. A layer without a bias is only scaled, since weights have no place for its shift.
 */
import { z } from 'zod'
import { Rng } from '../../data/rng.ts'
import { biasOf, weightOf } from '../../models/modules.ts'
import type { Model } from '../../models/model.ts'
import { add, mul, reshape } from '../../ops/index.ts'
import { demandsOfHead } from '../heads.ts'
import type { OwnTensor } from '../overlay.ts'
import { defineRecipe } from '../recipe.ts'
import { type Reparametrisation, tuneReparametrised } from '../reparametrise.ts'
import { seeing, startingHead, tuning } from '../settings.ts'
import { tuned } from '../tune.ts'

const DEVIATION = 0.02

export default defineRecipe({
  id: 'ssf',
  order: 6.3,
  title: { en: 'Scaling and shifting features (SSF)', ja: '特徴量の拡大とずらし（SSF）' },
  about: {
    en: 'Trains a factor and a shift for each output of the image tower’s layers, and the classifier; merged into the weights at the end.',
    ja: '画像タワーの各層の出力ごとの倍率とずらし、分類器を学習します。最後に重みへ統合されます。',
  },
  when: {
    en: 'Choose it with few images that look unlike those of pre-training, where biases alone or norms alone learn too little.',
    ja: '事前学習の画像と見た目が違う画像が少しあり、バイアスだけや正規化層だけの調整では足りないときに。',
  },
  citation: 'Lian et al. 2022, Scaling & shifting your features: a new baseline for efficient model tuning, arXiv:2210.08823',
  ...tuned,
  demands: demandsOfHead,
  settings: z.strictObject({ ...tuning(1e-3, 0), ...seeing, ...startingHead }),
  mark: { label: 'SSF', shape: 'trapezoid', light: '#4a5a8f', dark: '#a9b8f0' },
  run: (run, s) => tuneReparametrised(run, s, newSsf(run.model, run.o.seed), { recipe: 'ssf' }),
})

/** The layers of the image tower: NAME.weight of linear layers, norms and the patch embedding. */
const layersOf = ({ tensors }: Model): string[] =>
  [...tensors].flatMap(([name, { part, kind, shape, packed, ofNorm }]) =>
    part === 'image' && name.endsWith('.weight') && !packed && (ofNorm || (kind === 'weight' && shape.length > 1))
      ? [name.slice(0, -'.weight'.length)]
      : [],
  )

const scaleOf = (layer: string) => `${layer}.ssf_scale`
const shiftOf = (layer: string) => `${layer}.ssf_shift`

export function newSsf(model: Model, seed: number): Reparametrisation {
  const tensors = new Map<string, OwnTensor>()
  layersOf(model).forEach((layer, i) => {
    const rng = Rng.of(seed, 0x55f, i)
    const shape = model.tensors.get(weightOf(layer))!.shape.slice(0, 1)
    const around = (mean: number) => Float32Array.from({ length: shape[0]! }, () => mean + DEVIATION * rng.normal())
    tensors.set(scaleOf(layer), { shape, data: around(1) })
    if (model.tensors.has(biasOf(layer))) tensors.set(shiftOf(layer), { shape, data: around(0) })
  })
  return ssf(model, tensors)
}

/** @param tensors the scales and shifts of layers by name */
export function ssf(model: Model, tensors: Reparametrisation['tensors']): Reparametrisation {
  const layers = layersOf(model)
  const layerBy = (nameOf: (layer: string) => string) => new Map(layers.map((layer) => [nameOf(layer), layer]))
  const [weights, biases] = [layerBy(weightOf), layerBy(biasOf)]
  return {
    tensors,
    changes: [...weights.keys(), ...biases.keys()].filter((name) => model.tensors.has(name)),
    adapt(name, value, own) {
      const layer = weights.get(name) ?? biases.get(name)
      if (layer === undefined) return value
      const scaled = mul(value, reshape(own(scaleOf(layer)), [value.shape[0]!, ...value.shape.slice(1).map(() => 1)]))
      return biases.has(name) ? add(scaled, own(shiftOf(layer))) : scaled
    },
    merge(name, w, own) {
      const layer = weights.get(name) ?? biases.get(name)!
      const [scale, shift] = [own(scaleOf(layer)), biases.has(name) ? own(shiftOf(layer)) : undefined]
      const each = w.length / scale.length
      for (let i = 0; i < w.length; i++) w[i] = w[i]! * scale[Math.floor(i / each)]! + (shift?.[i] ?? 0)
    },
  }
}
