import type { Translated } from '../tables.ts'
import type { route as source } from '../en/route.ts'

export const route: Translated<typeof source> = {
  route: {
    unknown: 'このアドレスの行き先はありません',
    unknownHint: '途中で切れているか、手で書き換えられた可能性があります。これによる変更はありません。',
    home: '画像一覧へ',
    outside: 'このタブはまだ接続が許可されていません',
    outsideHint:
      'ターミナルに表示されるアドレスを、このタブか同じブラウザーの別のタブで開いてください（ターミナルで Enter を押すと新しいアドレスが出ます）。別のタブで Dashi が開いていれば、新しいタブは自動的に接続されます。',
    goesOn: '接続後、このタブはアドレスの示す場所へ移動します。',
    otherName: 'タブ間で共有されるのは次の名前だけです：',
    needsProject: 'このアドレスはプロジェクト内の場所を示しています。プロジェクトを開くと、その場所へ移動します。',
    latestRun: '最新のものを表示',
    nearestImage: '近くの画像を開く',
    copied: 'リンクをコピーしました',
    goTo: '画像へ移動',
    goToHint: '画像の番号を入力して Enter',
    position: '{all} 枚中 {at} 枚目。番号を入力すると移動します。',
    noSuchPlace: '全部で {all} 枚です',
    notTaken: 'Dashi には接続できますが、このウィンドウを続けられません：{problem}。自動的に再試行します。',
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
  fieldProblems: {
    number: '数値を入力してください',
    whole: '整数を入力してください',
    above: '{n} より大きい値',
    least: '{n} 以上',
    most: '{n} 以下',
  },
}
