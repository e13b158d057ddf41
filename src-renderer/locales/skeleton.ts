/** Skeletons, guides and the grid, measuring, templates. */
type Same<T> = { [K in keyof T]: T[K] extends string ? string : Same<T[K]> }

export const skeletonEn = {
  skeleton: {
    title: 'Skeleton',
    none: 'Named points of its regions: a person’s joints, the corners of a part.',
    add: 'Add a point',
    person: 'A person (17 points)',
    fromRegion: 'As the selected points',
    clear: 'Take it away',
    name: 'Name of the point',
    remove: 'Remove the point',
    up: 'Move up',
    edges: 'Joined to',
    edgesOf: '{name}: joined to',
    layout: 'How it lies when it is drawn: drag the points, or move one with the arrow keys',
    place: '{name}: {x} %, {y} %',
    twice: '“{name}” is there twice',
    points: 'Points',
    states: { '2': 'visible', '1': 'hidden', '0': 'not there' },
    state: '{name}: {state}',
    count: '{n} of {all}',
  },
  guides: {
    grid: 'Grid',
    guides: 'Guides and rulers',
    step: 'Cell of the grid',
    upright: 'Ruler along the top: drag down from it for a level guide',
    level: 'Ruler along the left: drag to the right from it for an upright guide',
    guide: 'Guide at {at} px: arrow keys move it, Delete takes it away',
    clear: 'Take all guides away',
  },
}
export const skeletonActionsEn = {
  'tool-skeleton': 'Skeleton',
  'place-skeleton': 'Place a skeleton at the pointer',
  'point-hidden': 'Point hidden or visible',
  'point-missing': 'Point not there, or there again',
  'toggle-grid': 'Grid',
  'toggle-guides': 'Guides and rulers',
  'toggle-pixels': 'Snap to whole pixels',
  'guide-upright': 'Upright guide at the pointer',
  'guide-level': 'Level guide at the pointer',
  'next-point': 'Next point',
  'previous-point': 'Previous point',
}
export const skeletonHintEn = {
  skeleton: 'Drag a box for the skeleton, or click: as large as the last · drag its points · O: hidden · Shift+O: not there',
  noSkeleton: 'No label has a skeleton yet: give it one in “Edit labels”',
  joints: 'Drag a point · O: hidden · Shift+O: not there · Y: the next one · double click: frame to scale and turn',
}

export const skeletonJa: Same<typeof skeletonEn> = {
  skeleton: {
    title: '骨格',
    none: '領域の名前付きの点です（人の関節、部品の角など）。',
    add: '点を追加',
    person: '人（17 点）',
    fromRegion: '選択中の点から作る',
    clear: '骨格をなくす',
    name: '点の名前',
    remove: '点を削除',
    up: '上へ',
    edges: 'つながる点',
    edgesOf: '{name}：つながる点',
    layout: '描いたときの初期配置。点をドラッグするか、矢印キーで動かします',
    place: '{name}：{x} %、{y} %',
    twice: '「{name}」が重複しています',
    points: '点',
    states: { '2': '見える', '1': '隠れている', '0': 'なし' },
    state: '{name}：{state}',
    count: '{n} / {all}',
  },
  guides: {
    grid: 'グリッド',
    guides: 'ガイドと定規',
    step: 'グリッドの間隔',
    upright: '上の定規。下へドラッグすると水平ガイド',
    level: '左の定規。右へドラッグすると垂直ガイド',
    guide: '{at} px のガイド。矢印キーで移動、Delete で削除',
    clear: 'ガイドをすべて削除',
  },
}
export const skeletonActionsJa: Same<typeof skeletonActionsEn> = {
  'tool-skeleton': '骨格',
  'place-skeleton': 'ポインターの位置に骨格を置く',
  'point-hidden': '点を隠れている・見えるに切り替え',
  'point-missing': '点をなし・ありに切り替え',
  'toggle-grid': 'グリッド',
  'toggle-guides': 'ガイドと定規',
  'toggle-pixels': 'ピクセルに吸着',
  'guide-upright': 'ポインターの位置に垂直ガイド',
  'guide-level': 'ポインターの位置に水平ガイド',
  'next-point': '次の点',
  'previous-point': '前の点',
}
export const skeletonHintJa: Same<typeof skeletonHintEn> = {
  skeleton: '枠をドラッグ、またはクリックで前回と同じ大きさ · 点をドラッグ · O：隠れている · Shift+O：なし',
  noSkeleton: '骨格を持つラベルがありません。「ラベルを編集」で作ってください',
  joints: '点をドラッグ · O：隠れている · Shift+O：なし · Y：次の点 · ダブルクリック：拡大縮小と回転の枠',
}
