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
/** With what they are counted in. */
const nouns: Record<string, [string, string]> = {
  region: ['領域', '個'],
  image: ['画像', '枚'],
  label: ['ラベル', '件'],
  'image label': ['画像ラベル', '件'],
  tag: ['タグ', '件'],
  caption: ['キャプション', '件'],
  comment: ['コメント', '件'],
  proposal: ['提案', '件'],
  folder: ['フォルダー', '個'],
  vertex: ['頂点', '個'],
  point: ['点', '個'],
  hole: ['穴', '個'],
  part: ['部分', '個'],
  box: ['矩形', '個'],
  'rotated box': ['回転矩形', '個'],
  polygon: ['多角形', '個'],
  polyline: ['折れ線', '本'],
}
const whole: Record<string, string> = {
  resize: '大きさの変更',
  rotate: '回転',
  brush: 'ブラシ',
  erase: '消しゴム',
  'magic wand': '自動選択',
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
  const [what, counter] = nouns[singular(noun)] ?? []
  return whole[action] ?? (verbs[verb] && what ? `${what}${count ? ` ${count} ${counter}` : ''}の${verbs[verb]}` : action)
}
