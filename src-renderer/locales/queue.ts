/** The queue of jobs, and what a job does at a time. */
import type { Phase } from '#shared/model/progress.ts'
import type { Lane } from '#shared/model/queue.ts'

/** Those of trainings and merges are with their views. */
type Phases = Exclude<
  Phase,
  'checking' | 'features' | 'logistic-regression' | 'training' | 'prompt-tuning' | 'evaluating' | 'scoring' | 'greedy-soup' | 'merging'
>
interface Words {
  queue: Record<
    'offered' | 'interrupted' | 'resume' | 'again' | 'resumeJob' | 'againJob' | 'dismiss' | 'dismissJob' | 'refused',
    string
  > & {
    lanes: Record<Lane, string>
  }
  phases: Record<Phases, string>
}

export const queueEn: Words = {
  queue: {
    offered: '{n} interrupted',
    interrupted: 'interrupted when the program ended',
    resume: 'Resume',
    again: 'Run again',
    resumeJob: 'Resume {job}',
    againJob: 'Run {job} again',
    dismiss: 'Dismiss',
    dismissJob: 'Dismiss {job}',
    refused: 'The job could not be started again: {error}',
    lanes: { interactive: 'at once', training: 'models', background: 'in the background' },
  },
  phases: {
    hashing: 'fingerprinting images',
    'near-copies': 'looking for near-copies',
    marking: 'marking groups',
    folds: 'fitting folds',
    index: 'building the index',
    distances: 'measuring distances',
    layout: 'laying out',
    placing: 'placing the rest',
    captions: 'reading captions',
    dividing: 'dividing',
    drawing: 'drawing pictures',
    scanning: 'looking for images',
    measuring: 'measuring images',
    labelling: 'labelling by folder',
    reading: 'reading annotations',
    storing: 'storing',
    counting: 'counting',
    writing: 'writing',
    packing: 'packing',
  },
}

export const queueJa: Words = {
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
