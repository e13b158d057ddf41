import { defineConcern } from '../concern.ts'

export default defineConcern({
  id: 'duplicates-unknown',
  order: 3,
  level: 'note',
  problem: {
    en: 'Nobody has looked for near-copies yet, so whether some straddle the splits is not known.',
    ja: '酷似画像はまだ調べていません。分割をまたいでいるかどうかは分かりません。',
  },
  cure: { en: 'Look for duplicates.', ja: '重複を調べてください。' },
  link: '#/data?tool=duplicates',
  find: ({ looked, project }) => (looked || project.images < 2 ? null : {}),
})
