import type { Translated } from '../tables.ts'
import type { next as source } from '../en/next.ts'

export const next: Translated<typeof source> = {
  next: {
    title: '間違えるものにラベルを付ける',
    hint: 'このモデルが最も多くを学べる画像を選び、推測とともにラベル画面で開きます',
    lead: '画像を選んでラベル画面で開きます。モデルの推測は提案になり、採用するまで何にも使われません。',
    model: '選ぶモデル',
    other: '比べる相手',
    strategy: '選び方',
    from: '対象',
    filter: { unlabelled: 'ラベルのない画像', heldOut: '取り置きの画像', all: 'すべての画像' },
    count: '枚数',
    uncertain: '不確実',
    diverse: '多様',
    diversity: '不確実さに対する多様性',
    start: '選んで開く',
    found: '次にラベルを付ける：{strategy}',
    ready: '次にラベルを付ける {n} 枚を選びました。',
    open: '開く',
    none: '選ばれた画像はありません。',
    noRun: '先にモデルを学習してください。その設定をもう一度使います。',
    retraining: '新しいスナップショットで「{name}」を学習します。新たに「train」に入った画像：{n}',
    curve: 'ラベル数に対する {split} の正解率（%）',
    labels: '学習に使ったラベル付き画像',
    point: '{name}：ラベル {labels}、{accuracy}（{low}〜{high}）',
    take: '代わりに {label} にする',
  },
}
