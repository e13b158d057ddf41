/** What the native menu says, in the languages of the app. Actions are named as on the page. */
export type MenuLanguage = 'en' | 'ja'

const en = {
  menus: { file: '&File', recent: 'Open Recent', edit: '&Edit', view: '&View', window: '&Window', help: '&Help' },
  actions: {
    'open-folder': 'Open a Folder …',
    'open-sample': 'Open the Sample Project',
    'add-folder': 'Add Images of a Folder …',
    import: 'Import Annotations …',
    export: 'Export …',
    snapshots: 'Snapshots …',
    settings: 'Settings',
    about: 'About Dashi',
    'close-project': 'Close the Project',
    undo: 'Undo',
    redo: 'Redo',
    'command-palette': 'Command Palette',
    'go-data': 'Go to Data',
    'go-label': 'Go to Label',
    'go-train': 'Go to Train',
    'go-compare': 'Go to Compare',
    'go-merge': 'Go to Merge',
    'zoom-fit': 'Fit the Image',
    back: 'Back',
    forward: 'Forward',
    help: 'Keyboard Shortcuts',
  },
  roles: {
    services: 'Services',
    hide: 'Hide Dashi',
    hideOthers: 'Hide Others',
    unhide: 'Show All',
    quit: 'Quit',
    close: 'Close Window',
    undo: 'Undo',
    redo: 'Redo',
    cut: 'Cut',
    copy: 'Copy',
    paste: 'Paste',
    selectAll: 'Select All',
    togglefullscreen: 'Full Screen',
    toggleDevTools: 'Developer Tools',
    minimize: 'Minimize',
    zoom: 'Zoom',
    front: 'Bring All to Front',
  },
  faults: {
    gone: 'The page of this window ended unexpectedly. What was saved is kept; running jobs go on.',
    failed: 'The page of this window could not be loaded.',
    reload: 'Load again',
    close: 'Close the window',
  },
}
export type ActionWord = keyof typeof en.actions

const ja: typeof en = {
  menus: {
    file: 'ファイル(&F)',
    recent: '最近開いたもの',
    edit: '編集(&E)',
    view: '表示(&V)',
    window: 'ウィンドウ(&W)',
    help: 'ヘルプ(&H)',
  },
  actions: {
    'open-folder': 'フォルダーを開く …',
    'open-sample': 'サンプルプロジェクトを開く',
    'add-folder': 'フォルダーの画像を追加 …',
    import: '注釈をインポート …',
    export: 'エクスポート …',
    snapshots: 'スナップショット …',
    settings: '設定',
    about: 'Dashi について',
    'close-project': 'プロジェクトを閉じる',
    undo: '元に戻す',
    redo: 'やり直す',
    'command-palette': 'コマンドパレット',
    'go-data': 'データへ移動',
    'go-label': 'ラベルへ移動',
    'go-train': '学習へ移動',
    'go-compare': '比較へ移動',
    'go-merge': 'マージへ移動',
    'zoom-fit': '画像全体を表示',
    back: '戻る',
    forward: '進む',
    help: 'キーボードショートカット',
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
    gone: 'このウィンドウのページが予期せず終了しました。保存済みの内容は残り、実行中のジョブは続きます。',
    failed: 'このウィンドウのページを読み込めませんでした。',
    reload: '再読み込み',
    close: 'ウィンドウを閉じる',
  },
}

export const menuWords: Record<MenuLanguage, typeof en> = { en, ja }

/** The language that a setting stands for; `system`: the first of the person's own that the app speaks. */
export const menuLanguage = (setting: 'system' | MenuLanguage, systems: readonly string[]): MenuLanguage =>
  setting === 'system'
    ? (systems.map((s) => s.slice(0, 2).toLowerCase()).find((s): s is MenuLanguage => s === 'en' || s === 'ja') ?? 'en')
    : setting
