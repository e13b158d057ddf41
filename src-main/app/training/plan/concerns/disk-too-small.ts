import { defineConcern } from '../concern.ts'

export default defineConcern({
  id: 'disk-too-small',
  order: 8,
  level: 'blocker',
  problem: {
    en: 'The checkpoint and its saved state need {needed} MB, but {free} MB are free on the disk.',
    ja: 'チェックポイントと途中の状態に {needed} MB 必要ですが、ディスクの空きは {free} MB です。',
  },
  cure: {
    en: 'Delete checkpoints that are no longer needed, or move the project to another disk.',
    ja: '不要なチェックポイントを削除するか、プロジェクトを別のディスクに移してください。',
  },
  link: '#/merge',
  find: ({ disk: { needed, free } }) =>
    needed !== null && free !== null && needed > free ? { needed: Math.ceil(needed / 2 ** 20), free: Math.floor(free / 2 ** 20) } : null,
})
