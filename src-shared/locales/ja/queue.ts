import type { queue as source } from '../en/queue.ts'
import type { Translated } from '../tables.ts'

export const queue: Translated<typeof source> = {
  queue: {
    offered: '{n} 件中断',
    interrupted: 'プログラムの終了により中断',
    resume: '再開',
    again: 'もう一度実行',
    resumeJob: '{job} を再開',
    againJob: '{job} をもう一度実行',
    dismiss: '閉じる',
    dismissJob: '{job} を一覧から外す',
    refused: '処理をもう一度始められませんでした: {error}',
    lanes: { interactive: '即時', training: 'モデル', background: 'バックグラウンド' },
  },
  phases: {
    hashing: '画像の指紋を計算中',
    'near-copies': '類似画像を探索中',
    marking: 'グループを記録中',
    folds: '分割ごとに学習中',
    index: '索引を作成中',
    distances: '距離を計算中',
    layout: '配置を計算中',
    placing: '残りを配置中',
    captions: 'キャプションを読み取り中',
    dividing: '分割中',
    drawing: '画像を描画中',
    scanning: '画像を探索中',
    measuring: '画像を測定中',
    labelling: 'フォルダー名でラベル付け中',
    reading: '注釈を読み取り中',
    storing: '保存中',
    counting: '集計中',
    writing: '書き出し中',
    packing: '圧縮中',
  },
}
