/** Every image with equal chance: what the others are measured against. */
import { Rng } from '../../data/rng.ts'
import { byScore, defineStrategy } from '../strategy.ts'

export default defineStrategy({
  id: 'random',
  order: 8,
  title: { en: 'Random', ja: 'ランダム' },
  about: { en: 'Every image with equal chance.', ja: 'すべての画像を等しい確率で。' },
  citation: 'Settles 2009, Active Learning Literature Survey',
  rank: (seen, count) => byScore(seen, count, (row) => Rng.of(seen.seed, 0x6e657874, row).uniform()),
})
