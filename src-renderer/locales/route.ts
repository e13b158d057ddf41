/** Addresses: what is not there, not understood, or not let in yet; going to an image; what runs and waits. */
interface Words {
  route: Record<
    | 'unknown'
    | 'unknownHint'
    | 'home'
    | 'outside'
    | 'outsideHint'
    | 'goesOn'
    | 'otherName'
    | 'needsProject'
    | 'latestRun'
    | 'nearestImage'
    | 'copied'
    | 'goTo'
    | 'goToHint'
    | 'position'
    | 'noSuchPlace'
    | 'notTaken',
    string
  > & {
    gone: Record<'image' | 'imageHint' | 'run' | 'project' | 'label' | 'list', string>
  }
  queue: Record<'summary' | 'running' | 'waiting' | 'title' | 'cancel' | 'cancelAll' | 'all' | 'alone', string>
  fieldProblems: Record<'number' | 'whole' | 'above' | 'least' | 'most', string>
}

export const routeEn: Words = {
  route: {
    unknown: 'This address leads nowhere',
    unknownHint: 'It may have been cut off, or changed by hand. Nothing was changed by it.',
    home: 'To the images',
    outside: 'This tab is not let in yet',
    outsideHint:
      'Open the address that the terminal shows (Enter there prints a new one), here or in another tab of this browser. While another tab has Dashi open, a new one is let in by itself.',
    goesOn: 'This tab then goes on to where its address says.',
    otherName: 'Only this name is shared between tabs:',
    needsProject: 'The address names a place in a project. Open the project, and you are there.',
    latestRun: 'Show the latest',
    nearestImage: 'Open the nearest image',
    copied: 'Link copied',
    goTo: 'Go to image',
    goToHint: 'Number of the image, then Enter',
    position: 'Image {at} of {all}. Type a number to go there.',
    noSuchPlace: 'There are {all}',
    notTaken: 'Dashi is there, but this window cannot go on: {problem}. It is tried again by itself.',
    gone: {
      image: 'This image is not in the project any more',
      imageHint: 'It was taken out of the project, or the address is of another one. What is undone brings it back.',
      run: 'This run is not in the project any more.',
      project:
        'The project of this address was moved or removed, or was never opened here. Open its folder, and you go on to where the address says.',
      label: 'A label that this address filters by is not there any more.',
      list: 'The list of images of this address is not kept here any more. All images are shown.',
    },
  },
  queue: {
    summary: '{running} running, {waiting} queued',
    running: '{n} running',
    waiting: 'queued',
    title: 'What is running',
    cancel: 'Cancel {job}',
    cancelAll: 'Cancel all',
    all: 'Show what is running',
    alone: '{n} queued',
  },
  fieldProblems: {
    number: 'a number is expected',
    whole: 'a whole number is expected',
    above: 'more than {n}',
    least: '{n} or more',
    most: '{n} at most',
  },
}

export const routeJa: Words = {
  route: {
    unknown: 'このアドレスの行き先はありません',
    unknownHint: '途中で切れているか、手で書き換えられた可能性があります。これによる変更はありません。',
    home: '画像一覧へ',
    outside: 'このタブはまだ接続が許可されていません',
    outsideHint:
      'ターミナルに表示されるアドレスを、このタブか同じブラウザの別のタブで開いてください（ターミナルで Enter を押すと新しいアドレスが出ます）。別のタブで Dashi が開いていれば、新しいタブは自動的に接続されます。',
    goesOn: '接続後、このタブはアドレスの示す場所へ移動します。',
    otherName: 'タブ間で共有されるのは次の名前だけです:',
    needsProject: 'このアドレスはプロジェクト内の場所を示しています。プロジェクトを開くと、その場所へ移動します。',
    latestRun: '最新のものを表示',
    nearestImage: '近くの画像を開く',
    copied: 'リンクをコピーしました',
    goTo: '画像へ移動',
    goToHint: '画像の番号を入力して Enter',
    position: '{all} 枚中 {at} 枚目。番号を入力すると移動します。',
    noSuchPlace: '全部で {all} 枚です',
    notTaken: 'Dashi には接続できますが、このウィンドウを続けられません: {problem}。自動的に再試行します。',
    gone: {
      image: 'この画像はもうプロジェクトにありません',
      imageHint: 'プロジェクトから外されたか、別のプロジェクトのアドレスです。取り消せば元に戻ります。',
      run: 'この実行はもうプロジェクトにありません。',
      project:
        'このアドレスのプロジェクトは移動または削除されたか、ここで開かれたことがありません。フォルダーを開くと、アドレスの示す場所へ移動します。',
      label: 'このアドレスの絞り込みに使われたラベルはもうありません。',
      list: 'このアドレスの画像リストはもう保存されていません。すべての画像を表示します。',
    },
  },
  queue: {
    summary: '{running} 件実行中、{waiting} 件待機中',
    running: '{n} 件実行中',
    waiting: '待機中',
    title: '実行中の処理',
    cancel: '{job} を中止',
    cancelAll: 'すべて中止',
    all: '実行中の処理を表示',
    alone: '{n} 件待機中',
  },
  fieldProblems: {
    number: '数値を入力してください',
    whole: '整数を入力してください',
    above: '{n} より大きい値',
    least: '{n} 以上',
    most: '{n} 以下',
  },
}
