import type { Translated } from '../tables.ts'
import type { actions as source } from '../en/actions.ts'

export const actions: Translated<typeof source> = {
  actions: {
    about: 'Dashi について',
    'open-folder': 'フォルダーを開く …',
    'open-sample': 'サンプルプロジェクトを開く',
    'add-folder': 'フォルダーの画像を追加 …',
    import: '注釈をインポート …',
    export: 'エクスポート …',
    snapshots: 'スナップショット …',
    settings: '設定',
    'close-project': 'プロジェクトを閉じる',
    undo: '元に戻す',
    redo: 'やり直す',
    'command-palette': 'コマンドパレット',
    back: '戻る',
    forward: '進む',
    'go-data': 'データへ移動',
    'go-label': 'ラベルへ移動',
    'go-train': '学習へ移動',
    'go-compare': '比較へ移動',
    'go-merge': 'マージへ移動',
    'go-models': 'モデルへ移動',
    'zoom-fit': '画像全体を表示',
    guide: 'ガイド',
    help: 'キーボードショートカット',
  },
}
