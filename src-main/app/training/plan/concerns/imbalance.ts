import { defineConcern, named } from '../concern.ts'

export default defineConcern({
  id: 'imbalance',
  order: 9,
  level: 'warning',
  problem: {
    en: '{most} has {ratio} times as many training images as {least}: rare labels will be found too seldom.',
    ja: '{most} の学習用画像は {least} の {ratio} 倍あります。少ないラベルは見つかりにくくなります。',
  },
  cure: {
    en: 'Set class weights or balanced drawing in the settings, or label more of the rare ones.',
    ja: '設定でクラスの重みか均等な選び方を使うか、少ないラベルの画像を増やしてください。',
  },
  link: '#/data?tool=balance',
  find: (facts) => {
    if (facts.task !== 'classify' || facts.untrained) return null
    if ((facts.settings['classWeights'] ?? 'none') !== 'none' || facts.settings['sampling'] === 'balanced') return null
    const found = facts.data.classes.flatMap(({ name }, i) => (facts.counts[i]!['train'] ? [{ name, n: facts.counts[i]!['train'] }] : []))
    if (found.length < 2) return null
    const [most, least] = [found.reduce((a, b) => (b.n > a.n ? b : a)), found.reduce((a, b) => (b.n < a.n ? b : a))]
    return most.n >= 10 * least.n ? { most: named([most.name]), least: named([least.name]), ratio: Math.round(most.n / least.n) } : null
  },
})
