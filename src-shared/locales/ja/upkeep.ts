import type { Translated } from '../tables.ts'
import type { upkeep as source } from '../en/upkeep.ts'

export const upkeep: Translated<typeof source> = {
  storage: {
    title: '保存領域とモデル',
    prefetch: '先読みする画像の数',
    prefetchHint: '0 で先読みなし',
    caches: '作り直せるものの保存上限',
    cache: {
      thumbnails: 'サムネイル',
      tiles: '巨大画像のタイル',
      embeddings: 'モデルの埋め込み',
      encodings: 'プレビュー用に符号化した画像',
    },
    used: '{used} 使用中',
    most: '上限',
    megabytes: 'MB',
    clear: '消去',
    clearOne: '消去：{cache}',
    cleared: '{cache}：{n} を解放しました',
    folders: 'モデルのフォルダー',
    foldersHint: '中にあるチェックポイントは、モデルを選ぶすべての場所に表示され、ターミナルでは名前で指定できます。',
    none: 'まだありません。',
    path: 'フォルダーのパス',
    choose: '選ぶ …',
    remove: '{folder} を対象から外す',
  },
  taking: {
    title: '{file} を取り込む',
    mode: 'すでにあるラベル',
    merge: '足りないものを補う',
    replace: 'ファイルの内容にする',
    added: '追加 {n}',
    changed: '変更 {n}',
    kept: '取り込まない項目 {n}',
    unchanged: '変わらないもの {n}',
    nothing: 'ラベルはすでにファイルと同じです。',
    fields: { synonyms: '同義語', prompts: 'プロンプト', key: 'キー', attributes: '属性', colour: '色', parent: '親ラベル' },
    apply: '取り込む',
  },
}
