/** Errors of asking a model about an image. */
export const previewJa = {
  'preview.too-long': 'テキスト {text} は {tokens} トークンあり、モデルが読める {context} トークンを超えています',
  'preview.not-finite': 'この画像に対する枠またはスコアが数値になりません。重みが壊れているか、学習で発散しています',
  'preview.outside': '例：{width} × {height} ピクセルの画像の中の領域が必要ですが、{found} でした',
  'preview.words': '--text：コンマ区切りの語が必要ですが、「{found}」でした',
  'preview.no-words': 'preview：--text か --example を指定してください',
  'preview.words-or-example': 'preview：--text と --example はどちらか一方だけを指定してください',
  'preview.number': '{option}：0 から 1 までの数が必要ですが、「{found}」でした',
  'preview.most': '--most：1 以上の整数が必要ですが、「{found}」でした',
  'preview.template': '--template：語の位置に {mark} を含むテキストが必要ですが、「{found}」でした',
  'preview.region': '--region：ピクセル単位の x,y,幅,高さ が必要ですが、「{found}」でした',
  'preview.no-labels': 'propose：プロジェクトにラベルがありません。--text を指定してください',
  'preview.filter': '--filter：{problem}',
  'preview.region-needed': 'preview：{family} モデルでは、--example の中で指す領域と残りを比べるため、--region を指定してください',
  'preview.no-example': '{family} モデルは言葉で探せますが、例に似たものは探せません',
  'preview.no-prompt': '画像上のクリックかボックスを指定してください',
  'preview.region-alone': 'preview：--region は --example の一部です',
} as const
