import type { Translated } from '../tables.ts'
import type { keys as source } from '../en/keys.ts'

export const keys: Translated<typeof source> = {
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
    lead: '必須ですが未入力です：{names}',
    more: '{names} ほか {n} 件',
    fill: '入力する',
    goOn: 'このまま進む',
  },
}
