/**
 * Training on captions in two parts, of which the first sees less of each image and text, so that its steps are cheaper: a random share
 * of the patches (Li et al. 2023, "Scaling language-image pre-training via masking", FLIP, §3), smaller images, texts cut short (Li et
 * al. 2023, "An inverse scaling law for CLIP training", CLIPA, §3-4). The last part sees all, which closes the gap to how the model is
 * used (FLIP's unmasking, CLIPA's full-resolution fine-tuning).
 */
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import { Rng } from '../data/rng.ts'
import type { Value } from '../graph/graph.ts'
import type { Model } from '../models/model.ts'
import type { Params } from '../nn/params.ts'
import { concat, gather, reshape, slice } from '../ops/index.ts'
import { outlining } from '../runtime/outline.ts'
import { type Tensor, tensor } from '../runtime/session.ts'
import type { contrastTrainer } from './contrast-trainer.ts'
import { setting } from './settings.ts'

const reducedShare = setting(
  z.number().min(0).max(1).default(0),
  'Share of the steps, the first ones, that see less of images and texts and take less time (0: none). Choose it where training is long',
  '画像とテキストの一部だけを見る（速い）ステップの割合。最初から数えます（0：なし）。学習が長いときに',
  { name: ['Reduced steps', '縮約するステップ'], advanced: true },
)
const textTokens = setting(
  z.int().min(4).max(8192).default(32),
  'In reduced steps, where a text is cut off, in tokens',
  '縮約するステップで、テキストを打ち切るトークン数',
  { name: ['Tokens of a text', 'テキストのトークン数'], advanced: true },
)

/** Of texts alone. */
export const shorterTexts = { reducedShare, textTokens }

export const reducing = {
  reducedShare,
  patchShare: setting(
    z.number().min(0.05).max(1).default(0.5),
    'In reduced steps, the share of an image’s patches that the model gets, at random (1: all)',
    '縮約するステップで、モデルに見せるパッチの割合。無作為に選びます（1：すべて）',
    { name: ['Patches kept', '残すパッチ'], advanced: true },
  ),
  sideShare: setting(
    z.number().min(0.1).max(1).default(1),
    'In reduced steps, the side of images as a share of the model’s',
    '縮約するステップで、モデルの画像サイズに対する一辺の割合',
    { name: ['Side of images', '画像の一辺'], advanced: true },
  ),
  textTokens,
}

/**
 * A random share of the patches of a tower's images, each time others.
 * @param name of the input that says which
 */
export function keptPatches(
  model: Model,
  { height, width }: { readonly height: number; readonly width: number },
  share: number,
  name = 'kept',
) {
  const { patch } = model.image
  const n = Math.floor(height / patch) * Math.floor(width / patch)
  const k = Math.max(1, Math.round(share * n))
  return {
    /**
     * pixels [b, 3, H, W] → embeddings [b, D]; patches leave before the first layer, so positions are those of the whole image.
     * @throws a user error if the tower's layers do not take patches in any number
     */
    embed(p: Params, pixels: Value): Value {
      let entered = false
      const view = Object.create(p) as Params
      view.enter = (layer, incoming) => {
        const x = p.enter(layer, incoming)
        if (entered) return x
        entered = true
        const [b, tokens, d] = x.shape as [number, number, number]
        const before = tokens - n // class tokens
        if (before < 0) throw unable(model)
        const patches = reshape(slice(x, { axis: 1, start: before }), [b * n, d])
        const kept = gather(patches, p.graph.input(name, 'int32', [b, k]))
        return before ? concat([slice(x, { axis: 1, start: 0, end: before }), kept], { axis: 1 }) : kept
      }
      const embedded = model.image.embed(view, pixels)
      if (!entered) throw unable(model)
      return embedded
    },
    /** Which patches are kept, of all of a batch: a function of seed, step and the example alone. */
    feeds(seed: number, step: number, rows: readonly number[]): Record<string, Tensor> {
      const kept = new Int32Array(rows.length * k)
      rows.forEach((row, slot) => {
        const order = Rng.of(seed, PATCHES, step, row).shuffle(Int32Array.from({ length: n }, (_, i) => slot * n + i))
        kept.set(order.subarray(0, k).sort(), slot * k)
      })
      return { [name]: tensor(kept, 'int32', [rows.length, k]) }
    },
  }
}

/** A stream of random numbers of its own. */
const PATCHES = 0xf11b

const unable = ({ family }: Model) => userError(sentence('recipe.all-patches', { family: family.name }))

type Opened = Awaited<ReturnType<typeof contrastTrainer>>

/**
 * A training by reduced steps up to step `until`, then by whole ones with the same weights and moments. What a batch is made of
 * follows from its step, not from the part that is open. An outline is of the larger part.
 */
export async function inTwoParts(
  { until, steps }: { readonly until: number; readonly steps: number },
  open: (reduced: boolean) => Promise<Opened>,
): Promise<Opened> {
  let reduced = outlining() ? until >= steps : until > 0
  let part: Opened | undefined = await open(reduced)
  const { batch } = part
  return {
    get trainer() {
      return part!.trainer
    },
    batch,
    async ready(feeds, step, micro) {
      if (reduced && step >= until) {
        const [state, made] = [await part!.trainer.snapshot(), part!.trainer.steps]
        await part!.release()
        part = undefined // it may not be released twice, should the other not open
        part = await open(false)
        part.trainer.restore(state, made)
        reduced = false
      }
      return part!.ready ? part!.ready(feeds, step, micro) : feeds
    },
    measure: (slices, pairs) => part!.measure(slices, pairs),
    release: async () => part?.release(),
  }
}
