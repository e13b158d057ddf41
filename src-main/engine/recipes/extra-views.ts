/**
 * More views of the same images and captions in training on captions.
 * `slip` (Mu et al. 2022, "SLIP: self-supervision meets language-image pre-training", §3): beside the contrast with texts, two further
 * views of an image find each other by NT-Xent, through a projection that is thrown away at the end. It reads the embedding and has no
 * batch norms, where the reference reads the feature before the embedding.
 * `declip` (Li et al. 2022, DeCLIP, §3.2, multi-view supervision): two views of an image against two of its captions, the mean of the four
 * losses. The second text is another caption of the image where there is one; the reference changes words of the only one.
 * `neighbours` (the same, nearest-neighbour supervision): an image also finds the caption of another image that is nearest to its own, by
 * the base's texts over all captions; the reference has a queue of the last ones, by the texts as they are trained.
 */
import { z } from 'zod'
import { Rng } from '../data/rng.ts'
import type { Value } from '../graph/graph.ts'
import type { Model } from '../models/model.ts'
import type { Params } from '../nn/params.ts'
import { add, div, linear, mul, relu } from '../ops/index.ts'
import { ntXent } from '../tasks/losses.ts'
import type { OwnTensor } from './overlay.ts'
import type { Pair } from './pairs.ts'
import { setting } from './settings.ts'
import type { Varying } from './views.ts'

export const viewing = {
  extraViews: setting(
    z.enum(['none', 'slip', 'declip', 'neighbours']).default('none'),
    'More views of each image: two that find each other (slip), two images against two captions (declip), or the most similar ' +
      'caption of another image (neighbours). Choose it with few captions; a step takes up to three times as long',
    '画像ごとのビューを増やす：互いを見つける 2 枚（slip）、2 枚の画像と 2 つのキャプション（declip）、またはほかの画像の最も似たキャプション（neighbours）。キャプションが少ないときに。1 ステップが最大 3 倍長くなります',
    { name: ['More views', '追加のビュー'], advanced: true },
  ),
  viewsWeight: setting(
    z.number().positive().max(100).default(1),
    'With slip or neighbours, weight of that loss beside the one with captions',
    'slip・neighbours のとき、キャプションとの損失に対する、その損失の重み',
    { name: ['Weight of the views', 'ビューの重み'], advanced: true },
  ),
  viewsTemperature: setting(
    z.number().min(0.01).max(10).default(0.1),
    'With slip, what similarities of views are divided by: the smaller, the more the nearest count',
    'slip のとき、ビューの類似度を割る値。小さいほど近いものを重く数えます',
    { name: ['Temperature of the views', 'ビューの温度'], advanced: true },
  ),
}
type Viewing = { readonly [K in keyof typeof viewing]: z.output<(typeof viewing)[K]> }

export interface ExtraViews {
  /** Further views of each image, by the names of what they become. */
  readonly pictures: readonly { readonly name: string; readonly varying: Varying }[]
  /** Which second text there is, embedded as `text2`: another of the image's captions, or the nearest of another image. */
  readonly texts: false | 'another' | 'nearest'
  readonly own: ReadonlyMap<string, OwnTensor>
  /** What becomes of the embedding of a further view. */
  read(p: Params, image: Value): Value
  /** @param contrast the loss of images with texts, by their names */
  loss(embedded: Readonly<Record<string, Value>>, contrast: (image: string, text: 'text' | 'text2') => Value): Value
}

export const oneView: ExtraViews = {
  ...{ pictures: [], texts: false, own: new Map() },
  read: (_, image) => image,
  loss: (_, contrast) => contrast('image', 'text'),
}

/** @param varying how images are varied for the contrast with texts */
export function extraViews({ dim }: Model, s: Viewing & Exclude<Varying, { augmentation: 'none' }>, seed: number): ExtraViews {
  if (s.extraViews === 'none') return oneView
  if (s.extraViews === 'declip')
    return {
      ...oneView,
      ...{ pictures: [{ name: 'image2', varying: s }], texts: 'another' },
      loss(_, contrast) {
        const all = ['image', 'image2'].flatMap((image) => (['text', 'text2'] as const).map((text) => contrast(image, text)))
        return div(all.reduce(add), all.length)
      },
    }
  if (s.extraViews === 'neighbours')
    return {
      ...oneView,
      texts: 'nearest',
      loss: (_, contrast) => add(contrast('image', 'text'), mul(contrast('image', 'text2'), s.viewsWeight)),
    }
  const sizes = [dim, Math.min(4096, 4 * dim), Math.min(4096, 4 * dim), 256]
  const varying: Varying = { ...s, augmentation: 'strong' }
  return {
    pictures: ['view1', 'view2'].map((name) => ({ name, varying })),
    texts: false,
    own: initialProjection(sizes, seed),
    read: (p, image) => projection(p, image, sizes),
    loss: ({ view1, view2 }, contrast) => add(contrast('image', 'text'), mul(ntXent(view1!, view2!, s.viewsTemperature), s.viewsWeight)),
  }
}

const layer = (i: number) => `slip.${i}`

/** Embeddings [b, sizes[0]] through linear layers with ReLU between them, [b, sizes.at(-1)]. */
export function projection(p: Params, x: Value, sizes: readonly number[]): Value {
  const last = sizes.length - 2
  return sizes.slice(1).reduce((y, out, i) => {
    const z = linear(y, p.get(`${layer(i)}.weight`, [out, sizes[i]!]), p.get(`${layer(i)}.bias`, [out]))
    return i === last ? z : relu(z)
  }, x)
}

/** N(0, 2 / inputs), and 0: He et al. 2015. */
function initialProjection(sizes: readonly number[], seed: number): ReadonlyMap<string, OwnTensor> {
  const rng = Rng.of(seed, 0x511b)
  return new Map(
    sizes.slice(1).flatMap((out, i): [string, OwnTensor][] => {
      const inputs = sizes[i]!
      const data = Float32Array.from({ length: out * inputs }, () => rng.normal() * Math.sqrt(2 / inputs))
      return [
        [`${layer(i)}.weight`, { shape: [out, inputs], data }],
        [`${layer(i)}.bias`, { shape: [out], data: new Float32Array(out) }],
      ]
    }),
  )
}

/** Another caption of the same image, drawn at random; the same text where there is none. */
export function secondOf(pair: Pair, rng: Rng): Pair {
  const { captions } = pair.of
  const others = captions.flatMap((_, i) => (i === pair.caption ? [] : [i]))
  if (pair.caption < 0 || !others.length) return pair
  const caption = others[rng.int(others.length)]!
  return { of: pair.of, text: captions[caption]!, caption }
}
