import { z } from 'zod'
import { batchSize, decay, epochs, keeping, rank, rate, setting, warmup } from './settings.ts'

/** Training of a model's patches on the words of captions (grounding.ts). */
export const groundTuning = () => ({
  epochs: epochs(10),
  batchSize: batchSize(16),
  lr: rate(1e-4),
  warmup: warmup(0.1),
  weightDecay: decay(0.01),
  clipNorm: setting(z.number().positive().default(1), 'Largest gradient norm', '勾配ノルムの上限', {
    name: ['Gradient clipping', '勾配クリッピング'],
    advanced: true,
  }),
  trains: setting(
    z.enum(['projection', 'last', 'all', 'lora']).default('projection'),
    'What is trained: the projection into the space of texts, the last layer too, the whole image tower, or small matrices beside it',
    '学習する部分：テキストの空間への射影だけ、最後の層も、画像タワー全体、またはタワーに添えた小さな行列',
    { name: ['Trained part', '学習する部分'] },
  ),
  r: rank,
  words: setting(
    z.enum(['content', 'labels']).default('content'),
    'Words of captions: all but function words and numbers, or only the project’s labels and their synonyms',
    'キャプションの単語：機能語と数を除くすべて、またはプロジェクトのラベルとその同義語だけ',
    { name: ['Words', '単語'] },
  ),
  regions: setting(
    z.enum(['own', 'grid']).default('own'),
    'Regions: the accepted masks of an image, whatever their labels, where it has some; or always the cells of a grid',
    '領域：画像に採用済みのマスクがあればそれ（ラベルは見ません）、または常に格子の升目',
    { name: ['Regions', '領域'] },
  ),
  grid: setting(z.int().min(2).max(16).default(4), 'Cells of the grid along each side', '格子の一辺の升目数', {
    name: ['Grid', '格子'],
    advanced: true,
  }),
  wordsPerCaption: setting(
    z.int().min(1).max(32).default(8),
    'Words of a caption in a step, drawn at random if there are more',
    '1 ステップで使うキャプションの単語数。多ければ無作為に選びます',
    { name: ['Words per caption', 'キャプションあたりの単語数'], advanced: true },
  ),
  detail: setting(
    z.number().min(1).max(4).default(1.5),
    'Size of the picture in windows of the model, as previews look at it with 1.5',
    'モデルの入力いくつ分の大きさで画像を見るか。プレビューは 1.5 です',
    { name: ['Detail', '細かさ'], advanced: true },
  ),
  ...keeping,
})
