import type { curationSentences } from '#shared/sentences/curation.ts'

export const curationJa: Record<keyof typeof curationSentences, string> = {
  'curation.no-readable-image': '{folder}：読める画像がありません',
  'doubts.too-few':
    '{folder}：ラベルの評価には、{images} 枚以上の画像を持つラベルが 2 つ以上必要です（採用済みのラベルがちょうど 1 つの画像だけを数えます）',
  'duplicates.not-sought': '重複をまだ検索していません',
  'next.classes': '{folder}：次にラベルを付ける画像を選ぶには、ラベルが 2 つ以上必要です',
  'next.no-images': '{folder}：フィルターに合う、読める画像がありません',
  'next.not-a-classifier': '{model}：このプロジェクトのラベルを見分けられないため、次にラベルを付ける画像を選べません',
  'next.no-labelled': '{folder}：採用済みのラベルがちょうど 1 つの画像がフィルターに合わないため、食い違いを調べられません',
  'next.no-run': '{folder}：チェックポイントを残した実行「{run}」はありません',
  'next.other': '戦略 {strategy}：2 つのチェックポイントを比べます。もう 1 つを指定してください',
  'next.run-or-model': 'next：--run と --model はどちらもチェックポイントを指定します。どちらか一方にしてください',
  'next.unknown-strategy': '戦略「{strategy}」はありません。使えるもの：{known}',
  'split.no-images': '{folder}：分割する画像がありません',
  'split.not-proposed': '分割をまだ提案していません',
  'split.stale': '分割の提案後に画像・ラベル・分割が変わりました。もう一度提案してください',
}
