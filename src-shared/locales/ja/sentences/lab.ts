/** Errors of comparing prompts and of suggesting captions. */
export const labJa = {
  'lab.no-region': '画像に領域 {id} はありません',
  'lab.no-label': 'プロジェクトにラベル {label} はありません',
  'lab.no-boxes': 'プロンプトの比較には、採用済みの領域がある画像が必要ですが、{label} にはありません',
  'lab.no-masks': 'プロンプトの比較には、採用済みのマスクか輪郭がある画像が必要ですが、{label} にはありません',
  'lab.no-labelled': 'プロンプトの比較には、そのラベルだけが付いた画像が必要ですが、{label} にはありません',
  'lab.texts': '{option}：セミコロン区切りの文字列が必要です（「{found}」）',
  'lab.words': '--words：{place} を含む文字列は --templates に指定してください（「{found}」）',
  'lab.templates': '--templates：単語の位置に {place} を含む文が必要です（「{found}」）',
  'lab.no-sets': 'lab：--words か --templates、または両方を指定してください',
  'lab.too-many': 'lab：プロンプトの組が {n} あります。一度に比べられるのは {most} までです',
  'lab.one-label': '分類のプロンプトを比較するには、二つ以上のラベルの画像が必要です',
} as const
