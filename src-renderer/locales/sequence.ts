/** Tracks through a sequence of images. */
type Same<T> = { [K in keyof T]: T[K] extends string ? string : Same<T[K]> }

export const sequenceEn = {
  track: {
    name: 'Track {id}',
    number: '#{id}',
    menu: 'Track',
    frames: { key: 'key frame', between: 'between key frames', end: 'the track ends here' },
    onward: 'Over the next {n} image | Over the next {n} images',
  },
  timeline: {
    title: 'Timeline',
    at: 'Frame {at} of {all}',
    tracks: '{n} track | {n} tracks',
    none: 'No tracks yet: select a region and press',
    zoomIn: 'Zoom in',
    zoomOut: 'Zoom out',
    hide: 'Hide the timeline',
    help: 'Arrow keys go through the frames, Page Up and Page Down to the key frames',
  },
}
export const sequenceActionsEn = {
  'track-make': 'Track to the end of the sequence',
  'track-key': 'Key frame, or no longer',
  'track-end': 'End the track here, or go on',
  'track-interpolate': 'Interpolate from the nearest region of this label',
  'track-remove': 'Delete the whole track',
  'previous-key': 'Previous key frame',
  'next-key': 'Next key frame',
  'toggle-timeline': 'Timeline',
}

export const sequenceJa: Same<typeof sequenceEn> = {
  track: {
    name: 'トラック {id}',
    number: '#{id}',
    menu: 'トラック',
    frames: { key: 'キーフレーム', between: 'キーフレーム間', end: 'ここで終了' },
    onward: '次の {n} 枚まで',
  },
  timeline: {
    title: 'タイムライン',
    at: 'フレーム {at} / {all}',
    tracks: 'トラック {n} 本',
    none: 'トラックはまだありません。領域を選んで次のキーを押します:',
    zoomIn: '拡大',
    zoomOut: '縮小',
    hide: 'タイムラインを隠す',
    help: '矢印キーでフレーム、Page Up / Page Down でキーフレームへ移動します',
  },
}
export const sequenceActionsJa: Same<typeof sequenceActionsEn> = {
  'track-make': '連番の終わりまで追跡',
  'track-key': 'キーフレームにする／外す',
  'track-end': 'ここでトラックを終了／続ける',
  'track-interpolate': '同じラベルの最も近い領域から補間',
  'track-remove': 'トラック全体を削除',
  'previous-key': '前のキーフレーム',
  'next-key': '次のキーフレーム',
  'toggle-timeline': 'タイムライン',
}
