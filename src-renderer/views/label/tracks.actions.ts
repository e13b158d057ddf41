/** Objects followed through a sequence of images. */
import { defineActions } from '../../actions/action.ts'
import { changeTracks, selectedTracked, trackOnward } from '../../actions/tracks.ts'
import { failing, labelling } from '../../actions/when.ts'
import { useGallery } from '../../stores/gallery.ts'
import { useOpenImage } from '../../stores/open-image.ts'
import { useSequence } from '../../stores/sequence.ts'

const some = () => labelling() && useOpenImage().selected.length > 0 && useGallery().ids.length > 1
const tracked = () => labelling() && selectedTracked().length > 0
function keyed(): boolean {
  const sequence = useSequence()
  return labelling() && sequence.at >= 0 && sequence.list.tracks.length > 0
}

export default defineActions(41, [
  {
    id: 'track-make',
    title: { en: 'Track to the end of the sequence', ja: '連番の終わりまで追跡' },
    keys: ['U'],
    group: 'label',
    available: some,
    run: () => failing(trackOnward(Infinity)),
  },
  {
    id: 'track-key',
    title: { en: 'Toggle key frame', ja: 'キーフレームにする／外す' },
    keys: ['Shift+B'],
    group: 'label',
    available: tracked,
    run: () => failing(changeTracks('tracks.key', { key: selectedTracked().some((r) => r.track!.frame === 'between') })),
  },
  {
    id: 'track-end',
    title: { en: 'End or resume the track here', ja: 'ここでトラックを終了／続ける' },
    keys: ['Shift+E'],
    group: 'label',
    available: tracked,
    run: () => failing(changeTracks('tracks.end', { ended: selectedTracked().some((r) => r.track!.frame !== 'end') })),
  },
  {
    id: 'track-interpolate',
    title: { en: 'Interpolate from the nearest region of this label', ja: '同じラベルの最も近い領域から補間' },
    keys: ['Shift+A'],
    group: 'label',
    available: some,
    run: () => failing(changeTracks('tracks.interpolate', {})),
  },
  {
    id: 'track-remove',
    title: { en: 'Delete the whole track', ja: 'トラック全体を削除' },
    group: 'label',
    available: tracked,
    run: () => failing(changeTracks('tracks.remove', {})),
  },
  {
    id: 'previous-key',
    title: { en: 'Previous key frame', ja: '前のキーフレーム' },
    keys: ['Shift+<', '<'],
    group: 'label',
    available: keyed,
    run: () => failing(useSequence().toKeyFrame(-1)),
  },
  {
    id: 'next-key',
    title: { en: 'Next key frame', ja: '次のキーフレーム' },
    keys: ['Shift+>', '>'],
    group: 'label',
    available: keyed,
    run: () => failing(useSequence().toKeyFrame(1)),
  },
  {
    id: 'toggle-timeline',
    title: { en: 'Timeline', ja: 'タイムライン' },
    keys: ['Shift+W'],
    group: 'view',
    available: labelling,
    run: () => useSequence().toggle(),
  },
])
