import type { Translated } from '../tables.ts'
import type { sequence as source } from '../en/sequence.ts'

export const sequence: Translated<typeof source> = {
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
    none: 'トラックはまだありません。領域を選んで次のキーを押します：',
    zoomIn: '拡大',
    zoomOut: '縮小',
    hide: 'タイムラインを隠す',
    help: '矢印キーでフレーム、Page Up / Page Down でキーフレームへ移動します',
  },
}
