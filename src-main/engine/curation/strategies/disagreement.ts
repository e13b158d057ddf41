/**
 * Labels that are probably wrong (Northcutt, Jiang & Chuang 2021): first those off the diagonal of the confident joint, then the
 * rest, each by the margin of the given label. Scores: 1 − margin, so 0 to 2, and 2 more for those off the diagonal.
 */
import { confidentLearning } from '../confident.ts'
import { byScore, defineStrategy } from '../strategy.ts'

export default defineStrategy({
  id: 'disagreement',
  order: 1,
  title: { en: 'Disagrees with the label', ja: 'ラベルと食い違う' },
  about: {
    en: 'Labelled images for which the model expects another class (confident learning).',
    ja: 'モデルが別のクラスだと予測する、ラベル付き画像（confident learning）。',
  },
  citation: 'Northcutt, Jiang & Chuang 2021, Confident Learning: Estimating Uncertainty in Dataset Labels',
  needs: 'labels',
  rank(seen, count) {
    const { classes, probabilities, labels } = seen
    const rows = [...labels.keys()].filter((row) => labels[row]! >= 0)
    const own = new Float32Array(rows.length * classes)
    rows.forEach((row, k) => {
      for (let c = 0; c < classes; c++) own[k * classes + c] = probabilities[row * classes + c]!
    })
    const found = confidentLearning(
      own,
      Int32Array.from(rows, (row) => labels[row]!),
      classes,
    )
    const at = new Map(rows.map((row, k) => [row, k]))
    const judged = { ...seen, candidates: seen.candidates.filter((row) => at.has(row)) }
    return byScore(judged, count, (row) => 1 - found.margin[at.get(row)!]! + 2 * found.issue[at.get(row)!]!)
  },
})
