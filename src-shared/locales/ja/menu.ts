import type { Translated } from '../tables.ts'
import type { menu as source } from '../en/menu.ts'

export const menu: Translated<typeof source> = {
  menu: {
    menus: {
      file: 'ファイル(&F)',
      recent: '最近開いたもの',
      edit: '編集(&E)',
      view: '表示(&V)',
      window: 'ウィンドウ(&W)',
      help: 'ヘルプ(&H)',
    },
    roles: {
      services: 'サービス',
      hide: 'Dashi を隠す',
      hideOthers: 'ほかを隠す',
      unhide: 'すべてを表示',
      quit: '終了',
      close: 'ウィンドウを閉じる',
      undo: '元に戻す',
      redo: 'やり直す',
      cut: '切り取り',
      copy: 'コピー',
      paste: '貼り付け',
      selectAll: 'すべて選択',
      togglefullscreen: '全画面表示',
      toggleDevTools: '開発者ツール',
      minimize: '最小化',
      zoom: '拡大・縮小',
      front: 'すべてを手前に移動',
    },
    faults: {
      gone: 'このウィンドウのページが予期せず終了しました。保存済みの内容は残り、実行中の処理は続きます。',
      failed: 'このウィンドウのページを読み込めませんでした。',
      reload: '再読み込み',
      close: 'ウィンドウを閉じる',
    },
  },
}
