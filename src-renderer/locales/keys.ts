/** What takes few keys: whole sets of proposals, labels, captions at once; and what is not complete yet. */
type Same<T> = { [K in keyof T]: T[K] extends string ? string : Same<T[K]> }

export const keysEn = {
  keys: {
    noProposals: 'There is no proposal to accept.',
    accepted: '{n} proposal accepted | {n} proposals accepted',
    ties: 'Words tied to regions',
    tiesHint: 'These words name a region and are tied to it; click to leave them loose',
    onward: 'Enter; with Ctrl, the next image’s caption follows',
    several: 'Several',
    severalHint: 'Several classes on one image: a key adds one or takes it away, Enter goes on',
    relabel: {
      title: 'Change a label',
      from: 'From',
      to: 'To',
      find: 'Label by name',
      apply: 'Change',
      chosen: 'On {n} chosen image | On {n} chosen images',
      shown: 'On the {n} image shown | On all {n} images shown',
    },
  },
  incomplete: {
    facet: 'Incomplete',
    image: 'Required attributes are missing',
    lead: 'Required and missing: {names}',
    more: '{names} and {n} more',
    fill: 'Fill in',
    goOn: 'Go on anyway',
  },
}
export const keysActionsEn = {
  'accept-shown': 'Accept the proposals of all images shown',
  'split-now': 'Auto-split 80 / 10 / 10',
  relabel: 'Change a label into another …',
  'caption-onward': 'Caption the next image',
  'classify-several': 'Several classes on one image',
  'next-incomplete': 'Next missing attribute',
}

export const keysJa: Same<typeof keysEn> = {
  keys: {
    noProposals: '採用する提案はありません。',
    accepted: '{n} 件の提案を採用しました',
    ties: '領域に結び付く語',
    tiesHint: 'この語は領域の名前なので結び付けられます。クリックで外せます',
    onward: 'Enter で保存、Ctrl+Enter で次の画像のキャプションへ',
    several: '複数',
    severalHint: '1 枚の画像に複数のクラス: キーで追加・解除、Enter で次へ',
    relabel: {
      title: 'ラベルを変更',
      from: '変更前',
      to: '変更後',
      find: 'ラベル名',
      apply: '変更',
      chosen: '選択した {n} 枚の画像',
      shown: '表示中の {n} 枚の画像すべて',
    },
  },
  incomplete: {
    facet: '未完成',
    image: '必須の属性が足りません',
    lead: '必須ですが未入力です: {names}',
    more: '{names} ほか {n} 件',
    fill: '入力する',
    goOn: 'このまま進む',
  },
}
export const keysActionsJa: Same<typeof keysActionsEn> = {
  'accept-shown': '表示中の画像の提案をすべて採用',
  'split-now': '自動分割 80 / 10 / 10',
  relabel: 'ラベルを別のラベルに変更 …',
  'caption-onward': '次の画像のキャプションへ',
  'classify-several': '1 枚の画像に複数のクラス',
  'next-incomplete': '次の未入力の属性',
}
