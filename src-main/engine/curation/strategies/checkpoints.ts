/** Disagreement between two checkpoints: query by committee with the divergence to the committee's mean (McCallum & Nigam 1998). */
import { byScore, defineStrategy } from '../strategy.ts'

export default defineStrategy({
  id: 'checkpoints',
  order: 5,
  title: { en: 'Two checkpoints disagree', ja: '2 つのチェックポイントが食い違う' },
  about: {
    en: 'Images for which two checkpoints expect different classes (Jensen–Shannon divergence).',
    ja: '2 つのチェックポイントが異なるクラスを予測する画像（Jensen–Shannon ダイバージェンス）。',
  },
  citation: 'McCallum & Nigam 1998, Employing EM and Pool-Based Active Learning for Text Classification',
  needs: 'other',
  rank: (seen, count) =>
    byScore(seen, count, (row) => jensenShannon(seen.probabilities, seen.other ?? seen.probabilities, row * seen.classes, seen.classes)),
})

/** ½ KL(p ‖ m) + ½ KL(q ‖ m) with m = (p + q)/2, in bits: 0 to 1 (Lin 1991). */
export function jensenShannon(p: ArrayLike<number>, q: ArrayLike<number>, from: number, length: number): number {
  let bits = 0
  for (let i = from; i < from + length; i++) {
    const m = (p[i]! + q[i]!) / 2
    if (p[i]! > 0) bits += (p[i]! / 2) * Math.log2(p[i]! / m)
    if (q[i]! > 0) bits += (q[i]! / 2) * Math.log2(q[i]! / m)
  }
  return Math.max(0, bits)
}
