import type { Translated } from '../tables.ts'
import type { labelling as source } from '../en/labelling.ts'

export const labelling: Translated<typeof source> = {
  regions: {
    find: '領域を検索',
    order: '並び順',
    group: 'ラベル別',
    nothing: '該当する領域がありません。',
    copyOnward: '次の画像へコピー …',
    images: '{n} 枚',
    onwardAll: '以降すべて',
    setLabel: 'ラベル',
    orders: { drawn: '重なり順', label: 'ラベル', area: '面積', score: 'スコア', place: '位置' },
  },
  attributes: {
    none: '–',
    yes: 'はい',
    no: 'いいえ',
    required: '必須',
    incomplete: '属性が未入力です',
    title: '属性',
    add: '属性を追加',
    name: '名前',
    type: '型',
    options: '選択肢',
    default: '既定値',
    must: '必須',
    min: '最小',
    max: '最大',
    remove: '属性を削除',
    inherited: '{label} から：{names}',
    types: { choice: '選択', number: '数値', text: '文字', 'yes/no': 'はい・いいえ' },
  },
  classify: {
    title: '分類',
    progress: '{all} 枚中 {done} 枚にラベル',
    find: '名前でラベルを指定',
    accept: '{label} にする',
    model: '推定するモデル',
    noGuess: '推定なし',
    hint: '番号やキーでラベルを付けて次へ · 文字で検索 · Enter で推定を採用 · → で飛ばす',
  },
}
