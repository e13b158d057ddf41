import type { sweepSentences } from '#shared/sentences/sweeps.ts'

export const sweepJa: Record<keyof typeof sweepSentences, string> = {
  'sweep.range': '軸 {field}：{expected} のはずですが、{from} … {to} です',
  'sweep.axis': '軸 {field}：値の並び、または log:FROM:TO、uniform:FROM:TO、choice:A:B を指定してください（「{found}」でした）',
  'sweep.axis-twice': '軸 {field} が 2 回指定されています',
  'sweep.axis-unknown': '軸 {field}：レシピ {recipe} にこの設定はありません（使えるのは {known}）',
  'sweep.no-axis': '変える値がありません。lr=1e-4,1e-5 のような軸、複数のシード、またはプリセットを指定してください',
  'sweep.too-many': '{n} 回の学習になります。{most} 回までにしてください',
  'sweep.halving-epochs': '逐次半減ではエポック数を変えます。エポックのあるレシピを選び、エポック数を軸にしないでください',
  'sweep.halving-split': '{folder}：逐次半減は検証用画像で選びます。ラベルの付いた画像を分割「val」か「heldOut」に入れてください',
  'sweep.no-place': '前の段で終わった学習が足りず、{place} 位がありません',
  'sweep.preset-unknown': 'プリセット「{preset}」はありません。使えるのは {known} です',
  'sweep.preset-field': 'プリセット {preset}：レシピ {recipe} に設定 {field} はありません',
  'sweep.gone': 'このスイープはプロジェクトにありません',
  'sweep.nothing-open': '待っている学習も実行中の学習もありません',
  'sweep.nothing-stopped': '学習はすべて完了しているか、待機中または実行中です',
  'sweep.seeds': '--seeds：個数を 1 から 100 で指定してください（「{found}」でした）',
  'sweep.draws': '--draws：個数を 1 から 1000 で指定してください（「{found}」でした）',
  'sweep.no-recipe': '--recipe か --preset を指定してください',
}
