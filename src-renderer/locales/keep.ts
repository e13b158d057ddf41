/** A project whose file was replaced, and two windows that changed the same. */
interface Words {
  replaced: Record<'removed' | 'replaced' | 'overwritten' | 'log' | 'lead' | 'waiting' | 'saveCopy' | 'reopen' | 'copied', string>
  conflict: Record<'title' | 'lead' | 'theirs' | 'mine' | 'takeTheirs' | 'keepMine' | 'gone' | 'nothing' | 'spans', string> & {
    entities: Record<'region' | 'caption' | 'comment' | 'label' | 'image', string>
    fields: Record<string, string>
    values: Record<string, string>
  }
}

export const keepEn: Words = {
  replaced: {
    removed: 'Another program removed or moved this project.',
    replaced: 'Another program replaced this project.',
    overwritten: 'Another program wrote over this project.',
    log: 'Another program took away a part of this project.',
    lead: 'Nothing more is saved to it.',
    waiting: '{n} edit waits in this window. | {n} edits wait in this window.',
    saveCopy: 'Save a copy …',
    reopen: 'Open what is there now',
    copied: 'Saved as {folder}',
  },
  conflict: {
    title: 'Changed in another window meanwhile',
    lead: 'Somebody else changed this too. Which one should stay? Nothing is lost: either can be undone.',
    theirs: 'Theirs',
    mine: 'Yours',
    takeTheirs: 'Take theirs',
    keepMine: 'Keep mine',
    gone: 'removed',
    nothing: 'nothing',
    spans: '{n} grounded phrase | {n} grounded phrases',
    entities: { region: 'Region', caption: 'Caption', comment: 'Comment', label: 'Label', image: 'Image' },
    fields: {
      text: 'text',
      language: 'language',
      spans: 'grounding',
      regionId: 'region',
      labelId: 'label',
      shape: 'shape',
      state: 'state',
      z: 'order',
      hidden: 'visibility',
      locked: 'lock',
      resolved: 'resolved',
      name: 'name',
      colour: 'colour',
      key: 'key',
      synonyms: 'synonyms',
      prompts: 'prompts',
      parentId: 'parent',
      attributes: 'attributes',
      split: 'split',
      review: 'review',
    },
    values: { proposed: 'proposed', accepted: 'accepted', rejected: 'rejected', true: 'yes', false: 'no' },
  },
}

export const keepJa: Words = {
  replaced: {
    removed: '別のプログラムがこのプロジェクトを削除または移動しました。',
    replaced: '別のプログラムがこのプロジェクトを置き換えました。',
    overwritten: '別のプログラムがこのプロジェクトを上書きしました。',
    log: '別のプログラムがこのプロジェクトの一部を取り除きました。',
    lead: 'これ以降の変更は保存されません。',
    waiting: 'このウィンドウで {n} 件の変更が待っています。',
    saveCopy: 'コピーを保存…',
    reopen: '今あるものを開く',
    copied: '{folder} に保存しました',
  },
  conflict: {
    title: '別のウィンドウでも変更されました',
    lead: '同じ箇所をほかの人も変更しました。どちらを残しますか。どちらを選んでも元に戻せます。',
    theirs: '相手の値',
    mine: '自分の値',
    takeTheirs: '相手の値にする',
    keepMine: '自分の値を残す',
    gone: '削除',
    nothing: 'なし',
    spans: '結び付けた語句 {n} 個',
    entities: { region: '領域', caption: 'キャプション', comment: 'コメント', label: 'ラベル', image: '画像' },
    fields: {
      text: '文',
      language: '言語',
      spans: '結び付け',
      regionId: '領域',
      labelId: 'ラベル',
      shape: '形',
      state: '状態',
      z: '重なり順',
      hidden: '表示',
      locked: 'ロック',
      resolved: '解決',
      name: '名前',
      colour: '色',
      key: 'キー',
      synonyms: '同義語',
      prompts: 'プロンプト',
      parentId: '親',
      attributes: '属性',
      split: '分割',
      review: 'レビュー',
    },
    values: { proposed: '提案', accepted: '採用', rejected: '却下', true: 'はい', false: 'いいえ' },
  },
}
