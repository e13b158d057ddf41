/** The page of a folder that is opened for the first time; what of its files could not be read, or was passed over. */
interface Words {
  first: Record<
    | 'kicker'
    | 'looking'
    | 'checking'
    | 'made'
    | 'nothing'
    | 'nothingHint'
    | 'classes'
    | 'inClasses'
    | 'moreClasses'
    | 'splits'
    | 'annotations'
    | 'files'
    | 'captions'
    | 'leaveOut'
    | 'leaveOutHint'
    | 'go'
    | 'look'
    | 'toImages'
    | 'noImages'
    | 'noImagesHint'
    | 'undoable'
    | 'found'
    | 'images'
    | 'sizes'
    | 'unit'
    | 'sizesLabel'
    | 'bar'
    | 'unreadable'
    | 'again'
    | 'more'
    | 'alike'
    | 'seeAlike'
    | 'skipped'
    | 'noEnding'
    | 'notes'
    | 'offer'
    | 'see'
    | 'done'
    | 'doneSplits'
    | 'failed'
    | 'working'
    | 'asked'
    | 'below'
    | 'from'
    | 'allReadable',
    string
  >
  facets: Record<'folders' | 'unreadable' | 'again' | 'checked' | 'approximate', string>
  unreadable: Record<'leavesOut' | 'leftOut' | 'see' | 'imported' | 'skipped', string>
}

export const firstEn: Words = {
  first: {
    kicker: 'New project',
    looking: 'Looking at what lies here …',
    checking: 'Looking at the files',
    made: 'What will be made of it',
    nothing: 'Images, and nothing about them yet',
    nothingHint: 'Label them here, or import annotations from elsewhere later.',
    classes: '{n} class folder: make a label of it | {n} class folders: make labels of them',
    inClasses: '{n} image gets the name of its folder | {n} images get the names of their folders',
    moreClasses: '{n} more',
    splits: 'Take the folders {names} as splits',
    annotations: 'Import {format}',
    files: '{n} file | {n} files',
    captions: 'Take the text beside each image as its caption',
    leaveOut: 'Take the unreadable image out of the project | Take the {n} unreadable images out of the project',
    leaveOutHint: 'Their files stay. Left in, they can be mended; a training leaves them out by itself.',
    go: 'Set up the project',
    look: 'Only the images',
    toImages: 'Go to the images',
    noImages: 'No images lie here',
    noImagesHint: 'Add another folder, or import a dataset: both are in the menu of the project.',
    undoable: 'Your files stay as they are. All of it is one step, which Undo takes back.',
    found: 'What lies here',
    images: 'image | images',
    sizes: 'Longer side',
    unit: 'px',
    sizesLabel: 'Images by their longer side in pixels',
    bar: '{range} px: {n}',
    unreadable: '{n} image cannot be read | {n} images cannot be read',
    again: 'Check again',
    more: 'and {n} more',
    alike: '{n} image looks like another one | {n} images look like others',
    seeAlike: 'Find duplicates',
    skipped: 'Files passed over',
    noEnding: 'without an ending',
    notes: 'Folders that are no classes',
    offer: 'Class folders or annotations lie in {folder}',
    see: 'Look',
    done: '{n} image set up | {n} images set up',
    doneSplits: '{n} image set up, {m} in splits | {n} images set up, {m} in splits',
    failed: 'Nothing was changed: {error}',
    working: 'Setting up …',
    asked: 'The folder cannot be looked at: {error}',
    below: 'below {to}',
    from: '{from} and more',
    allReadable: 'All images can be read',
  },
  facets: {
    folders: 'Folders',
    unreadable: 'Unreadable',
    again: 'Check the files again',
    checked: '{n} mended, {m} still unreadable',
    approximate: 'about {n}',
  },
  unreadable: {
    leavesOut: 'Leaves out {n} unreadable image. | Leaves out {n} unreadable images.',
    leftOut: '{n} unreadable image left out | {n} unreadable images left out',
    see: 'Show them',
    imported: '{n} image of the folder cannot be read | {n} images of the folder cannot be read',
    skipped: 'Files passed over',
  },
}

export const firstJa: Words = {
  first: {
    kicker: '新しいプロジェクト',
    looking: 'フォルダーの中を調べています …',
    checking: 'ファイルを確認中',
    made: 'ここから作るもの',
    nothing: '画像だけがあります',
    nothingHint: 'ここでラベルを付けるか、あとで注釈をインポートできます。',
    classes: 'クラスのフォルダー {n} 個をラベルにする',
    inClasses: '{n} 枚の画像にフォルダー名が付きます',
    moreClasses: 'ほか {n} 個',
    splits: 'フォルダー {names} を分割として使う',
    annotations: '{format} をインポート',
    files: '{n} ファイル',
    captions: '画像の横のテキストをキャプションにする',
    leaveOut: '読めない画像 {n} 枚をプロジェクトから外す',
    leaveOutHint: 'ファイルは残ります。外さなくても、学習では自動的に除かれ、あとで直せます。',
    go: 'プロジェクトを準備',
    look: '画像だけを見る',
    toImages: '画像へ',
    noImages: 'ここには画像がありません',
    noImagesHint: 'プロジェクトのメニューから別のフォルダーを追加するか、データセットをインポートできます。',
    undoable: 'ファイルは変更されません。すべて一つの操作で、元に戻せます。',
    found: 'ここにあるもの',
    images: '枚の画像',
    sizes: '長辺',
    unit: 'px',
    sizesLabel: '長辺の画素数ごとの画像',
    bar: '{range} px：{n}',
    unreadable: '{n} 枚の画像が読めません',
    again: '再確認',
    more: 'ほか {n} 件',
    alike: '{n} 枚がほかの画像と似ています',
    seeAlike: '重複を探す',
    skipped: '対象外のファイル',
    noEnding: '拡張子なし',
    notes: 'クラスでないフォルダー',
    offer: '{folder} にクラスのフォルダーか注釈があります',
    see: '見る',
    done: '{n} 枚の画像を準備しました',
    doneSplits: '{n} 枚の画像を準備し、{m} 枚を分割に入れました',
    failed: '何も変更されませんでした：{error}',
    working: '準備中 …',
    asked: 'フォルダーを調べられません：{error}',
    below: '{to} 未満',
    from: '{from} 以上',
    allReadable: 'すべての画像が読めます',
  },
  facets: {
    folders: 'フォルダー',
    unreadable: '読めない',
    again: 'ファイルを再確認',
    checked: '{n} 枚が直り、{m} 枚はまだ読めません',
    approximate: '約 {n}',
  },
  unreadable: {
    leavesOut: '読めない画像 {n} 枚を除きます。',
    leftOut: '読めない画像 {n} 枚を除きました',
    see: '表示',
    imported: 'フォルダー内の {n} 枚の画像が読めません',
    skipped: '対象外のファイル',
  },
}
