/** The journal's names of changes: 'move 3 regions' is 「領域 3 個の移動」. */

const verbs: Record<string, string> = {
  add: '追加',
  remove: '削除',
  delete: '削除',
  change: '変更',
  edit: '編集',
  move: '移動',
  hide: '表示切り替え',
  lock: 'ロック切り替え',
  reorder: '重なり順の変更',
  duplicate: '複製',
  copy: 'コピー',
  split: '分割',
  convert: '変換',
  simplify: '簡略化',
  import: 'インポート',
  paste: '貼り付け',
  merge: '結合',
  subtract: '切り抜き',
  draw: '作図',
  rename: '名前の変更',
  accept: '採用',
  reject: '却下',
  label: 'ラベル付け',
  classify: '分類',
}
/** Nouns by the word that counts them. */
const counted: Record<string, Record<string, string>> = {
  個: {
    region: '領域',
    folder: 'フォルダー',
    vertex: '頂点',
    point: '点',
    hole: '穴',
    part: '部分',
    box: '矩形',
    'rotated box': '回転矩形',
    polygon: '多角形',
  },
  枚: { image: '画像' },
  件: { label: 'ラベル', 'image label': '画像ラベル', tag: 'タグ', caption: 'キャプション', comment: 'コメント', proposal: '提案' },
  本: { polyline: '折れ線' },
}
const nouns = new Map(
  Object.entries(counted).flatMap(([counter, words]) => Object.entries(words).map(([noun, word]) => [noun, [word, counter]] as const)),
)
const whole: Record<string, string> = {
  resize: '大きさの変更',
  rotate: '回転',
  brush: 'ブラシ',
  erase: '消しゴム',
  'magic wand': '自動選択',
  'smart mask': 'スマートマスク',
  label: 'ラベルの変更',
  attributes: '属性の変更',
  caption: 'キャプション',
  comment: 'コメント',
  review: 'レビュー',
  import: 'インポート',
  'set split': '分割の変更',
  sample: 'サンプルの作成',
  'file facts': 'ファイル情報の更新',
  'labels of folders': 'フォルダー名のラベル付け',
}
const singular = (noun: string) => (noun === 'vertices' ? 'vertex' : noun.replace(/s$/, ''))

export function change(action: string): string {
  const named = /^go back to (.+)$/s.exec(action)?.[1]
  if (named !== undefined) return `「${named}」に戻す`
  const [, verb = '', count, noun = ''] = /^(\w+)(?: (\d+))? (.+)$/.exec(action) ?? []
  const [what, counter] = nouns.get(singular(noun)) ?? []
  return whole[action] ?? (verbs[verb] && what ? `${what}${count ? ` ${count} ${counter}` : ''}の${verbs[verb]}` : action)
}
