import { curateJa } from './curate.ts'
import type { en } from './en.ts'

type Same<T> = { [K in keyof T]: T[K] extends string ? string : Same<T[K]> }

export const ja: Same<typeof en> = {
  app: { name: 'Dashi', tagline: '画像にラベルを付け、モデルを微調整し、結果をブレンドします。' },
  rooms: { data: 'データ', label: 'ラベル', train: '学習', compare: '比較', merge: 'マージ' },
  groups: {
    go: '移動', project: 'プロジェクト', tools: 'ツール', edit: '編集', view: '表示', label: 'ラベル', review: 'レビュー', images: '画像', models: 'モデル', window: 'ウィンドウ',
  },
  common: {
    cancel: 'キャンセル', close: '閉じる', remove: '削除', add: '追加', save: '保存', open: '開く', none: 'なし', all: 'すべて', search: '検索', start: '開始',
    name: '名前', more: 'その他', retry: 'やり直す', count: '{n} 枚', loading: '読み込み中 …', back: '戻る', chosen: '{n} 枚を選択中',
  },
  welcome: {
    title: 'Dashi へようこそ', lead: 'データはすべてこのコンピューターの中に残ります。', sample: 'サンプルを試す',
    sampleHint: 'ラベル付け用の情景 200 枚と、学習用の絵文字 2,600 枚。初回のみ 30 秒ほどかけて作成します。', folder: 'フォルダーを開く',
    folderHint: '画像またはプロジェクトのフォルダー。画像は元の場所に置かれたままです。', recent: '最近開いたもの', forget: '一覧から外す', making: 'サンプルを作成中 …',
    noRecent: '開いたプロジェクトがここに並びます。',
  },
  folder: {
    copy: 'コピーの保存先', open: 'フォルダーを開く', add: 'フォルダーの画像を追加', import: 'インポート元', export: 'エクスポート先', locate: '画像の場所', up: '上のフォルダーへ', images: 'ここに画像 {n} 枚', choose: 'このフォルダーを選ぶ', isProject: 'このフォルダーはプロジェクトです',
    project: 'プロジェクト', empty: 'ここにフォルダーはありません。', path: 'パス',
  },
  data: {
    filters: '絞り込み', clear: '絞り込みを解除', searchPath: 'ファイル名', searchCaption: 'キャプションの語句', labels: 'ラベル', splits: '分割', review: 'レビュー', tags: 'タグ', authors: '作成者', status: '状態',
    unlabelled: 'ラベルなし', labelled: 'ラベルあり', proposed: '提案あり', doubtful: '疑わしい（スコア 0.5 以下）', duplicates: 'ほぼ重複', noSplit: '分割なし', person: '人', model: 'モデル',
    sort: '並べ替え', sortId: '追加順', sortPath: '名前', sortRegions: '領域が多い順', sortSize: '大きい順', size: 'サムネイルの大きさ', moreLabels: '{n} 件すべて表示', fewerLabels: '減らす',
    empty: 'まだ画像がありません', emptyHint: '画像のフォルダーを追加するか、注釈付きデータセットをインポートしてください。', nothing: '条件に合う画像がありません', chooseAll: 'すべて選択', labelChosen: 'ラベル', splitChosen: '分割', reviewChosen: 'レビュー', tagChosen: 'タグ', tagPlaceholder: '新しいタグを入力して Enter',
    unreadable: '読み込めません', regions: '領域 {n} 個', captions: 'キャプション {n} 個', scanning: '画像を探しています …',
  },
  curate: curateJa,
  label: {
    none: '画像が開かれていません', noneHint: 'データ画面で選ぶか、最初の画像から始めてください。', first: '最初の画像を開く', labels: 'ラベル', findLabel: 'ラベルを検索・追加', addLabel: '「{name}」を追加', regions: '領域', captions: 'キャプション',
    image: '画像', history: '履歴', noRegions: 'まだ何もありません。{key} を押して矩形をドラッグしてください。', noLabel: 'ラベルなし', of: '{all} 枚中 {at} 枚目', previous: '前の画像', next: '次の画像', hide: '隠す', show: '表示', lock: 'ロック', unlock: 'ロック解除', delete: '削除',
    view: '表示', brightness: '明るさ', contrast: 'コントラスト', opacity: '塗りの不透明度', imageOpacity: '画像の不透明度', reset: '元に戻す', snapping: '輪郭に吸着', crosshair: '十字線', minimap: 'ミニマップ', hideAll: '領域をすべて隠す', brush: 'ブラシの大きさ', tolerance: '自動選択の許容値',
    active: '新しい領域に付くラベル', attributes: '属性', addAttribute: '名前 = 値 を入力して Enter', several: '領域を {n} 個選択中', lastUsed: '最近使ったもの', cannotOpen: 'この画像は表示できません', notDecoded: 'ファイルが壊れているか、読み込めない形式の画像です。', z: '重なり順', proposedBy: '提案 {p}%', accept: '採用', reject: '却下', strip: 'フィルムストリップ', inspector: 'インスペクター', canvas: 'キャンバス、画像 {name}', tools: 'ツール',
  },
  hint: {
    select: 'ドラッグで複数選択 · Alt+クリックで下の領域 · スペース+ドラッグで移動', vertices: '頂点をドラッグ、辺を引くと頂点を追加 · Alt+クリックで削除 · ダブルクリックで拡大・回転の枠',
    mask: 'ブラシと消しゴムでこのマスクを修正', box: 'ドラッグ、または 2 つの角をクリック · Shift で正方形', 'rotated-box': '望む角度で一辺を引き、そこから矩形を引き出す', edge: '一辺に沿って、その角度で', depth: '矩形を引き出してクリック', turn: '角をドラッグで拡大縮小 · 上の丸いハンドルで回転、Shift で 15° ずつ', polygon: '頂点を順にクリック', polyline: '頂点を順にクリック',
    scissors: '輪郭に沿ってクリックすると線が縁をたどる', part: 'クリックで新しい多角形 · Shift+クリックで選択中のものに部分を追加 · Alt+クリックで穴', points: 'クリックで点 · Shift+クリックで選択中の点の組に追加',
    brush: '新しいマスクを塗る · Alt で消す', 'brush-on': '選択中のマスクに塗る · Alt で消す · Esc の後に塗ると新しいマスク', eraser: '選択中、または一番上のマスクから消す · Alt で塗る',
    wand: '色をクリック、横にドラッグで許容差 · Shift で選択中のマスクに追加 · Alt で除く', ruler: 'ドラッグで測る', confirm: '確定', 'remove-last': '1 つ戻す', cancel: 'やめる',
    hidden: 'すべての領域を隠しています', showAll: '表示する',
  },
  caption: {
    add: 'キャプション', addRegion: '領域のキャプション', ofImage: '画像全体', ofRegion: '領域', placeholder: '画像を一文で説明してください', empty: 'キャプションはまだありません。', emptyHint: 'キャプションは画像に写るものを言葉で表します。語句を選んで領域に結び付けられます。',
    language: '言語', ground: '領域 {n} 個に結び付ける', unground: '結び付けを解除', groundWords: '語句を領域に結び付ける', clickRegions: '続けて、語句が指す領域をクリックしてください。', tied: '領域 {n} 個に結び付け済み', done: '完了', wordsOf: '「{words}」領域 {n} 個に結び付け済み', tokens: '{n}/{limit} トークン', unread: 'この部分はモデルに読まれません', notRead: '読まれない部分:', countedFor: 'トークンを数えるモデル', edit: '編集', remove: 'キャプションを削除', chars: '{n} 文字', 
    lint: { empty: '空です', spaces: '連続した空白', ends: '前後に空白', duplicate: '同じ文が重複', repeated: '同じ語の繰り返し', script: '指定された言語と文字が異なります' },
  },
  image: { labels: '画像全体のラベル', tags: 'タグ', split: '分割', review: 'レビュー', file: 'ファイル', size: '大きさ', comments: 'コメント', addComment: 'コメントを書く', resolve: '解決済みにする', reopen: '再開', scores: 'モデルの見え方', ask: '推定', model: 'モデル' },
  splits: { train: '学習', val: '検証', test: 'テスト', heldOut: 'ホールドアウト', id: '分布内', ood: '分布外', forgotten: '事前学習' },
  shapes: { box: '矩形', 'rotated-box': '回転矩形', polygon: '多角形', mask: 'マスク', polyline: '折れ線', keypoints: '点' },
  review: { unreviewed: '未レビュー', 'in-review': 'レビュー中', approved: '承認済み', rejected: '差し戻し', proposals: '提案 {n} 件', why: '直すべき点を書いて Enter で差し戻し' },
  bulk: { title: '選択した画像を編集', lead: '空欄の項目は変わりません。すべてを一つの変更として行い、一度に取り消せます。', images: '画像', regions: '画像内のすべての領域', addLabels: 'ラベルを追加', removeLabels: 'ラベルを削除', addTags: 'タグを追加', removeTags: 'タグを削除', regionLabel: 'ラベル', setAttributes: '属性を設定', removeAttributes: '属性を削除', keep: '変更しない', attributesHint: '名前 = 値, …', apply: '{n} 枚を変更' },
  history: { empty: 'この画像はまだ変更されていません。', undone: '取り消し済み', wholeProject: 'プロジェクト全体' },
  labels: { parent: '親ラベル', noParent: 'なし', import: 'ラベルを読み込む …', export: 'ファイルに保存', project: 'プロジェクト全体（使用 {n} 件）', merge: '統合', split: '分ける', by: '対象の注釈', byKind: '形', byAttribute: '属性', byTag: '画像のタグ', value: '値', becomes: '移し先', preview: '画像 {images} 枚の領域 {regions} 個と画像ラベル {labels} 件が変わります。', more: 'ほか {n} 件は入力して検索', title: 'ラベル', name: '名前', colour: '色', key: 'キー', uses: '使用数', synonyms: '同義語', remove: 'ラベルを削除', removeHint: '注釈 {n} 件も削除されます。', into: '注釈の移し先', empty: 'まだラベルがありません。最初のラベルを追加してください。' },
  snapshots: { title: 'スナップショット', take: 'スナップショットを作成', name: 'この状態の名前', empty: 'データセットの今の状態に名前を付け、後で比べたり戻したりできます。', compare: '以後の変更', restore: 'この状態に戻す', added: '追加', changed: '変更', removed: '削除', media: '画像', labels: 'ラベル', imageLabels: '画像ラベル', regions: '領域', captions: 'キャプション', tags: 'タグ', same: '以後の変更はありません。' },
  exchange: {
    import: 'インポート', export: 'エクスポート', format: '形式', auto: '自動判別', from: '元', to: '先', choose: '選択 …', losses: '{format} で表せないもの', lossless: '{format} はこのプロジェクトのすべてを表せます。', images: '画像もコピーする', split: '入れる分割', start: '開始', report: '結果', took: '画像 {n} 枚を取り込みました', findings: 'そのままでは取り込めなかったもの: {n}', wrote: '{n} 個のファイルを書き出しました', absent: 'この版ではインポートとエクスポートは使えません。', onlyFiltered: '絞り込み中の画像だけ（{n}）',
    holding: '{format}：領域 {regions}、ラベル {labels}、キャプション {captions}', nothing: 'これらのファイルから注釈は一つも取り込まれませんでした。', failed: '何も取り込まれませんでした：{error}', notes: '読み方', unread: '読まれなかったファイル：{n}', severalFiles: '{n} 個のファイル', importAs: '{format} として取り込む',
    missing: '{n} 枚の画像が見つかりません。その注釈は残してあり、ファイルが見つかるのを待っています。', locate: '場所を指定 …', linked: '{n} 枚の画像が見つかりました', unmentioned: 'フォルダーの {n} 枚の画像はどの注釈にも現れず、取り込まれていません。', everyone: '一枚を複数の人が注釈した場合、全員の分を取り込む', leftOut: '除外', changed: '修正',
  },
  train: {
    title: '学習', recipe: 'レシピ', model: '出発点', device: 'デバイス', seed: 'シード', start: '学習を開始', runs: '実行', cancel: '中止', noRuns: 'まだ実行がありません', noRunsHint: 'レシピを選んで開始すると、ここに曲線が表示され、実行は一覧に残ります。', absent: '学習は使えません', settings: '設定', inBox: '付属のモデル', loss: '損失', lr: '学習率', speed: '{n} 枚/秒', left: '残り {time}', steps: '{all} ステップ中 {at}', values: '{all} 個の値のうち {at} 個目', objective: '目的関数', sweep: '走査した C の番号', name: '名前', status: '状態', when: '開始', duration: '所要時間', data: 'データセット', metrics: '指標',
    lastRun: '実行', default: '既定値 {value}', needLabels: '先に画像へラベルを付けてください。学習には二つ以上のラベルが必要です。', needSplit: '先にラベル付き画像を分割「学習」に入れてください。',
    base: '出発点', chosen: '{n} 件を選択中', nameHint: '設定から作ります', defaults: '既定値', chooseAll: 'すべての実行を選択', chooseRun: '{name} を選択', sortBy: '{column}で並べ替え', cancelRun: '{name} を中止', goOn: '続きから', goOnRun: '{name} を続きから実行', again: 'もう一度', againRun: '{name} をもう一度実行', waits: '前の実行が終わるのを待っています。', begins: '準備しています …', step: 'ステップ', changedSince: '以後に変更あり', noCurve: 'ステップが実行されなかったため、曲線はありません。', reuse: 'この設定を使う', reuseHint: 'この実行の設定をフォームに入れます', apply: '画像で試す', applyHint: 'ラベル画面を開き、このモデルの見え方をインスペクターに表示します',
  },
  phases: { queued: '順番待ち', checking: '画像を確認中', features: '{split} の特徴量', 'logistic-regression': 'ロジスティック回帰', training: '学習', 'prompt-tuning': 'プロンプト調整', evaluating: '評価', scoring: '材料を採点中', 'greedy-soup': '材料を試行中', merging: 'ブレンド' },
  fields: {
    epochs: '学習画像を通す回数', batchSize: '1 ステップの画像数', lr: '学習率の最大値', warmup: '学習率を上げていくステップの割合', weightDecay: '重み減衰', clipNorm: '勾配ノルムの上限', deep: '8 ビットを超える画素値：Pillow と同じく切り詰める、値域全体を使う、百分位の間を使う', interpolate: 'モデルと違う大きさの切り抜きを、位置の補間で受け入れる', labelSmoothing: 'ラベル平滑化', augmentation: '学習画像をどれだけ変化させるか', accumulate: '更新前に勾配を平均するバッチ数', ema: '重みの移動平均の減衰率。平均のほうを残します（0：なし）',
    cMin: 'C の最小値（L2 罰則の強さの逆数）', cMax: 'C の最大値', cCount: '等比で試す個数', iterations: '各 C での L-BFGS 反復の上限', head: '分類器の初期値', contextLength: 'クラス名の前に置く学習トークン数', init: '語句「a picture of a」から始めるか、乱数から始めるか', momentum: 'SGD のモーメンタム',
  },
  recipes: { 'zero-shot': 'ゼロショット', lp: '線形プローブ', ft: '全体の微調整', 'lp-ft': '線形プローブ後に微調整', coop: 'プロンプト調整（CoOp）', vpt: '視覚プロンプト（VPT）', lora: 'LoRA' },
  status: { queued: '待機中', running: '実行中', done: '完了', failed: '失敗', cancelled: '中止' },
  compare: {
    title: '比較', choose: 'チェックポイントを 2〜6 個選択', start: '比較する', empty: 'まだチェックポイントがありません', emptyHint: '先にモデルを学習してください。実行ごとに一つ残ります。', scatter: '{x} と {y} の正解率', scatterOne: '{x} の正解率', gone: 'もうないため外しました: {names}', notKept: 'この比較はもう保存されていません', notKeptHint: 'もう一度比較してください。計算済みの特徴は再計算されません。', stale: 'この比較の後で、画像、ラベルまたはチェックポイントが変更されました。', anew: 'もう一度比較', metrics: '指標', perClass: 'クラス別', images: '判断が分かれる画像', truth: '正解', accuracy: '正解率', meanPerClass: 'クラス平均', nll: 'NLL', ece: '較正誤差', class: 'クラス', noDifferences: 'この分割ではすべての画像で一致しています。', chooseHint: '各分割の正解率、差のあるクラス、判断が分かれる画像を表示します。', startN: '{n} 個を比較', inBox: '付属', against: '基準', reference: '基準', mcnemar: '差（ポイント）。同じ画像での McNemar 検定、全組合せについて Holm 補正', metricsNote: '正解率は %、± は Wilson の 95% 区間の半幅。下段は基準との差（ポイント）と McNemar 検定の p（Holm 補正）。クラス平均・NLL・較正誤差は分割 {split} の値です。', perClassHint: '{name} との差（ポイント）', allDiffering: '分かれるものすべて', onlyRight: '{name} だけ正解', noneRight: 'どれも不正解', noSuch: '該当する画像はありません。', right: '正解', wrong: '不正解', showMore: 'あと {n} 件を表示', x: '横軸', y: '縦軸', split: '分割', interval: '95% 区間',
  },
  merge: { title: 'マージ', order: '試した順', method: '方法', ingredients: '材料', start: 'スープを作る', empty: 'ブレンドできるものがまだありません', emptyHint: 'スープには同じモデルのチェックポイントが二つ以上必要です。先にいくつか学習してください。', ledger: '記録', blend: 'ブレンド', base: '出発点', tuned: '調整後', weight: '重み', size: 'サイズ', predicted: 'スープは約 {size} になります。', dtype: '重みの型', keep: '材料と同じ', insist: 'トークナイザーや前処理が違っても混ぜる', insistHint: '文字や画像の読み方、学習時のテンプレートが違う材料は、これをオンにしない限り混ぜません。オンにすると、何が違うかがスープに記録されます。', insisted: '違いを承知で混ぜた点：', nameHint: '{method} {n} 個', none: 'まだスープがありません', noneHint: '方法と材料を選んでください。スープは全分割で評価され、チェックポイントの一覧に加わります。', compare: '材料と比較', noHeldOut: '貪欲スープは分割「ホールドアウト」で選びます。先にラベル付き画像を入れてください。', strangers: '同系統でないもの（部品またはクラスが異なる）：{names}', about: { uniform: 'すべての材料の平均。', greedy: '成績の良い順に試し、「ホールドアウト」で良くなる材料だけを残します。', 'wise-ft': '出発点と調整後のモデルを結ぶ直線上の点。', slerp: '出発点と調整後のモデルを結ぶ弧上の点。', 'task-arithmetic': '出発点に、各材料が学んだ差の λ 倍を加えます。', ties: '学んだ差を刈り込み、多数派の符号でまとめます。', dare: '学んだ差を無作為に間引き、その分を拡大します。' }, candidate: '候補', heldOut: '単独', score: '加えたスープ', taken: '採用', left: '不採用', soups: 'スープ', methods: { uniform: '均一スープ', greedy: '貪欲スープ', 'wise-ft': 'WiSE-FT', slerp: 'SLERP', ties: 'TIES', dare: 'DARE', 'task-arithmetic': 'タスク算術', learned: '学習スープ' } },
  statusbar: { ended: 'セッションは終了しました。ターミナルに表示されるアドレスを開いてください。未送信の編集はこのブラウザに保たれます。', saved: 'すべて保存済み', saving: '{n} 件の変更を保存中 …', lost: '接続が切れました。編集はここに保たれ、再接続時に送られます。', waiting: '未接続 | {n} 件の編集が待機中 | {n} 件の編集が待機中', connecting: '接続中 …', jobs: '{n} 件の処理', cancelJob: 'この処理を中止', zoom: 'ズーム', dataset: 'データセット {hash}', failed: '失敗', recovered: '前回プログラムが予期せず終了しましたが、保存済みのものは失われていません。' },
  jobs: { scan: '画像を探索中', check: 'ファイルを確認中', 'set-up': '準備中', sample: 'サンプルを作成中', import: 'インポート中', export: 'エクスポート中', train: '学習中', evaluate: '評価中', compare: '比較中', merge: 'マージ中', duplicates: '重複を探索中', split: '分割を計算中', captions: 'キャプションを検査中', doubts: 'ラベルを判定中', index: '画像を読み込み中', map: '地図を作成中' },
  palette: { placeholder: 'コマンド、ラベル、画像名を入力', nothing: '該当するものがありません。', images: '画像', labels: 'ラベル', hint: '検索・コマンド実行' },
  help: { title: 'キーボードショートカット', lead: '入力欄では単独のキーは働きません。', change: '設定で変更' },
  settings: { labelling: 'ラベル付け', drawBy: '矩形の描き方', draw: { either: 'どちらでも', drag: 'ドラッグ', click: '2 回クリック' }, lineWidth: '輪郭の太さ', check: { keepLabel: '次の領域も同じラベルにする', advance: '分類ではキーで次の画像へ進む', names: 'ラベル名をキャンバスに表示', crosshair: '十字線', snapping: 'ほかの領域に吸着', snapToPixels: '画素に吸着', minimap: 'ミニマップ' }, title: '設定', appearance: '外観', theme: 'テーマ', language: '言語', system: 'システムに合わせる', light: 'ライト', dark: 'ダーク', shortcuts: 'キーボードショートカット', press: 'キーを押す …', reset: '既定値', resetAll: 'すべて既定値に戻す', also: '重複: {action}', take: 'こちらだけにする', clear: 'キーなし' },
  links: { title: 'フォルダの外へのリンク', lead: '{folder} にある次のリンクは、このコンピュータの別の場所にあるファイルを指すため、取り込みませんでした。リンク先が確かな場合に限って取り込んでください。取り込むと、後から追加されたリンクも含め、他の画像と同じように表示・学習・エクスポートされます。', more: 'ほか {count} 件', look: '確認', leave: '取り込まない', take: '取り込む' },
  toast: {
    namesLeftOut: '{n} 件のファイルは名前が UTF-8 でないため取り込まれませんでした（{name}）',
    links: 'フォルダの外へのリンク {count} 件を取り込みませんでした', undo: '取り消しました: {action}', redo: 'やり直しました: {action}', labelsChanged: '注釈 {count} 件のラベルを変更しました', labelsTaken: 'ラベルを {added} 件追加、{changed} 件変更しました', copied: '{count} 枚に領域 {regions} 個をコピーしました', noNext: 'この後に画像はありません', nothingToCopy: '前の画像に領域がありません', 'nothing-to-undo': '取り消すものがありません', 'nothing-to-redo': 'やり直すものがありません', labelled: '{count} 枚にラベルを付けました', split: '{count} 枚を分割に移しました', reviewed: '{count} 枚をレビューしました', tagged: '{count} 枚にタグを付けました', edited: '{count} 枚を変更しました', removed: '{count} 枚をプロジェクトから外しました。ファイルは残ります', adding: '{folder} の画像を追加しています', jobDone: '{job}: 完了', jobFailed: '{job}: {error}', sentLater: '前回送れなかった変更 {count} 件を送っています', runDone: '{name} が完了しました', back: '再接続しました', splitApplied: '{count} 枚を分割に移しました',
  },
  actions: {
    'sign-out': 'このブラウザからサインアウト',
    'go-data': 'データへ移動', 'go-label': 'ラベルへ移動', 'go-train': '学習へ移動', 'go-compare': '比較へ移動', 'go-merge': 'マージへ移動', 'open-folder': 'フォルダーを開く …', 'open-sample': 'サンプルプロジェクトを開く', 'add-folder': 'フォルダーの画像を追加 …', 'close-project': 'プロジェクトを閉じる', import: '注釈をインポート …', export: 'エクスポート …', snapshots: 'スナップショット …', 'edit-labels': 'ラベルを編集 …',
    'go-to-image': '画像へ移動 …', back: '戻る', forward: '進む', 'copy-link': 'この表示のアドレスをコピー', 'next-image': '次の画像', 'previous-image': '前の画像', undo: '元に戻す', redo: 'やり直す', 'tool-select': '選択', 'tool-pan': '移動', 'tool-box': '矩形', 'tool-rotated-box': '回転矩形', 'tool-polygon': '多角形', 'tool-polyline': '折れ線', 'tool-points': '点', 'tool-brush': 'ブラシ', 'tool-eraser': '消しゴム', 'tool-wand': '自動選択', 'tool-scissors': 'インテリジェントはさみ', 'tool-ruler': '定規', 'tool-last': '直前のツール',
    confirm: '図形を確定', cancel: '中止・選択解除', 'remove-last': '最後の頂点を削除', delete: '削除', 'select-all': '領域をすべて選択', duplicate: '複製', copy: 'コピー', cut: '切り取り', paste: '貼り付け', merge: '領域を結合', subtract: '領域を切り抜く', 'bring-forward': '前面へ', 'send-backward': '背面へ', 'bring-to-front': '最前面へ', 'send-to-back': '最背面へ', hide: '表示・非表示', 'hide-all': '領域をすべて隠す', lock: 'ロック・解除', 'nudge-left': '左へ少し移動', 'nudge-right': '右へ少し移動', 'nudge-up': '上へ少し移動', 'nudge-down': '下へ少し移動',
    'zoom-in': '拡大', 'zoom-out': '縮小', 'zoom-fit': '画像全体を表示', 'zoom-actual': '実寸', 'brush-smaller': 'ブラシを小さく', 'brush-larger': 'ブラシを大きく', 'toggle-snapping': '吸着', 'toggle-crosshair': '十字線', 'toggle-minimap': 'ミニマップ',
    'label-1': 'ラベル 1', 'label-2': 'ラベル 2', 'label-3': 'ラベル 3', 'label-4': 'ラベル 4', 'label-5': 'ラベル 5', 'label-6': 'ラベル 6', 'label-7': 'ラベル 7', 'label-8': 'ラベル 8', 'label-9': 'ラベル 9', 'find-label': 'ラベルを探す', 'add-caption': 'キャプションを追加', 'review-mode': 'レビューモード', 'review-accept': '承認して次へ（レビュー中）', comment: 'コメント', 'accept-all': '提案をすべて採用', 'next-proposal': '次の提案', 'end-grounding': '結び付けを終える', 'bulk-edit': '選択した画像を編集 …', accept: '提案を採用', reject: '提案を却下', approve: '承認', 'send-back': '差し戻す', 'ask-review': 'レビューを依頼', 'clear-review': '未レビューに戻す',
    'curate-similar': '言葉で画像を探す …', 'curate-map': '画像の地図', 'curate-balance': 'クラスのバランス', 'curate-split': '分割を作る …', 'curate-duplicates': '重複を探す …', 'curate-captions': 'キャプションを調べる …', 'curate-doubts': '疑わしいラベル …', 'find-similar': '似た画像を探す',
    'start-training': '学習を開始', 'start-comparison': '選んだチェックポイントを比較', 'make-soup': 'スープを作る', 'cancel-jobs': '実行中の処理を中止',
    'open-image': '画像を開く', 'choose-all': '画像をすべて選択', 'choose-none': '画像の選択を解除', 'split-train': '学習に入れる', 'split-val': '検証に入れる', 'split-test': 'テストに入れる', 'split-none': '分割から外す', 'remove-images': '画像をプロジェクトから外す', 'filter-unlabelled': 'ラベルのない画像を表示', 'filter-proposed': '提案のある画像を表示', 'filter-doubtful': '疑わしい画像を表示', 'filter-clear': '絞り込みを解除', 'toggle-strip': 'フィルムストリップ', 'toggle-inspector': 'インスペクター', 'toggle-facets': '絞り込み', 'theme-light': 'ライトテーマ', 'theme-dark': 'ダークテーマ', 'theme-system': 'システムのテーマ', 'language-en': 'English', 'language-ja': '日本語', 'command-palette': 'コマンドパレット', help: 'キーボードショートカット', settings: '設定', about: 'Dashi について', 'model-positive': 'モデルの点 +', 'model-negative': 'モデルの点 −',
  },
}
