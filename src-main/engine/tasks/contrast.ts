/** Contrastive image–text learning (Radford et al. 2021, figure 3). */
import { tensor } from '../runtime/session.ts'
import { shuffled } from './examples.ts'
import { accuracy, contrastive } from './losses.ts'
import { type CaptionTask, defineTask } from './task.ts'

export const contrast = defineTask({
  id: 'contrast',
  title: { en: 'Images and texts', ja: '画像とテキストの対比' },
  needs: ['embedImage', 'embedText'],
  targets: 'words',
  target: ({ captions = [], group = -1 }) => (captions.length ? { kind: 'words', texts: captions, group } : null),
  examples: shuffled,
  inputs: (graph, b) => ({ same: graph.input('same', 'bool', [b, b]) }),
  /** Pairs from the same group are excluded from the negatives; −1 means no group. */
  feeds: (targets) => {
    const b = targets.length
    const same = new Uint8Array(b * b)
    for (let i = 0; i < b; i++)
      for (let j = 0; j < b; j++) same[i * b + j] = Number(i !== j && targets[i]!.group >= 0 && targets[i]!.group === targets[j]!.group)
    return { same: tensor(same, 'bool', [b, b]) }
  },
  /** @param logits [B, B]; image i matches text i */
  loss: (logits, { same }) => contrastive(logits, same),
  /** Fraction of the batch's images whose most similar text is their own. */
  metrics: (logits) => {
    const b = logits.shape[0]!
    const own = Int32Array.from({ length: b }, (_, i) => i)
    return { ownText: accuracy(logits, logits.graph.constant(own, 'int32', [b])) }
  },
})

/** The same where a label too may say what an image shows. */
export const labelContrast: CaptionTask = {
  id: 'contrast-labels',
  title: { en: 'Images and texts or labels', ja: '画像とテキスト・ラベルの対比' },
  needs: ['embedImage', 'embedText'],
  targets: 'words',
  labels: true,
  target: contrast.target,
}

/** The same captions against those of the same words in another order: what is only measured. */
export const wordOrder: CaptionTask = {
  id: 'word-order',
  title: { en: 'Order of words', ja: '語順' },
  needs: ['embedImage', 'embedText'],
  targets: 'words',
  swaps: true,
  target: contrast.target,
}
