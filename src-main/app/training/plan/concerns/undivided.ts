import { defineConcern } from '../concern.ts'

export default defineConcern({
  id: 'undivided',
  order: 5,
  level: 'note',
  problem: {
    en: '{n} labelled images are in no split and are not used.',
    ja: 'どの分割にも入っていないラベル付き画像が {n} 枚あり、使われません。',
  },
  cure: { en: 'Divide them into splits.', ja: '分割に分けてください。' },
  link: '#/data?tool=split',
  find: ({ project }) => {
    const n = project.single + project.several - project.divided
    return n > 0 && project.divided > 0 ? { n } : null
  },
})
