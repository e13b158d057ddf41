import type { trainingSentences } from '#shared/sentences/training.ts'

export const trainingJa: Record<keyof typeof trainingSentences, string> = {
  'recipe.unknown': 'レシピ「{recipe}」はありません。使えるのは {known} です',
  'recipe.unknown-setting': 'レシピ {recipe}：設定 {setting} はありません（使えるのは {known}）',
  'recipe.setting': 'レシピ {recipe}：{setting}：{problem}',
  'recipe.none-unlabelled':
    'レシピ {recipe}：ラベルのない画像がありません。プロジェクトに画像を追加するか、--shots を指定するか、labels=ignored にしてください',
  'recipe.no-prefix':
    'レシピ {recipe}：{setting}：モデルの語彙の 1 トークンで、どのキャプションやラベルにも現れず、もう一方と異なるものが必要です（「{found}」）',
  'recipe.no-decoder': 'レシピ {recipe}：{family} は学習できるデコーダーなしでマスクを作ります。CLIPSeg などのモデルを使ってください',
  'recipe.no-branches': 'dropPath：{family} の画像タワーには省ける残差の枝がありません。0 にしてください',
  'recipe.no-projection': 'レシピ {recipe}：{family} の画像タワーの最後には学習できる射影がありません。CLIP を使ってください',
  'recipe.no-patches': 'レシピ {recipe}：{family} のパッチはテキストと比べられません。CLIP か SigLIP を使ってください',
  'recipe.no-room-for-names': 'contextLength：{length} ではモデルの {tokens} トークンにクラス名が入りません',
  'recipe.all-patches': 'patchShare：{family} の画像タワーには画像のすべてのパッチが必要です。1 にしてください',
  'recipe.no-visual-prompts': 'レシピ {recipe}：{family} の画像タワーにはパッチ以外のトークンを加えられません',
  'recipe.no-deep-prompts': 'レシピ {recipe}：{family} のテキストタワーの層にはトークンを加えられません。CLIP を使ってください',
  'recipe.visual-prompts-twice':
    'レシピ {recipe}：モデルにはすでに視覚プロンプトがあります。ないモデルから始めるか、別のレシピで学習してください',
  'recipe.no-adapters': 'レシピ {recipe}：{family} の画像タワーには、アダプターを置ける Transformer ブロックがありません',
  'recipe.adapters-twice':
    'レシピ {recipe}：モデルにはすでにアダプターがあります。アダプターのないモデルから始めるか、別のレシピで学習してください',
  'recipe.no-such-module': 'レシピ {recipe}：targets：{towers}に線形層「{name}」はありません。{all}、または {known} から選んでください',
  'recipe.tower-image': '画像タワー',
  'recipe.tower-text': 'テキストタワー',
  'recipe.tower-both': 'モデル',
  'recipe.texts-classify':
    'レシピ {recipe}：head：towers が {towers} のときは、テキストタワーが読んだクラス名が分類器です。zero-shot のままにしてください',
  'recipe.small-budget':
    'レシピ {recipe}：budget：{budget}%（{most} 個）では、{n} 層の階数 1（{least} 個）にも足りません。上限を増やすか、層を減らしてください',
  'recipe.fewer-blocks': 'レシピ last-blocks：blocks：{n} 個と指定されましたが、画像タワーには {has} 個しかありません',
  'recipe.no-teacher':
    'distill：{distill}：{family} には、ロジットを保てる分類器もテキストもありません。「features」にするか、それらのあるモデルを選んでください',
  'adapter.foreign-tensor': 'テンソル {tensor}：{model} にこの名前の線形層はありません',
  'adapter.shape': 'テンソル {tensor}：形は [{expected}] のはずですが、{found} です',
  'adapter.empty': 'アダプターのテンソルがありません',
  'training.foreign-state': '{file}：保存された学習の状態ではないので上書きしません。移動するか、別の名前にしてください',
  'training.tensor-diverged': '最後のステップでテンソル {tensor} が有限でなくなりました。学習率を下げてください',
  'training.bad-loss':
    'ステップ {step} で損失が {loss} になり、{of} 個中 {bad} 個のテンソルの勾配も有限でなくなりました。最初のものは {tensor} です',
  'training.bad-gradient': 'ステップ {step} で {of} 個中 {bad} 個のテンソルの勾配が有限でなくなりました。最初のものは {tensor} です',
  'training.bad-weight': 'ステップ {step} で {tensor} の重みが有限でなくなっていました',
  'training.stopped': '{problem}。学習率を下げてください',
  'training.stopped-at': '{problem}。ステップ {kept} の後の状態を保存しました。学習率を下げて再開してください',
  'training.no-partner': 'trains: words：見つけたものに名前を付ける相方のモデルがある検出器だけで使えます。ほかの部分を選んでください',
  'training.nothing-to-judge': 'keep、patience：エポックの評価には分割「val」のラベル付き画像が必要ですが、ありません',
  'training.no-memory': '1 枚ずつでもメモリが足りません（{reason}）',
  'training.no-memory-whole':
    '1 ステップ {n} 枚ではメモリが足りません。このレシピは、学習の内容を変えずにバッチを分けられません。batchSize を小さくしてください（{reason}）',
  'training.no-captions':
    '{folder}：分割「train」の画像に承認済みのキャプションがありません。先にキャプションを書くか承認し、分割を割り当ててください',
  'training.captions-unreadable':
    '{folder}：分割「train」に、承認済みのキャプションがあり読み込める画像がありません（{n} 枚が読み込めません：{file}：{reason}）',
  'training.no-caption-words':
    '学習できる単語を含むキャプションのある学習画像が 2 枚未満です。キャプションを書くか、words を「content」にしてください',
  'training.one-captioned': 'キャプションかラベルのある学習画像が 2 枚未満です。画像は、それについて述べられたことで互いに区別します',
  'training.same-captions': 'どの学習画像にも同じこと（「{text}」）しか書かれていないため、互いに区別できません',
  'training.batch-of-one': '1 枚だけのバッチには区別する相手がありません。batchSize を 2 以上にしてください',
  'training.accumulated-twice': 'accumulate と effectiveBatch はどちらか一方にしてください（バッチの勾配の平均か、大きな 1 バッチか）',
  'training.nothing-to-mix': 'mix：{mix}：1 枚だけのバッチには混ぜる相手がありません。batchSize を 2 以上にしてください',
  'training.never-unfrozen':
    'unfreezeEvery：{every}：最後のブロックが解凍されるのは {epochs} エポック中 {every} エポックの後で、学習されません。小さくするか、エポック数を増やしてください',
  'training.class-number': '{file}：ラベル {label}：{n} クラスのいずれかの番号が必要です',
  'training.no-images': '学習画像がありません。ラベルを付けた画像を分割「train」に入れてください',
  'training.class-without-images': 'クラス {classes} の学習画像がありません',
  'training.classes-without-images': 'クラス {classes} の学習画像がありません',
  'training.and-more': '{shown} ほか {n} 件',
  'training.some-unreadable': '{problem}（読めずに除いた画像 {n} 枚。最初は {file}）',
  'training.none-readable': '読める画像がありません（{file}：{reason}）',
  'training.unlabelled': '{folder}：分割「train」にラベル付きの画像がありません。先にラベルを付け、分割を割り当ててください',
  'training.unreadable': '{folder}：分割「train」に読めるラベル付き画像がありません（{n} 枚が読めません。{file}：{reason}）',
  'training.no-regions': '{folder}：分割「train」に承認済みのラベル付き領域がありません。先に領域を描くか承認し、分割を割り当ててください',
  'training.regions-unreadable':
    '{folder}：分割「train」に承認済み領域のある読める画像がありません（{n} 枚が読めません。{file}：{reason}）',
  'training.one-label': '{folder}：使われているラベルが 1 つ（{label}）だけです。分類器には 2 つ以上必要です',
  'training.no-split': 'split：分割「{split}」はありません（あるもの：{splits}）',
  'training.split-twice': 'split：「{split}」を学習用と選択用の両方には使えません',
  'training.name': '名前：文字か数字が必要です。「.」で始まる名前と「.run」で終わる名前は使えません（「{name}」）',
  'training.disk-full': 'チェックポイントは書き込みましたが、ディスクがいっぱいでプロジェクトに追加できませんでした',
  'evaluation.no-images': '{folder}：どの分割にもラベル付きの画像がありません（分割：{splits}）',
  'evaluation.no-images-in-split': '{folder}：分割「{split}」にラベル付きの画像がありません（分割：{splits}）',
  'evaluation.no-images-in-splits': '{folder}：指定された分割にラベル付きの画像がありません',
  'evaluation.unknown-task': 'タスク「{task}」はありません。使えるのは {known} です',
  'evaluation.no-regions': '{folder}：どの分割にも承認済みのラベル付き領域がありません（分割：{splits}）',
  'evaluation.no-regions-in-split': '{folder}：分割「{split}」に承認済みのラベル付き領域がありません（分割：{splits}）',
  'evaluation.no-regions-in-splits': '{folder}：指定された分割に承認済みのラベル付き領域がありません',
  'evaluation.unknown-class': 'classes：このチェックポイントはクラス「{class}」を知りません',
  'evaluation.out-of-range': 'テンソル head.weight：ロジットが float32 の範囲を超えます',
  'evaluation.no-swaps':
    '{folder}：入れ替えられる語句（領域に結び付けたもの）が 2 つある承認済みのキャプションがありません（分割：{splits}）',
  'evaluation.no-direction': '重み：{of} の埋め込みに向きがありません（桁あふれかゼロ）。学習済みの重みが必要です',
  'run.several': '「{name}」という実行が複数あります。ID で指定してください（{ids}）',
  'merging.over-trained': '{folder}：学習したチェックポイントなのでスープで置き換えません。別のフォルダーを選んでください',
  'merging.no-held-out': '貪欲スープ：ホールドアウト画像がありません。ラベル付きの画像を分割「heldOut」に入れてください',
  'merging.several-models': '{name}：同じ名前のモデルがいくつもあります：{folders}',
}
