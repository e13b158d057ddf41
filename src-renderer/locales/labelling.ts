/** Labelling beyond the canvas: classification, labels and their attributes, lists of regions. */
type Same<T> = { [K in keyof T]: T[K] extends string ? string : Same<T[K]> }

export const labellingEn = {
  classify: {
    title: 'Classify', progress: '{done} of {all} labelled', find: 'Label by name', accept: 'It is {label}', model: 'Model that guesses', noGuess: 'no guess', hint: 'Number or key: label the image and open the next · letters: find a label · Enter: as guessed · →: skip',
  },
}
export const labellingActionsEn = {
  'classify-mode': 'Classify images (a key labels, the next opens)', 'next-unlabelled': 'Next image without a label',
}

export const labellingJa: Same<typeof labellingEn> = {
  classify: {
    title: '分類', progress: '{all} 枚中 {done} 枚にラベル', find: '名前でラベルを指定', accept: '{label} にする', model: '推定するモデル', noGuess: '推定なし', hint: '番号やキーでラベルを付けて次へ · 文字で検索 · Enter で推定を採用 · → で飛ばす',
  },
}
export const labellingActionsJa: Same<typeof labellingActionsEn> = {
  'classify-mode': '画像を分類（キーでラベルを付けて次へ）', 'next-unlabelled': '次のラベルなし画像',
}
