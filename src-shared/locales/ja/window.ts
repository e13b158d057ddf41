import type { Translated } from '../tables.ts'
import type { window as source } from '../en/window.ts'

export const window: Translated<typeof source> = {
  about: {
    title: 'Dashi について',
    version: 'バージョン {version}',
    licence: 'Apache License 2.0 のフリーソフトウェアです。',
    updates: '更新',
    desktop: '入手元から新しいパッケージをダウンロードし、上書きでインストールしてください。プロジェクトと設定は残ります。',
    source: 'ソースツリーで git pull のあと npm start を実行すると、変更された部分がビルドされます。',
    npm: 'インストールした場所で npm update dashi を実行してください。',
    private: 'Dashi はどこにも接続しません。更新の確認も、情報の送信もしません。',
    notices: '第三者のライセンス表示',
    hideNotices: 'ライセンス表示を閉じる',
    noNotices: 'ライセンス表示はビルド時に作られますが、このビルドにはありません。npm run build で作られます。',
  },
  drop: {
    title: 'ドロップしたもの',
    lead: 'どうしますか？',
    toOpen: 'プロジェクトまたは画像フォルダーをドロップして開く',
    toAdd: '画像、フォルダー、注釈ファイルをドロップして {name} に追加',
    noPath: 'ブラウザではファイルの場所が分かりません',
    noPathHint: 'Dashi は画像を元の場所に置いたまま使うため、場所が必要です。代わりにフォルダーを選んでください。',
    missing: 'ドロップしたものの場所に到達できません。',
    nothingToDo: 'Dashi が読めるものはドロップされませんでした。',
    openProject: 'プロジェクト {name} を開く',
    openFolder: 'フォルダー {name} を開く',
    openParent: '画像のあるフォルダー {name} を開く',
    addFolder: '{name} の画像を追加',
    addFolders: '{n} 個のフォルダーの画像を追加',
    addImages: '画像 {n} 枚を追加',
    import: '{name} から注釈をインポート',
    importFolder: '{name} の画像と注釈をインポート',
    importThere: 'フォルダー {name} を開き、{file} をインポート',
    more: 'ほか {n} 個のファイル',
    adding: '画像 {count} 枚を追加しています',
  },
}
