/** About the program, and what is dropped on its window. */
interface Words {
  about: Record<
    'title' | 'version' | 'licence' | 'source' | 'desktop' | 'npm' | 'updates' | 'private' | 'notices' | 'noNotices' | 'hideNotices',
    string
  >
  drop: Record<
    | 'title'
    | 'toOpen'
    | 'toAdd'
    | 'noPath'
    | 'noPathHint'
    | 'missing'
    | 'nothingToDo'
    | 'openProject'
    | 'openFolder'
    | 'openParent'
    | 'addFolder'
    | 'addFolders'
    | 'addImages'
    | 'import'
    | 'importFolder'
    | 'importThere'
    | 'more'
    | 'adding'
    | 'lead',
    string
  >
}

export const windowEn: Words = {
  about: {
    title: 'About Dashi',
    version: 'Version {version}',
    licence: 'Free software under the Apache License 2.0.',
    updates: 'Updates',
    desktop: 'Download the new package from where this one came and install it over this one. Projects and settings stay.',
    source: 'In the source tree: git pull, then npm start, which builds what changed.',
    npm: 'npm update dashi, where it was installed.',
    private: 'Dashi calls nobody: it looks for no updates and sends nothing.',
    notices: 'Third-party notices',
    hideNotices: 'Hide the notices',
    noNotices: 'The notices are made with the build, and this build has none. npm run build makes them.',
  },
  drop: {
    title: 'What was dropped',
    lead: 'What shall be done with it?',
    toOpen: 'Drop a project or a folder of images to open it',
    toAdd: 'Drop images, folders or annotation files to add them to {name}',
    noPath: 'A browser does not tell where files lie',
    noPathHint: 'Dashi leaves images where they are, so it needs their place: choose the folder instead.',
    missing: 'What was dropped lies nowhere that can be reached.',
    nothingToDo: 'Nothing that Dashi reads was dropped.',
    openProject: 'Open the project {name}',
    openFolder: 'Open the folder {name}',
    openParent: 'Open the folder {name} in which they lie',
    addFolder: 'Add the images of {name}',
    addFolders: 'Add the images of {n} folders',
    addImages: 'Add {n} image | Add {n} images',
    import: 'Import annotations from {name}',
    importFolder: 'Import the images and annotations of {name}',
    importThere: 'Open the folder {name}, then import {file}',
    more: 'and {n} more file | and {n} more files',
    adding: 'Adding {count} image | Adding {count} images',
  },
}

export const windowJa: Words = {
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
