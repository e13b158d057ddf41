import { defineConcern } from '../concern.ts'

export default defineConcern({
  id: 'over-budget',
  order: 0,
  level: 'warning',
  problem: {
    en: 'It writes {needed} MB, but of the disk budget of {most} MB only {left} MB are left: in the queue it would wait.',
    ja: '{needed} MB を書き込みますが、ディスク予算 {most} MB の残りは {left} MB です。キューでは空くまで待ちます。',
  },
  cure: {
    en: 'Delete checkpoints or downloads that are no longer needed, or raise the budget in the settings.',
    ja: '不要なチェックポイントやダウンロードを削除するか、設定で予算を増やしてください。',
  },
  link: '#/merge',
  find: ({ disk: { needed, budget } }) =>
    needed !== null && budget && needed > budget.left
      ? { needed: Math.ceil(needed / 2 ** 20), most: Math.floor(budget.most / 2 ** 20), left: Math.floor(budget.left / 2 ** 20) }
      : null,
})
