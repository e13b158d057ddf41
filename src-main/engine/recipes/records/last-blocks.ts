/**
 * The last blocks of the image tower, as the partial-k baselines of VPT train them (Jia et al. 2022, §4.1; KMnP/vpt
 * src/models/vit_models.py): those blocks and all that follows them in the tower, its last norm and its projection.
 */
import { z } from 'zod'
import { userError } from '#shared/errors.ts'
import { sentence } from '#shared/sentences/table.ts'
import type { Model } from '../../models/model.ts'
import { depthsOf } from '../depth.ts'
import { demandsOfHead } from '../heads.ts'
import { defineRecipe } from '../recipe.ts'
import { seeing, setting, startingHead, tuningWeights } from '../settings.ts'
import { tuned, tuneFew } from '../tune.ts'

export default defineRecipe({
  id: 'last-blocks',
  order: 8.1,
  title: { en: 'Last blocks', ja: '最後のブロックだけの調整' },
  about: {
    en: 'Trains the last blocks of the image tower, and the classifier; what comes before them stays as it is.',
    ja: '画像タワーの最後のいくつかのブロックと分類器を学習します。それより前は変わりません。',
  },
  when: {
    en: 'Choose it where fine-tuning everything takes too long or too much memory, on pictures much like those of pre-training.',
    ja: '全体の微調整では時間やメモリーが足りず、画像が事前学習のものに近いときに。',
  },
  citation: 'Yosinski et al. 2014, How transferable are features in deep neural networks?, arXiv:1411.1792',
  ...tuned,
  demands: demandsOfHead,
  settings: z.strictObject({
    blocks: setting(z.int().min(1).max(1000).default(1), 'How many of the last blocks are trained', '学習する最後のブロックの数', {
      name: ['Trained blocks', '学習するブロック数'],
    }),
    ...tuningWeights(1e-4),
    ...seeing,
    ...startingHead,
  }),
  mark: { label: 'Last blocks', shape: 'flag', light: '#9a4a00', dark: '#ffb37a' },
  run(run, settings) {
    const trained = tensorsOfLast(run.model, settings.blocks)
    return tuneFew(run, settings, (_, name) => trained.has(name))
  },
})

/** The tensors of the image tower that are used from its `n` last blocks on. @throws a user fault if it has fewer blocks */
export function tensorsOfLast(model: Model, n: number): Set<string> {
  const { blocks, layers } = depthsOf(model)
  if (n > blocks) throw userError(sentence('recipe.fewer-blocks', { n, has: blocks }))
  return new Set([...layers].flatMap(([name, layer]) => (layer > blocks - n ? [name] : [])))
}
