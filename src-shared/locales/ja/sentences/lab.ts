/** Errors of comparing prompts and of suggesting captions. */
export const labJa = {
  'lab.no-region': '画像に領域 {id} はありません',
  'lab.no-label': 'プロジェクトにラベル {label} はありません',
  'lab.no-boxes': 'プロンプトの比較には、採用済みの領域がある画像が必要ですが、{label} にはありません',
  'lab.no-masks': 'プロンプトの比較には、採用済みのマスクか輪郭がある画像が必要ですが、{label} にはありません',
  'lab.no-labelled': 'プロンプトの比較には、そのラベルだけが付いた画像が必要ですが、{label} にはありません',
  'lab.one-label': '分類のプロンプトを比較するには、二つ以上のラベルの画像が必要です',
} as const
