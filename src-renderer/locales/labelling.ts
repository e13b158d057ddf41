/** Labelling beyond the canvas: classification, labels and their attributes, lists of regions. */
type Same<T> = { [K in keyof T]: T[K] extends string ? string : Same<T[K]> }

export const labellingEn = {
  regions: {
    find: 'Find regions', order: 'Order', group: 'By label', nothing: 'No region has these words.', copyOnward: 'Copy to the next …', images: '{n} image | {n} images', onwardAll: 'all that follow', area: '{n} px²', setLabel: 'Label', orders: { drawn: 'as they lie', label: 'label', area: 'area', score: 'score', place: 'place' },
  },
  attributes: {
    none: '–', yes: 'yes', no: 'no', required: 'required', incomplete: 'Its attributes are not complete', title: 'Attributes', add: 'Add an attribute', name: 'Name', type: 'Type', options: 'Options', default: 'Default', must: 'Required', min: 'From', max: 'To', remove: 'Remove the attribute', inherited: 'From {label}: {names}',
    types: { choice: 'choice', number: 'number', text: 'text', 'yes/no': 'yes or no' },
  },
  classify: {
    title: 'Classify', progress: '{done} of {all} labelled', find: 'Label by name', accept: 'It is {label}', model: 'Model that guesses', noGuess: 'no guess', hint: 'Number or key: label the image and open the next · letters: find a label · Enter: as guessed · →: skip',
  },
}
export const labellingActionsEn = {
  'copy-next': 'Copy to the next image', 'copy-previous': 'Copy regions of the previous image', 'edit-attributes': 'Edit the region’s attributes', 'zoom-region': 'Go to the region', 'toggle-names': 'Names on the canvas',
  'classify-mode': 'Classify images (a key labels, the next opens)', 'next-unlabelled': 'Next image without a label',
}

export const labellingJa: Same<typeof labellingEn> = {
  regions: {
    find: '領域を検索', order: '並び順', group: 'ラベル別', nothing: '該当する領域がありません。', copyOnward: '次の画像へコピー …', images: '{n} 枚', onwardAll: '以降すべて', area: '{n} px²', setLabel: 'ラベル', orders: { drawn: '重なり順', label: 'ラベル', area: '面積', score: 'スコア', place: '位置' },
  },
  attributes: {
    none: '–', yes: 'はい', no: 'いいえ', required: '必須', incomplete: '属性が未入力です', title: '属性', add: '属性を追加', name: '名前', type: '型', options: '選択肢', default: '既定値', must: '必須', min: '最小', max: '最大', remove: '属性を削除', inherited: '{label} から: {names}',
    types: { choice: '選択', number: '数値', text: '文字', 'yes/no': 'はい・いいえ' },
  },
  classify: {
    title: '分類', progress: '{all} 枚中 {done} 枚にラベル', find: '名前でラベルを指定', accept: '{label} にする', model: '推定するモデル', noGuess: '推定なし', hint: '番号やキーでラベルを付けて次へ · 文字で検索 · Enter で推定を採用 · → で飛ばす',
  },
}
export const labellingActionsJa: Same<typeof labellingActionsEn> = {
  'copy-next': '次の画像へコピー', 'copy-previous': '前の画像の領域をコピー', 'edit-attributes': '領域の属性を編集', 'zoom-region': '領域を拡大表示', 'toggle-names': '名前をキャンバスに表示',
  'classify-mode': '画像を分類（キーでラベルを付けて次へ）', 'next-unlabelled': '次のラベルなし画像',
}
