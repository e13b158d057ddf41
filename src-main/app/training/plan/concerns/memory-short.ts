import { defineConcern } from '../concern.ts'

export default defineConcern({
  id: 'memory-short',
  order: 1,
  level: 'warning',
  problem: {
    en: 'It will hold about {needed} MB, and {free} MB of memory are free now.',
    ja: '約 {needed} MB のメモリーを使いますが、いま空いているのは {free} MB です。',
  },
  cure: {
    en: 'Close other programs, take fewer images a step, or switch on gradient checkpointing where the recipe has it.',
    ja: 'ほかのプログラムを閉じるか、1 ステップの画像数を減らすか、レシピにあれば勾配チェックポイントを有効にしてください。',
  },
  find: ({ memory: { needed, free, total } }) =>
    needed !== null && needed > free && needed <= total ? { needed: Math.ceil(needed / 2 ** 20), free: Math.floor(free / 2 ** 20) } : null,
})
