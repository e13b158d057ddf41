import { defineConcern } from '../concern.ts'

export default defineConcern({
  id: 'memory-too-small',
  order: 9,
  level: 'blocker',
  problem: {
    en: 'It would hold about {needed} MB, and this machine has {total} MB of memory.',
    ja: '約 {needed} MB のメモリーが必要ですが、このマシンには {total} MB しかありません。',
  },
  cure: {
    en: 'Take fewer images a step and average over more, gradient checkpointing if any, a recipe that trains less, or a smaller model.',
    ja: '1 ステップの画像数を減らして累積を増やすか、レシピにあれば勾配チェックポイントを有効にするか、学習する量の少ないレシピか、小さなモデルを使ってください。',
  },
  find: ({ memory: { needed, total } }) =>
    needed !== null && needed > total ? { needed: Math.ceil(needed / 2 ** 20), total: Math.floor(total / 2 ** 20) } : null,
})
