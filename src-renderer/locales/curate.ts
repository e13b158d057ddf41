/** What curation says. */
export const curateEn = {
  title: 'Curate', again: 'Do it again', show: 'Show in the grid', stale: 'Images or labels were changed since.', made: '{when}, in {seconds}', of: '{at} of {all}', rate: '{n}/s', model: 'Embeddings of', unreadable: 'cannot be read', found: 'Found', clearFound: 'Show all images again', like: 'Find images like this',
  similar: {
    short: 'Find', title: 'Find images', hint: 'Find images by words, or like another', lead: 'Describe what you look for, or take an image. The grid then shows the most similar ones first.', words: 'A dog on a beach', find: 'Find', this: 'Images like this one', like: 'Like {name}',
    missing: 'To search, every image is read by the model once. Later searches answer at once.', make: 'Read the images', renew: 'Read the new ones', stale: 'Some images came later and are not among these.', best: 'cosine of the best', worst: 'of the last of {n}',
  },
  map: {
    short: 'Map', title: 'Map of the images', hint: 'All images on a plane, similar ones close together', lead: 'Puts all images on a plane, those that the model finds similar close together. Clusters, strays and wrong labels are seen at a glance.', start: 'Draw the map', method: 'Projection', umap: 'UMAP', pca: 'PCA', colour: 'Colour', by: { label: 'Label', split: 'Split', author: 'Made by', review: 'Review', none: 'none' },
    lasso: 'Choose by an outline', hand: 'Move the map', fit: 'The whole map', canvas: 'Map of {n} images', keys: 'Arrow keys move a frame, with Shift they change its size. Enter chooses the images in it, with Shift besides those chosen. Plus, minus and 0 zoom.', inFrame: '{n} in the frame · Enter chooses them', how: 'Drag around points to choose their images', variance: 'the axes hold {p} of the variance', chosen: 'Chosen on the map', showChosen: 'Show only these',
  },
  balance: {
    short: 'Balance', title: 'Class balance', hint: 'How often each label occurs in each split', labelled: 'of {n} images labelled', imbalance: 'most to rarest', imbalanceHint: 'Images of the most frequent label for one of the rarest in use', effective: 'effective of {n} labels', effectiveHint: 'exp(entropy): so many equally frequent labels would be as diverse', none: 'No image has a label yet.', most: 'Most first', rarest: 'Rarest first', name: 'By name',
  },
  split: {
    short: 'Split', title: 'Make splits', hint: 'Divide the images into train, validation and test', lead: 'Proposes a division. Nothing is changed before you apply it.', shares: 'Shares', name: 'Name of split {n}', share: 'Share of {split} in percent', add: 'Another split', names: 'Each split needs a name of its own.', sum: 'The shares sum to {n}%, not 100%.', groupBy: 'Keep together', by: { none: 'nothing else', folder: 'images of a folder', tag: 'images with a tag in common' }, tagPrefix: 'Tags that begin with',
    stratify: 'Balance every label', stratifyHint: 'Each split gets its share of every label', duplicates: 'Near-duplicates together', duplicatesHint: 'As far as they were looked for; exact copies always stay together', keepAssigned: 'Keep present splits', keepAssignedHint: 'Images that are in one of these splits stay there', labelledOnly: 'Only labelled images', labelledOnlyHint: 'Others are left as they are',
    propose: 'Propose', unmet: 'Could not be met: {n}', met: 'All shares and labels could be met.', labelMissing: '“{label}” ({images}) is not in {splits}', shareOff: '{split} gets {share} instead of {wanted}', divided: 'A group of {images} is in {splits} already', perLabel: 'Labels, the least divisible last', changes: '{n} image would change its split | {n} images would change their split', applied: 'All images are in these splits.', seed: 'The seed is no number.', outdated: 'Divide again: images, labels or splits were changed since.', apply: 'Apply',
  },
  duplicates: {
    short: 'Duplicates', title: 'Duplicates', hint: 'Find copies and near-copies', lead: 'Finds images that are the same: by their bytes, by what they look like, or by what the model makes of them.', start: 'Look for duplicates', method: 'The same by', all: 'all three', exact: 'bytes', phash: 'looks (perceptual hash)', embedding: 'meaning (embedding)', hamming: 'Bits that may differ, of 64', similarity: 'Cosine from which on', groups: 'groups', surplus: 'to go', none: 'No two images are the same.',
    apply: 'Those to go …', tag: 'Tag them “duplicate”', remove: 'Take them out of the project', how: 'Marked images stay. Click to change which.', group: 'Group {n}', keep: 'Keep {name}', nothing: 'Every image is to stay.', by: { exact: 'same bytes', phash: 'looks the same', embedding: 'nearly the same to the model' },
  },
  captions: {
    short: 'Captions', title: 'Captions', hint: 'Lengths, languages and mistakes of captions', lead: 'Counts, measures and checks all captions: missing or empty ones, repeats, another language, more words than the model reads.', start: 'Check the captions', language: 'Language', own: 'as each is marked', model: 'Read by', captioned: 'of {n} images', vocabulary: 'different words', found: 'Found', fine: 'Nothing is wrong with them.', noText: '(no caption)', tokens: '{n} tokens', tokenCounts: 'Tokens', times: '{n} times',
    issues: { missing: 'Images without a caption', empty: 'Empty', repeated: 'Twice on one image', duplicated: 'The same on several images', 'wrong-language': 'In another language', 'too-long': 'Longer than the model reads' },
    lengths: 'Lengths (the model reads {n} tokens)', min: 'min', median: 'median', mean: 'mean', p95: '95%', max: 'max', characters: 'Characters', words: 'Words', languages: 'Languages', tooShort: 'too short to tell',
  },
  doubts: {
    short: 'Doubts', title: 'Doubtful labels', hint: 'Labels that the model would give otherwise', lead: 'Each image is judged by a probe that was trained without it. Where it is sure of another label than the one given, the label may be wrong.', start: 'Look for doubts', issues: 'doubtful of {n}', noise: 'wrong, by estimate', noiseHint: 'Share of wrong labels that confident learning estimates', accuracy: 'agree', accuracyHint: 'Share of images to which the probe gives the label that they have', leftOut: '{n} images have a label that is too rare to be judged.', everyLabel: 'Every label', ofLabel: 'Given or suggested label', all: 'All, ranked', none: 'No label is in doubt.', open: 'Open {name}', rather: 'rather', sure: '{p} for the label given', sureHint: 'Probability of the label given, from the probe that did not see the image', acceptOf: 'Accept {label} for {name}',
  },
}

