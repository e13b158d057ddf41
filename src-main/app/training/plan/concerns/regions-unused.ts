import { defineConcern } from '../concern.ts'

export default defineConcern({
  id: 'regions-unused',
  order: 4,
  level: 'note',
  problem: {
    en: '{n} images have labelled regions, which this recipe does not use.',
    ja: 'ラベル付きの領域がある画像が {n} 枚ありますが、このレシピでは使いません。',
  },
  cure: { en: 'A detector or a segmenter learns from regions.', ja: '領域から学習するのは検出器とセグメンテーションです。' },
  find: ({ task, project }) => (task === 'classify' && project.boxed ? { n: project.boxed } : null),
})
