/** How accuracy grows with the number of labelled images, by the shots and repetitions of Radford et al. and of CoOp. */
import { definePreset } from '../preset.ts'

export default definePreset({
  id: 'few-shot',
  order: 2,
  title: { en: 'Few-shot curve', ja: '少数例の曲線' },
  about: {
    en: '1, 2, 4, 8 and 16 images of each class, three draws each: what more labels would bring.',
    ja: '各クラス 1、2、4、8、16 枚を 3 回ずつ選んで学習します。ラベルを増やす効果がわかります。',
  },
  citation: 'Zhou et al. 2022, Learning to prompt for vision-language models, arXiv:2109.01134',
  recipe: 'lp',
  needs: [],
  make: () => ({ axes: [{ kind: 'grid', field: 'shots', values: [1, 2, 4, 8, 16] }], seeds: [0, 1, 2] }),
})
