import { defineConcern } from '../concern.ts'

export default defineConcern({
  id: 'several-labels',
  order: 7,
  level: 'warning',
  problem: {
    en: '{n} images have several labels and are left out: this recipe gives each image one.',
    ja: '{n} 枚の画像にはラベルが複数あるため除きます。このレシピは 1 枚に 1 つのラベルを付けます。',
  },
  cure: {
    en: 'Draw a region for each label and train a detector, or leave one label an image.',
    ja: 'ラベルごとに領域を描いて検出器を学習するか、1 枚に 1 つだけラベルを残してください。',
  },
  link: '#/data',
  find: ({ data }) => (data.ambiguous ? { n: data.ambiguous } : null),
})
