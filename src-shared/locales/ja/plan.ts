import type { Translated } from '../tables.ts'
import type { plan as source } from '../en/plan.ts'

export const plan: Translated<typeof source> = {
  plan: {
    title: '計画',
    time: '約 {time}',
    timeUnknown: '時間は未計測',
    trains: '学習する量',
    parameters: '{n} パラメーター（モデルの {share} %）',
    steps: 'ステップ',
    stepsOf: '{n} 回、1 回に画像 {images} 枚、1 エポック {epoch} 回',
    memory: 'メモリー',
    disk: 'ディスク',
    ofFree: '{n}（空き {free}）',
    ofBudget: '{n}（空き {free}、予算 {most} の残り {left}）',
    device: 'デバイス',
    duration: '時間',
    aStep: '1 ステップ {n} ミリ秒',
    mb: '{n} MB',
    gb: '{n} GB',
    measure: '数ステップ計測する',
    measuring: '計測中…',
    take: '「{recipe}」にする',
    why: {
      asked: '上で選んだもの',
      only: 'ここで使える唯一のもの',
      rehearsed: '正しく計算できる中で最速',
      undecided: '開始時に決定',
    },
    parts: {
      weights: '重み',
      moments: '最適化のモーメント',
      gradients: '勾配',
      activations: '活性値',
      pictures: '画像',
      saving: '保存',
      program: 'プログラム',
    },
    level: { blocker: '学習できません', warning: '注意' },
  },
}