type Same<T> = { [K in keyof T]: T[K] extends string ? string : Same<T[K]> }

export const curateJa: Same<typeof curateEn> = {
  title: '整備', again: 'もう一度', show: '一覧に表示', stale: 'その後、画像かラベルが変わりました。', made: '{when}、{seconds}', of: '{all} 件中 {at} 件', rate: '{n} 件/秒', model: '埋め込みのモデル', unreadable: '読み込めません', found: '検索結果', clearFound: 'すべての画像に戻る', like: '似た画像を探す',
  similar: {
    short: '検索', title: '画像を探す', hint: '言葉や画像から似た画像を探す', lead: '探すものを言葉で書くか、画像を選んでください。似ている順に一覧へ表示します。', words: '砂浜の犬', find: '探す', this: 'この画像に似たもの', like: '{name} に似たもの',
    missing: '検索の前に、すべての画像を一度モデルに読ませます。次からはすぐに答えます。', make: '画像を読む', renew: '新しい画像を読む', stale: '後から加わった画像は含まれていません。', best: '最上位の類似度', worst: '{n} 枚目の類似度',
  },
  map: {
    short: '地図', title: '画像の地図', hint: 'すべての画像を似たもの同士が近くなるよう並べます', lead: 'モデルが似ていると見る画像を近くに並べます。まとまりや外れ、誤ったラベルが一目でわかります。', start: '地図を描く', method: '射影', umap: 'UMAP', pca: '主成分分析', colour: '色分け', by: { label: 'ラベル', split: '分割', author: '作成者', review: 'レビュー', none: 'なし' },
    lasso: '囲んで選ぶ', hand: '地図を動かす', fit: '全体を表示', canvas: '画像 {n} 枚の地図', keys: '矢印キーで枠を動かし、Shift を加えると大きさが変わります。Enter で枠内の画像を選び、Shift を加えると選択に足します。+、−、0 で拡大・縮小・全体表示。', inFrame: '枠内 {n} 枚 · Enter で選択', how: '点を囲んで画像を選びます', variance: '二軸で分散の {p}', chosen: '地図で選んだ画像', showChosen: 'これだけ表示',
  },
  balance: {
    short: 'バランス', title: 'クラスのバランス', hint: '分割ごとのラベルの数', labelled: '{n} 枚中ラベルあり', imbalance: '最多と最少の比', imbalanceHint: '使われているラベルのうち、最少の 1 枚あたりの最多の枚数', effective: '{n} ラベル中の実効数', effectiveHint: 'exp(エントロピー)：この数のラベルが均等にあるのと同じ多様さ', none: 'まだラベルの付いた画像がありません。', most: '多い順', rarest: '少ない順', name: '名前順',
  },
  split: {
    short: '分割', title: '分割を作る', hint: '画像を学習・検証・テストに分けます', lead: '分け方を提案します。適用するまで何も変わりません。', shares: '割合', name: '分割 {n} の名前', share: '{split} の割合（%）', add: '分割を追加', names: '分割には別々の名前が必要です。', sum: '割合の合計が 100% ではなく {n}% です。', groupBy: 'まとめる', by: { none: 'ほかになし', folder: '同じフォルダーの画像', tag: '共通のタグを持つ画像' }, tagPrefix: 'タグの先頭',
    stratify: 'ラベルを均等に', stratifyHint: '各分割がどのラベルも割合どおりに持つようにします', duplicates: 'ほぼ重複をまとめる', duplicatesHint: '検索済みの範囲で。完全な複製は常にまとめます', keepAssigned: '今の分割を保つ', keepAssignedHint: 'これらの分割にある画像は動かしません', labelledOnly: 'ラベル付きだけ', labelledOnlyHint: 'ほかの画像はそのままです',
    propose: '提案する', unmet: '満たせなかった条件: {n}', met: '割合とラベルの条件をすべて満たしました。', labelMissing: '「{label}」（{images} 枚）が {splits} にありません', shareOff: '{split} は {wanted} に対し {share}', divided: '{images} 枚のまとまりが既に {splits} に分かれています', perLabel: 'ラベル別（分けにくいものが最後）', changes: '{n} 枚の分割が変わります', applied: 'すべての画像がこの分割に入っています。', seed: 'シードは 0 以上の整数にしてください。', outdated: 'その後に画像、ラベルまたは分割が変更されました。もう一度計算してください。', apply: '適用',
  },
  duplicates: {
    short: '重複', title: '重複', hint: '複製やほぼ同じ画像を探します', lead: '同じ画像を探します。ファイルの内容、見た目、モデルの捉え方で判断します。', start: '重複を探す', method: '判断の基準', all: '三つすべて', exact: 'ファイルの内容', phash: '見た目（知覚ハッシュ）', embedding: '意味（埋め込み）', hamming: '64 ビット中の許容差', similarity: '類似度の下限', groups: 'グループ', surplus: '余分', none: '同じ画像はありません。',
    apply: '余分な画像を …', tag: 'タグ「duplicate」を付ける', remove: 'プロジェクトから外す', how: '印の付いた画像が残ります。クリックで変更できます。', group: 'グループ {n}', keep: '{name} を残す', nothing: 'すべての画像が残ります。', by: { exact: '内容が同じ', phash: '見た目が同じ', embedding: 'モデルにはほぼ同じ' },
  },
  captions: {
    short: 'キャプション', title: 'キャプション', hint: 'キャプションの長さ・言語・誤り', lead: 'すべてのキャプションを数え、調べます。欠落、空、重複、別の言語、モデルが読める長さの超過を探します。', start: 'キャプションを調べる', language: '言語', own: '各キャプションの指定', model: '読むモデル', captioned: '{n} 枚中', vocabulary: '語彙', found: '見つかったもの', fine: '問題はありません。', noText: '（キャプションなし）', tokens: '{n} トークン', tokenCounts: 'トークン', times: '{n} 回',
    issues: { missing: 'キャプションのない画像', empty: '空', repeated: '一枚に同じ文が二つ', duplicated: '複数の画像に同じ文', 'wrong-language': '別の言語', 'too-long': 'モデルが読める長さを超過' },
    lengths: '長さ（モデルは {n} トークンまで読みます）', min: '最小', median: '中央', mean: '平均', p95: '95%', max: '最大', characters: '文字', words: '語', languages: '言語', tooShort: '短くて判別不可',
  },
  doubts: {
    short: '疑問', title: '疑わしいラベル', hint: 'モデルなら別に付けるラベル', lead: '各画像を、その画像を見ずに学習したプローブが判定します。別のラベルに確信がある場合、付いているラベルは誤りかもしれません。', start: '疑わしいものを探す', issues: '{n} 枚中疑わしい', noise: '推定される誤り', noiseHint: '確信学習が推定した誤ラベルの割合', accuracy: '一致', accuracyHint: 'プローブの判定が付いているラベルと一致した割合', leftOut: '{n} 枚はラベルが少なすぎて判定できません。', everyLabel: 'すべてのラベル', ofLabel: '付いている、または提案されたラベル', all: '全件を順位で', none: '疑わしいラベルはありません。', open: '{name} を開く', rather: 'むしろ', sure: '付いているラベル {p}', sureHint: 'その画像を見ていないプローブによる、付いているラベルの確率', acceptOf: '{name} に {label} を採用',
  },
}
