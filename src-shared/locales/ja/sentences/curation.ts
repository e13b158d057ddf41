import type { curationSentences } from '#shared/sentences/curation.ts'

export const curationJa: Record<keyof typeof curationSentences, string> = {
  'curation.no-readable-image': '{folder}：読める画像がありません',
  'doubts.too-few':
    '{folder}：ラベルの評価には、{images} 枚以上の画像を持つラベルが 2 つ以上必要です（採用済みのラベルがちょうど 1 つの画像だけを数えます）',
  'duplicates.not-sought': '重複をまだ検索していません',
  'split.no-images': '{folder}：分割する画像がありません',
  'split.not-proposed': '分割をまだ提案していません',
  'split.stale': '分割の提案後に画像・ラベル・分割が変わりました。もう一度提案してください',
}
